#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

/// Numbers as JavaScript writes and reads them (docs/protocol/01 §1.2, §3).
namespace lama::protocol {

namespace {

constexpr double exact_integers = 9007199254740992.0; // 2^53

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count]))
    ++count;
  return count;
}

std::string_view trimmed(std::string_view text) {
  utf16_reader reader{text};
  std::size_t start = std::string_view::npos;
  std::size_t end = 0;
  std::size_t at = 0;
  for (uint16_t unit = 0; reader.next(unit);) {
    // A low surrogate ends the four bytes that its high one began; both are no blanks.
    auto size = unit < 0x80 ? 1u : unit < 0x800 ? 2u : unit >= 0xD800 && unit <= 0xDFFF ? 2u : 3u;
    if (!is_script_space(unit)) {
      start = std::min(start, at);
      end = at + size;
    }
    at += size;
  }
  return start == std::string_view::npos ? std::string_view{} : text.substr(start, std::min(end, text.size()) - start);
}

double number_in_base(std::string_view digits, int base) {
  if (digits.empty())
    return std::numeric_limits<double>::quiet_NaN();
  double x = 0;
  for (char c : digits) {
    int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
    if (digit >= base)
      return std::numeric_limits<double>::quiet_NaN();
    x = x * base + digit;
  }
  return x;
}

/// `text` is an unsigned StrDecimalLiteral, or it is garbage.
double decimal_number(std::string_view text) {
  constexpr auto garbage = std::numeric_limits<double>::quiet_NaN();
  auto whole = count_digits(text);
  auto at = whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = count_digits(text.substr(at + 1));
    at += 1 + fraction;
  }
  if (whole + fraction == 0)
    return garbage;
  bool negative_exponent = false;
  bool has_exponent = at < text.size() && (text[at] == 'e' || text[at] == 'E');
  if (has_exponent) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      negative_exponent = text[at++] == '-';
    auto digits = count_digits(text.substr(at));
    if (digits == 0)
      return garbage;
    at += digits;
  }
  if (at != text.size())
    return garbage;
  double x = 0;
  auto outcome = std::from_chars(text.data(), text.data() + text.size(), x);
  if (outcome.ec == std::errc::result_out_of_range) // too great, or too small to tell from zero
    return negative_exponent || (!has_exponent && text.find_first_not_of("0.") > whole) ? 0 : std::numeric_limits<double>::infinity();
  return outcome.ec == std::errc{} ? x : garbage;
}

} // namespace

void append_number(std::string& out, double x) {
  std::array<char, 40> buffer;
  auto write = [&](auto... arguments) { return std::to_chars(buffer.data(), buffer.data() + buffer.size(), arguments...).ptr; };
  if (!std::isfinite(x)) {
    out += "null";
    return;
  }
  if (std::abs(x) <= exact_integers && x == std::trunc(x)) { // also -0, which is written as 0
    out.append(buffer.data(), write(static_cast<int64_t>(x)));
    return;
  }
  std::string_view shortest{buffer.data(), static_cast<std::size_t>(write(x, std::chars_format::scientific) - buffer.data())};
  if (shortest.starts_with('-')) {
    out.push_back('-');
    shortest.remove_prefix(1);
  }
  auto mark = shortest.find('e');
  int exponent = 0;
  auto exponent_text = shortest.substr(mark + 1);
  exponent_text.remove_prefix(exponent_text.starts_with('+') ? 1 : 0);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  std::string digits{shortest.substr(0, 1)};
  if (mark > 2)
    digits += shortest.substr(2, mark - 2);
  auto count = static_cast<int>(digits.size());
  int point = exponent + 1; // the value is 0.DIGITS × 10^point
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out.append(digits, 0, 1);
    if (count > 1)
      out.append(".").append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(buffer.data(), write(std::abs(exponent)));
  }
}

std::string number_text(double x) {
  std::string text;
  append_number(text, x);
  return text;
}

bool read_canonical_number(std::string_view text, double& x) {
  if (text.size() <= 15 && count_digits(text) == text.size() && !text.empty() && (text[0] != '0' || text.size() == 1)) {
    int64_t whole = 0;
    for (char c : text)
      whole = whole * 10 + (c - '0');
    x = static_cast<double>(whole);
    return true;
  }
  if (text == "null") {
    x = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (text.size() > 32) // the longest of them has 25 characters
    return false;
  auto outcome = std::from_chars(text.data(), text.data() + text.size(), x);
  return outcome.ec == std::errc{} && outcome.ptr == text.data() + text.size() && number_text(x) == text;
}

double script_number(std::string_view text) {
  text = trimmed(text);
  if (text.empty())
    return 0;
  if (text.size() > 1 && text[0] == '0') {
    switch (text[1]) {
    case 'x':
    case 'X':
      return number_in_base(text.substr(2), 16);
    case 'o':
    case 'O':
      return number_in_base(text.substr(2), 8);
    case 'b':
    case 'B':
      return number_in_base(text.substr(2), 2);
    default:
      break;
    }
  }
  double sign = 1;
  if (text[0] == '+' || text[0] == '-') {
    sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  return sign * (text == "Infinity" ? std::numeric_limits<double>::infinity() : decimal_number(text));
}

} // namespace lama::protocol
