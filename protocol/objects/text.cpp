#include "protocol/objects/text.hpp"

#include "protocol/objects/microdata.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace lama::protocol {

namespace {

bool is_tail(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/// Length of the character that begins at `at`, or 0 where it is malformed. `text[at]` is not ASCII.
std::size_t character_length(std::string_view text, std::size_t at, bool with_surrogates) {
  auto byte = [&](std::size_t i) -> unsigned char { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0; };
  auto lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF)
    return is_tail(byte(1)) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!is_tail(byte(1)) || !is_tail(byte(2)) || (lead == 0xE0 && byte(1) < 0xA0))
      return 0;
    return lead == 0xED && byte(1) >= 0xA0 && !with_surrogates ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!is_tail(byte(1)) || !is_tail(byte(2)) || !is_tail(byte(3)) || (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

/// Eight bytes at a time: items of one list begin alike.
std::size_t first_difference(std::string_view a, std::string_view b, std::size_t common) {
  std::size_t at = 0;
  for (uint64_t x = 0, y = 0; at + sizeof x <= common; at += sizeof x) {
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    if (x != y)
      break;
  }
  while (at < common && a[at] == b[at])
    ++at;
  return at;
}

/// What append_escaped does not copy as it is, or must look at: & < > and the first byte of U+D000 .. U+DFFF.
constexpr auto needs_care = [] {
  std::array<bool, 256> marks{};
  for (unsigned char c : {'&', '<', '>', '\xED'})
    marks[c] = true;
  return marks;
}();

} // namespace

bool is_utf8(std::string_view text, bool with_surrogates) {
  std::size_t at = 0;
  while (at < text.size()) {
    uint64_t block;
    if (at + sizeof block <= text.size()) {
      std::memcpy(&block, text.data() + at, sizeof block);
      if ((block & 0x8080808080808080u) == 0) {
        at += sizeof block;
        continue;
      }
    }
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    auto length = character_length(text, at, with_surrogates);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

bool utf16_reader::next(uint16_t& unit) {
  if (low_ != 0) {
    unit = std::exchange(low_, uint16_t{0});
    return true;
  }
  if (at_ >= text_.size())
    return false;
  auto byte = [&](std::size_t i) -> uint32_t { return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0x80u; };
  auto lead = byte(0);
  if (lead < 0x80) {
    unit = static_cast<uint16_t>(lead);
    at_ += 1;
  } else if (lead < 0xE0) {
    unit = static_cast<uint16_t>((lead & 0x1F) << 6 | (byte(1) & 0x3F));
    at_ += 2;
  } else if (lead < 0xF0) {
    unit = static_cast<uint16_t>((lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    at_ += 3;
  } else {
    auto point = ((lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)) - 0x10000;
    unit = static_cast<uint16_t>(0xD800 | (point >> 10 & 0x3FF));
    low_ = static_cast<uint16_t>(0xDC00 | (point & 0x3FF));
    at_ += 4;
  }
  return true;
}

bool is_script_space(uint16_t unit) {
  if (unit < 0x80)
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
  return unit == 0xA0 || unit == 0x1680 || (unit >= 0x2000 && unit <= 0x200A) || unit == 0x2028 || unit == 0x2029 || unit == 0x202F || unit == 0x205F ||
         unit == 0x3000 || unit == 0xFEFF;
}

int compare_text(std::string_view a, std::string_view b) {
  auto common = std::min(a.size(), b.size());
  auto at = first_difference(a, b, common);
  if (at == common)
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  auto first = static_cast<unsigned char>(a[at]);
  auto second = static_cast<unsigned char>(b[at]);
  // UTF-8 and UTF-16 order differ only between a pair of surrogates (four bytes) and U+D800 .. U+FFFF (three bytes).
  if (first < 0xED || second < 0xED || (first < 0xF0 && second < 0xF0) || (first >= 0xF0 && second >= 0xF0))
    return first < second ? -1 : 1;
  utf16_reader x{a.substr(at)};
  utf16_reader y{b.substr(at)};
  for (;;) {
    uint16_t left = 0;
    uint16_t right = 0;
    auto more = x.next(left);
    auto other = y.next(right);
    if (!more || !other)
      return more ? 1 : other ? -1 : 0;
    if (left != right)
      return left < right ? -1 : 1;
  }
}

void append_escaped(std::string& out, std::string_view raw) {
  std::size_t done = 0;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (!needs_care[static_cast<unsigned char>(raw[at])])
      continue;
    const char* replacement = nullptr;
    std::size_t length = 1;
    switch (raw[at]) {
    case '&':
      replacement = "&amp;";
      break;
    case '<':
      replacement = "&lt;";
      break;
    case '>':
      replacement = "&gt;";
      break;
    case '\xED':
      if (at + 2 < raw.size() && static_cast<unsigned char>(raw[at + 1]) >= 0xA0) {
        replacement = "\xEF\xBF\xBD";
        length = 3;
      }
      break;
    default:
      break;
    }
    if (!replacement)
      continue;
    out.append(raw.substr(done, at - done)).append(replacement);
    done = at + length;
    at = done - 1;
  }
  out.append(raw.substr(done));
}

std::string unescape(std::string_view escaped) {
  // One pass gives what the peer's three give: no replacement makes or breaks a later one (docs/protocol/01 §3).
  auto at = escaped.find('&');
  if (at == std::string_view::npos)
    return std::string{escaped};
  std::string raw;
  raw.reserve(escaped.size());
  for (;; at = escaped.find('&')) {
    raw.append(escaped.substr(0, at));
    if (at == std::string_view::npos)
      return raw;
    escaped.remove_prefix(at);
    if (escaped.starts_with("&amp;")) {
      raw.push_back('&');
      escaped.remove_prefix(5);
    } else if (escaped.starts_with("&lt;") || escaped.starts_with("&gt;")) {
      raw.push_back(escaped[1] == 'l' ? '<' : '>');
      escaped.remove_prefix(4);
    } else {
      raw.push_back('&');
      escaped.remove_prefix(1);
    }
  }
}

bool is_canonically_escaped(std::string_view text) {
  if (text.find('>') != std::string_view::npos)
    return false;
  for (auto at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    auto rest = text.substr(at + 1);
    if (!rest.starts_with("amp;") && !rest.starts_with("lt;") && !rest.starts_with("gt;"))
      return false;
  }
  return true;
}

} // namespace lama::protocol
