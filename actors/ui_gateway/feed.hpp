#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors {

/// What a user's pages were told last, each under a number that rises: a page that was away for a moment asks for the rest (docs/ipc.md, events:subscribe).
class event_feed {
public:
  /// Kept; beyond them a page asks for everything anew.
  static constexpr std::size_t most_events = 2000;
  static constexpr std::size_t most_bytes = 4u << 20;

  using text = std::shared_ptr<const std::string>;

  /// @param start  above all numbers that were given before, in earlier lives too
  explicit event_feed(uint64_t start) : last_{start}, forgotten_{start} {
    // nop
  }

  /// The notification, with its number in `params.sequence`.
  text add(const std::string& method, nlohmann::json params);

  uint64_t last() const {
    return last_;
  }
  /// Those with a number above `since`; nothing where some of them are forgotten, or `since` was never given.
  std::optional<std::vector<text>> after(uint64_t since) const;

private:
  struct event {
    uint64_t sequence;
    text notification;
  };

  std::deque<event> events_;
  std::size_t bytes_ = 0;
  uint64_t last_;
  uint64_t forgotten_; ///< the newest number that is no longer kept
};

} // namespace lama::actors
