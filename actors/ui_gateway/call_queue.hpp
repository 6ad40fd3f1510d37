#pragma once

#include "actors/common/environment.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <optional>
#include <string>

namespace lama::actors {

/// Calls of one user that wait for the archive. They stand in a file of the data dir, so that they survive the node.
class call_queue {
public:
  static constexpr std::size_t most_calls = 200;
  /// Of all their parameters; attachments are named, not held.
  static constexpr std::size_t most_bytes = 512u << 10;

  struct entry {
    std::string id;
    std::string method;
    nlohmann::json params;
    int64_t since = 0; ///< milliseconds since 1970
  };

  /// Reads the user's file. One that cannot be read begins anew: what it held was never promised to be carried out.
  call_queue(environment_ptr environment, const std::string& user);

  const std::deque<entry>& entries() const {
    return entries_;
  }
  /// On the disk when it answers with the id. The same call again is the same entry. `overloaded` where it is full.
  result<std::string> add(const std::string& method, const nlohmann::json& params);
  /// False: it is not there.
  result<bool> remove(const std::string& id);

  /// The entry that was given to the archive and is not answered yet.
  std::string running;

private:
  result<done> write(const std::deque<entry>& entries) const;

  environment_ptr environment_;
  std::string path_;
  std::deque<entry> entries_;
};

} // namespace lama::actors
