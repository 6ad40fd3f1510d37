#pragma once

#include "protocol/hash.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Text as ONE sees it: UTF-8 outside, UTF-16 code units where order and patterns are concerned (docs/protocol/01 §1).
namespace lama::protocol {

/// Is it UTF-8? `with_surrogates` also admits lone surrogates in their three-byte form (WTF-8), which a text in memory may hold.
bool is_utf8(std::string_view text, bool with_surrogates);

/// Walks well-formed UTF-8 or WTF-8 one UTF-16 code unit at a time.
class utf16_reader {
public:
  explicit utf16_reader(std::string_view text) : text_(text) {
    // nop
  }
  /// False at the end.
  bool next(uint16_t& unit);

private:
  std::string_view text_;
  std::size_t at_ = 0;
  uint16_t low_ = 0; ///< the second half of a pair that was begun
};

/// White space as JavaScript has it: `\s`, and what `Number()` ignores.
bool is_script_space(uint16_t unit);

/// Escapes & < >, and writes U+FFFD for a lone surrogate, as the peer does when it encodes (docs/protocol/01 §2).
void append_escaped(std::string& out, std::string_view raw);
std::string unescape(std::string_view escaped);
/// Is this what `append_escaped` makes of some text? For text without a raw `<`.
bool is_canonically_escaped(std::string_view text);

/// `Number(text)` of JavaScript: never fails, garbage is NaN.
double script_number(std::string_view text);
/// Sets `x` where `text` is exactly `number_text(x)`.
bool read_canonical_number(std::string_view text, double& x);
/// number_text without a string of its own.
void append_number(std::string& out, double x);
/// 64 lower-case digits.
void append_hex(std::string& out, const hash& x);

} // namespace lama::protocol
