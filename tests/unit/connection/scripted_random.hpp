#pragma once

#include "protocol/environment.hpp"
#include "protocol/hash.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lama::testing {

/// Gives out what a recorded peer drew. Drawing more than was recorded is a failure of the test, unless there is something to go on with.
class scripted_random final : public random_source {
public:
  void add(std::string_view bytes) {
    script_ += bytes;
  }
  void add_hex(std::string_view hex) {
    script_ += lama::from_hex(hex).value();
  }
  void go_on_with(random_source& next) {
    next_ = &next;
  }
  void fill(std::span<uint8_t> bytes) override {
    if (bytes.size() > script_.size() - at_ && next_) {
      next_->fill(bytes);
      return;
    }
    if (bytes.size() > script_.size() - at_)
      throw std::logic_error{"more chance is drawn than was recorded"};
    std::copy_n(script_.begin() + static_cast<std::ptrdiff_t>(at_), bytes.size(), bytes.begin());
    at_ += bytes.size();
  }
  bool used_up() const {
    return at_ == script_.size();
  }

private:
  std::string script_;
  std::size_t at_ = 0;
  random_source* next_ = nullptr;
};

/// Same seed, same bytes.
class seeded_random final : public random_source {
public:
  explicit seeded_random(uint64_t seed) : engine_(seed) {
    // nop
  }
  void fill(std::span<uint8_t> bytes) override {
    std::ranges::generate(bytes, [this] { return static_cast<uint8_t>(engine_()); });
  }

private:
  std::mt19937_64 engine_;
};

} // namespace lama::testing
