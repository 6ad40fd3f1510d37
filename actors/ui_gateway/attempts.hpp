#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lama::actors {

/// How often an address may try something expensive or guessable: a bucket that refills evenly over a minute.
class attempts {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Addresses remembered at a time: those beyond share the fate of the oldest, whose bucket is full again by then.
  static constexpr std::size_t most_addresses = 4096;

  explicit attempts(uint32_t a_minute) : a_minute_{std::max(a_minute, 1u)} {
    // nop
  }

  /// Counts one attempt. Nothing: go on. Otherwise how long to wait for the next.
  std::optional<std::chrono::milliseconds> count(const std::string& address, time_point now) {
    if (buckets_.size() >= most_addresses && !buckets_.contains(address))
      buckets_.erase(std::ranges::min_element(buckets_, {}, [](const auto& x) { return x.second.last; }));
    auto [found, is_new] = buckets_.try_emplace(address, bucket{static_cast<double>(a_minute_), now});
    auto& x = found->second;
    auto per_ms = a_minute_ / 60'000.0;
    auto passed = std::chrono::duration<double, std::milli>(now - x.last).count();
    x.left = std::min<double>(a_minute_, x.left + passed * per_ms);
    x.last = now;
    if (x.left < 1)
      return std::chrono::milliseconds{static_cast<int64_t>((1 - x.left) / per_ms) + 1};
    x.left -= 1;
    return std::nullopt;
  }

private:
  struct bucket {
    double left;
    time_point last;
  };

  uint32_t a_minute_;
  std::map<std::string, bucket> buckets_;
};

} // namespace lama::actors
