#pragma once

#include "protocol/hash.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace lama::actors {

/// Where the files stand that pages were shown lately: who looks at a message far back asks for its file next, and without this the conversation is
/// read through for it (docs/chum-extension.md §8).
class shown_files {
public:
  struct place {
    hash channel{};
    hash entry{};
  };
  /// Files, the oldest are forgotten; some 300 bytes each.
  static constexpr std::size_t most = 4096;

  /// The messages of an answer of `query:getMessages`; what is not as the schema says is left out.
  void remember(const std::string& user, const nlohmann::json& messages);
  std::optional<place> find(const std::string& user, const hash& blob) const;
  std::size_t size() const {
    return places_.size();
  }

private:
  using key = std::pair<std::string, hash>;

  void add(key of, const place& at);

  std::map<key, place> places_;
  std::deque<key> order_; ///< as they came
};

} // namespace lama::actors
