#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace lama::actors {

/// When the entries were written that the other instance has not acknowledged yet. Times are milliseconds since 1970.
///
///   written(sequence) ──► [mark, mark, …] ──held(sequence)──► gone
class lag_marks {
public:
  /// Marks of one second are one; beyond so many the newest ones are one.
  static constexpr int64_t resolution_ms = 1000;
  static constexpr std::size_t most_marks = 3600;

  /// Entries up to `sequence` are there at `now`.
  void written(uint64_t sequence, int64_t now);
  /// The other instance has all up to `sequence`; less than before where it lost something.
  void held(uint64_t sequence, int64_t now);

  bool knows() const {
    return held_.has_value();
  }
  uint64_t behind() const;
  /// For how long the oldest entry has waited; 0 where none does.
  int64_t waited_ms(int64_t now) const;

  /// "SEQUENCE MILLISECONDS": up to where it was held, and since when the next entry waits. Empty while nothing is known.
  std::string to_note(int64_t now) const;
  /// Of a store that has entries up to `sequence`. What cannot be read says nothing.
  static lag_marks from_note(const std::string& text, uint64_t sequence);

private:
  struct mark {
    uint64_t last; ///< entry
    int64_t time;  ///< of the first
  };

  std::optional<uint64_t> held_;
  uint64_t last_ = 0;
  std::deque<mark> marks_;
};

} // namespace lama::actors
