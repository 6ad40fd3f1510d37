#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lama {

/// Where chance comes from: nonces, keys, padding, tokens, ids. The real one is the operating system's; the simulator's is its seed.
class random_source {
public:
  virtual ~random_source() = default;
  virtual void fill(std::span<uint8_t> bytes) = 0;

  std::string bytes(std::size_t count);
  /// `count` characters of the 64-letter alphabet of docs/protocol/04 §1.4.
  std::string text(std::size_t count);
  /// In [0, bound); bound > 0. The bias is under bound / 2^64.
  uint64_t below(uint64_t bound);
};

/// Wall-clock time, as it stands in objects: milliseconds since 1970. Deadlines and timers use the actor's monotonic clock instead.
class wall_clock {
public:
  virtual ~wall_clock() = default;
  virtual int64_t now_ms() const = 0;
};

/// libsodium's generator, with a pool so that small requests do not cost a system call each. One object a thread.
random_source& system_random();
const wall_clock& system_clock();

} // namespace lama
