#pragma once

#include "protocol/environment.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lama::actors {

/// How browsers get in without the node's token (docs/ipc.md, "Access"): one-time tokens, exchanged for cookies that are good for a month, on this side of
/// this node alone. A cookie is its id and its end with a MAC under the key, so that it outlives the process; who is logged in with it does not.
/// Safe from several threads.
class page_sessions {
public:
  static constexpr int64_t token_lifetime_ms = 15 * 60'000;
  static constexpr int64_t cookie_lifetime_s = 30 * 24 * 3600;
  /// Tokens not yet used: more are a loop, not a person. The oldest goes.
  static constexpr std::size_t most_tokens = 16;
  /// Sessions with a user; the one that was bound first is forgotten (its page logs in again).
  static constexpr std::size_t most_bound = 1024;
  static constexpr std::size_t most_users = 64; ///< of one session

  /// @param key  32 secret bytes
  page_sessions(std::string key, const wall_clock& clock);

  /// For `http://HOST:PORT/#token=…`.
  std::string make_token();
  /// The name of a new session; nothing for a token that is used up, too old or made up.
  std::optional<std::string> exchange(std::string_view token);

  /// What the cookie of a session holds. Cookies know no ports, so each side has a name of its own.
  std::string cookie_of(const std::string& session) const;
  /// The session that a cookie stands for.
  std::optional<std::string> session_of(std::string_view cookie) const;

  /// `wanted`, if that user logged in with the session; where it is empty, who did so last. Empty: nobody's.
  std::string user_of(const std::string& session, const std::string& wanted = {}) const;
  void bind(const std::string& session, const std::string& user);
  /// After a logout.
  void unbind(const std::string& user);

private:
  std::string mac_of(std::string_view text) const;

  const std::string key_;
  const wall_clock& clock_;
  mutable std::mutex mutex_;              ///< guards what follows
  std::map<std::string, int64_t> tokens_; ///< hash of the token → its end, milliseconds since 1970

  struct binding {
    std::vector<std::string> users{}; ///< who logged in last stands last
    uint64_t number = 0;              ///< in the order of binding
  };
  std::map<std::string, binding> bound_; ///< by session
  uint64_t last_number_ = 0;
};

} // namespace lama::actors
