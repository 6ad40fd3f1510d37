#include "protocol/environment.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace lama {

namespace {

constexpr char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

class pooled_random final : public random_source {
public:
  void fill(std::span<uint8_t> bytes) override {
    if (bytes.size() > pool_.size() / 4) {
      randombytes_buf(bytes.data(), bytes.size());
      return;
    }
    if (bytes.size() > left_) {
      randombytes_buf(pool_.data(), pool_.size());
      left_ = pool_.size();
    }
    auto* from = pool_.data() + (pool_.size() - left_);
    std::memcpy(bytes.data(), from, bytes.size());
    sodium_memzero(from, bytes.size()); // what was given out is nobody else's to find
    left_ -= bytes.size();
  }

private:
  std::array<uint8_t, 8192> pool_{};
  std::size_t left_ = 0;
};

class real_clock final : public wall_clock {
public:
  int64_t now_ms() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

} // namespace

std::string random_source::bytes(std::size_t count) {
  std::string drawn(count, '\0');
  fill({reinterpret_cast<uint8_t*>(drawn.data()), drawn.size()});
  return drawn;
}

std::string random_source::text(std::size_t count) {
  auto drawn = bytes(count);
  std::ranges::transform(drawn, drawn.begin(), [](char c) { return alphabet[static_cast<unsigned char>(c) % 64]; });
  return drawn;
}

uint64_t random_source::below(uint64_t bound) {
  uint64_t drawn = 0;
  fill({reinterpret_cast<uint8_t*>(&drawn), sizeof drawn});
  return drawn % bound;
}

random_source& system_random() {
  thread_local pooled_random source;
  return source;
}

const wall_clock& system_clock() {
  static const real_clock clock;
  return clock;
}

} // namespace lama
