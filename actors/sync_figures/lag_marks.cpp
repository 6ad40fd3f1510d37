#include "actors/sync_figures/lag_marks.hpp"

#include <algorithm>
#include <charconv>

namespace lama::actors {

void lag_marks::written(uint64_t sequence, int64_t now) {
  if (sequence <= last_)
    return;
  last_ = sequence;
  auto same = !marks_.empty() && (now - marks_.back().time < resolution_ms || marks_.size() >= most_marks);
  if (same)
    marks_.back().last = sequence;
  else
    marks_.push_back({sequence, now});
}

void lag_marks::held(uint64_t sequence, int64_t now) {
  held_ = sequence;
  while (!marks_.empty() && marks_.front().last <= sequence)
    marks_.pop_front();
  if (marks_.empty() && sequence < last_)
    marks_.push_back({last_, now}); // it lost what it had, or is new: it has waited from now on
  last_ = std::max(last_, sequence);
}

uint64_t lag_marks::behind() const {
  return held_ && last_ > *held_ ? last_ - *held_ : 0;
}

int64_t lag_marks::waited_ms(int64_t now) const {
  return behind() == 0 || marks_.empty() ? 0 : std::max<int64_t>(0, now - marks_.front().time);
}

std::string lag_marks::to_note(int64_t now) const {
  return held_ ? std::to_string(*held_) + ' ' + std::to_string(now - waited_ms(now)) : std::string{};
}

lag_marks lag_marks::from_note(const std::string& text, uint64_t sequence) {
  lag_marks x;
  x.last_ = sequence;
  uint64_t held = 0;
  int64_t since = 0;
  const auto* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, held);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ' ')
    return x;
  auto second = std::from_chars(first.ptr + 1, end, since);
  if (second.ec != std::errc{} || second.ptr != end)
    return x;
  x.held(std::min(held, sequence), since);
  return x;
}

} // namespace lama::actors
