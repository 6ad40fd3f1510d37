#include "protocol/limits.hpp"
#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <array>

/// Checking JSON against the one way in which it is written (docs/protocol/01 §1.2), in one pass and without a tree: what a store does with each text.
namespace lama::protocol {

namespace {

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// Stands in a JSON string as it is.
constexpr auto is_plain = [] {
  std::array<bool, 256> marks{};
  for (std::size_t byte = 0x20; byte < marks.size(); ++byte)
    marks[byte] = byte != '"' && byte != '\\';
  return marks;
}();

class sorted_json_reader {
public:
  explicit sorted_json_reader(std::string_view text) : text_(text) {
    // nop
  }

  bool read_all() {
    return read_value(0) && at_ == text_.size();
  }

private:
  char here() const {
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char expected) {
    if (here() != expected)
      return false;
    ++at_;
    return true;
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  bool read_value(std::size_t depth) {
    if (depth > limits::object_depth)
      return false;
    switch (here()) {
    case '{':
      return read_object(depth);
    case '[':
      return read_array(depth);
    case '"':
      return read_string();
    case 't':
      return take("true");
    case 'f':
      return take("false");
    case 'n':
      return take("null");
    default:
      return read_number();
    }
  }

  bool read_object(std::size_t depth) {
    ++at_;
    if (take('}'))
      return true;
    bool first = true;
    std::string_view previous;
    for (;;) {
      std::string_view key;
      if (!read_key(key) || (!first && compare_text(previous, key) >= 0) || !take(':') || !read_value(depth + 1))
        return false;
      first = false;
      previous = key;
      if (take('}'))
        return true;
      if (!take(','))
        return false;
    }
  }

  bool read_array(std::size_t depth) {
    ++at_;
    if (take(']'))
      return true;
    for (;;) {
      if (!read_value(depth + 1))
        return false;
      if (take(']'))
        return true;
      if (!take(','))
        return false;
    }
  }

  void skip_plain() {
    while (at_ < text_.size() && is_plain[static_cast<unsigned char>(text_[at_])])
      ++at_;
  }

  /// Keys are written without escapes, so they hold nothing that needs one.
  bool read_key(std::string_view& key) {
    if (!take('"'))
      return false;
    auto start = at_;
    skip_plain();
    key = text_.substr(start, at_ - start);
    return take('"');
  }

  bool read_string() {
    ++at_;
    for (;;) {
      skip_plain();
      if (take('"'))
        return true;
      if (!take('\\') || !read_escape())
        return false;
    }
  }

  /// Only where there is no other way, and then the shortest: \n, never \u000a; \u only for other controls and for surrogates without their other half.
  bool read_escape() {
    auto c = here();
    ++at_;
    if (c != 'u')
      return c != '\0' && std::string_view{"\"\\bfnrt"}.find(c) != std::string_view::npos;
    uint32_t unit = 0;
    if (!read_unit(at_, unit))
      return false;
    at_ += 4;
    if (unit < 0x20)
      return !(unit >= 8 && unit <= 13 && unit != 11);
    uint32_t low = 0;
    bool pair = unit < 0xDC00 && text_.substr(at_).starts_with("\\u") && read_unit(at_ + 2, low) && low >= 0xDC00 && low < 0xE000;
    return unit >= 0xD800 && unit < 0xE000 && !pair;
  }

  bool read_unit(std::size_t from, uint32_t& unit) const {
    auto digits = text_.substr(std::min(from, text_.size()), 4);
    if (digits.size() != 4)
      return false;
    for (char c : digits) {
      if (!is_lower_hex(c))
        return false;
      unit = unit << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
  }

  bool read_number() {
    auto end = std::min(text_.find_first_of(",]}", at_), text_.size());
    double x = 0;
    // "null" would be a number to it, but begins otherwise.
    if (!read_canonical_number(text_.substr(at_, end - at_), x))
      return false;
    at_ = end;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

bool is_sorted_json(std::string_view text) {
  return sorted_json_reader{text}.read_all();
}

} // namespace lama::protocol
