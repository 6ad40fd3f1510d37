#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Numbers in notes of our own, little-endian.
namespace lama::models::packed {

template <class Number>
void append(std::string& to, Number x) {
  for (std::size_t i = 0; i < sizeof x; ++i)
    to.push_back(static_cast<char>(static_cast<uint64_t>(x) >> (8 * i)));
}

/// The first `bytes` (at most 8) of `from`, which has as many.
inline uint64_t read(std::string_view from, std::size_t bytes) {
  uint64_t x = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    x |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return x;
}

} // namespace lama::models::packed
