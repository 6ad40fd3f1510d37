#pragma once

#include "protocol/models/channels.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// An index of one channel by time: places in its list where a walk may begin, so that a page far back is not walked to from the newest entry.
///
/// An entry's name fixes all that is below it, so a place once known stays good for as long as the list above still leads to it. Lists may be out
/// of order (docs/protocol/04 §4.2 "Trap"), so the oldest time between two places is kept too, and nothing that is asked for is skipped.
///
///   head [ walked at each update ] place [ 256 entries ] place … place [ below ] rest, or the end
namespace lama::models {

class channel_index {
public:
  /// Entries between two places: what a page may walk for nothing.
  static constexpr std::size_t spacing = 256;

  /// What cannot be read is an empty index, which is made anew.
  static channel_index decode(std::string_view note);
  std::string encode() const;

  struct update_result {
    bool complete = true; ///< false: more than `most` are new, and the index is as it was
    bool changed = false; ///< worth keeping
  };
  /// Takes in what came on top and, where the list once broke off, what came below since. Walks at most `most` entries.
  update_result update(const object_source& from, const hash& channel, std::size_t most);

  /// The lowest place that is here and above which nothing is older than `time`; nothing: begin at the channel's head.
  std::optional<hash> above(const object_source& from, int64_t time) const;
  /// The lowest such place at or below which the oldest `count` entries after `time` are.
  std::optional<hash> above_oldest(const object_source& from, int64_t time, std::size_t count) const;

private:
  /// Of a stretch of entries: the oldest time, and how many they are.
  struct stretch {
    int64_t oldest = std::numeric_limits<int64_t>::max();
    uint32_t count = 0;
    void add(int64_t time, uint32_t more = 1) {
      oldest = std::min(oldest, time);
      count += more;
    }
  };
  struct place {
    hash entry;
    int64_t time = 0;
    stretch above; ///< from here, exclusive, to the next place, inclusive; of the newest place: to the head, as of the last update
  };
  struct walked;
  walked walk(const object_source& from, std::optional<hash> at, stretch begun, std::size_t most) const;

  std::vector<place> places_; ///< newest first
  std::optional<hash> rest_;  ///< where the list broke off
  stretch below_;             ///< the lowest place, and what is between it and there
};

/// The name of the note that holds a channel's index.
std::string channel_index_note(const hash& channel);

} // namespace lama::models
