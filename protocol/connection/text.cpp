#include "protocol/connection/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lama::protocol {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t close_text_bytes = 123;

struct sequence {
  std::size_t length; ///< bytes it takes
  bool valid;         ///< false: one replacement character stands for them
};

uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<uint8_t>(text[at]);
}

bool continuation(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/// The character at `at`, which is not ASCII. An invalid one takes its longest beginning that could have been valid, at least one byte, as
/// the WHATWG decoder has it.
sequence sequence_at(std::string_view text, std::size_t at) {
  auto lead = byte_at(text, at);
  if (lead < 0xC2 || lead > 0xF4)
    return {1, false};
  std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint8_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i, lowest = 0x80, highest = 0xBF) {
    if (at + i == text.size() || byte_at(text, at + i) < lowest || byte_at(text, at + i) > highest)
      return {i, false};
  }
  return {length, true};
}

std::size_t valid_prefix(std::string_view text) {
  constexpr uint64_t high_bits = 0x8080808080808080;
  std::size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    uint64_t word = high_bits;
    if (text.size() - at >= sizeof word)
      std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & high_bits) == 0) {
      at += sizeof word;
      continue;
    }
    if (byte_at(text, at) < 0x80) {
      ++at;
      continue;
    }
    auto next = sequence_at(text, at);
    if (!next.valid)
      return at;
    at += next.length;
  }
  return at;
}

} // namespace

std::string decode_text(std::string bytes) {
  if (bytes.starts_with(byte_order_mark))
    bytes.erase(0, byte_order_mark.size());
  auto at = valid_prefix(bytes);
  if (at == bytes.size())
    return bytes;
  std::string decoded{bytes, 0, at};
  while (at < bytes.size()) {
    auto next = byte_at(bytes, at) < 0x80 ? sequence{1, true} : sequence_at(bytes, at);
    decoded += next.valid ? std::string_view{bytes}.substr(at, next.length) : replacement;
    at += next.length;
  }
  return decoded;
}

void replace_surrogates(std::string& text, std::size_t from) {
  for (auto at = text.find('\xED', from); at != std::string::npos; at = text.find('\xED', at + 1)) {
    if (at + 2 < text.size() && byte_at(text, at + 1) >= 0xA0)
      text.replace(at, replacement.size(), replacement);
  }
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (auto c : text) {
    auto byte = static_cast<uint8_t>(c);
    units += static_cast<std::size_t>(!continuation(byte)) + static_cast<std::size_t>(byte >= 0xF0);
  }
  return units;
}

void drop_last_unit(std::string& text) {
  if (text.empty())
    return;
  auto at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && continuation(byte_at(text, at)))
    --at;
  if (text.size() - at < 4) {
    text.resize(at);
    return;
  }
  auto code = static_cast<uint32_t>(byte_at(text, at) & 0x07) << 18 | static_cast<uint32_t>(byte_at(text, at + 1) & 0x3F) << 12 |
              static_cast<uint32_t>(byte_at(text, at + 2) & 0x3F) << 6 | static_cast<uint32_t>(byte_at(text, at + 3) & 0x3F);
  auto high = 0xD800 + ((code - 0x10000) >> 10 & 0x3FF);
  text.resize(at);
  text += static_cast<char>(0xE0 | high >> 12);
  text += static_cast<char>(0x80 | (high >> 6 & 0x3F));
  text += static_cast<char>(0x80 | (high & 0x3F));
}

std::string close_text(std::string_view prefix, std::string_view why) {
  std::string text{prefix};
  text += why.empty() ? "." : ": ";
  text += why.substr(0, 4 * close_text_bytes);
  text = decode_text(std::move(text)); // `why` may quote the peer
  while (text.size() > close_text_bytes)
    drop_last_unit(text);
  replace_surrogates(text);
  return text;
}

} // namespace lama::protocol
