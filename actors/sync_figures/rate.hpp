#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace lama::actors {

/// How much a second, over the last ten.
template <class Clock>
class rate {
public:
  static constexpr std::chrono::seconds window{10};

  void add(uint64_t count, typename Clock::time_point now) {
    forget(now);
    if (!parts_.empty() && now - parts_.back().begin < std::chrono::seconds{1})
      parts_.back().count += count;
    else
      parts_.push_back({now, count});
  }
  double a_second(typename Clock::time_point now) {
    forget(now);
    uint64_t sum = 0;
    for (const auto& x : parts_)
      sum += x.count;
    return static_cast<double>(sum) / static_cast<double>(window.count());
  }

private:
  struct part {
    typename Clock::time_point begin;
    uint64_t count;
  };

  void forget(typename Clock::time_point now) {
    while (!parts_.empty() && now - parts_.front().begin >= window)
      parts_.pop_front();
  }

  std::deque<part> parts_;
};

} // namespace lama::actors
