#pragma once

#include "protocol/models/channels.hpp"

#include <algorithm>
#include <cstdint>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace lama::actors {

/// Where pages of messages ended that were asked for last: whoever reads on, page after page, goes on from there and does not walk down from the newest
/// message each time. A mark is good while the conversation is as it was.
class page_marks {
public:
  using positions = std::vector<models::channel_position>;

  static std::string key(const std::string& user, const std::string& conversation, int64_t before_ms) {
    return user + '/' + std::to_string(before_ms) + '/' + conversation;
  }

  /// Where the page older than `before_ms` begins; `newest` where that is not known.
  positions begin(const std::string& key, const positions& newest) {
    auto found = std::ranges::find(marks_, key, &mark::key);
    if (found == marks_.end())
      return newest;
    marks_.splice(marks_.begin(), marks_, found);
    return same(found->newest, newest) ? found->next : newest;
  }

  void set(std::string key, positions newest, positions next) {
    std::erase_if(marks_, [&key](const mark& x) { return x.key == key; });
    marks_.push_front({std::move(key), std::move(newest), std::move(next)});
    if (marks_.size() > most_marks)
      marks_.pop_back();
  }

private:
  /// Readers at a time, some pages each: a few kilobytes.
  static constexpr std::size_t most_marks = 64;

  struct mark {
    std::string key;
    positions newest; ///< of the conversation's channels, when it was made
    positions next;
  };

  static bool same(const positions& a, const positions& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.channel == y.channel && x.next == y.next; });
  }

  std::list<mark> marks_; ///< used last first
};

} // namespace lama::actors
