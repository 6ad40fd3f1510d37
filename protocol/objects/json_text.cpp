#include "protocol/objects/json_text.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace lama::protocol {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

/// Goes into a JSON string as it is, without a look at what follows.
bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != '\xED';
}

void append_code_point(std::string& out, uint32_t point) {
  auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | (point >> shift & 0x3F))); };
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class json_reader {
public:
  explicit json_reader(std::string_view text) : text_(text) {
    // nop
  }

  bool read_all(json& out) {
    if (!read_value(out, 0))
      return false;
    skip_blanks();
    return at_ == text_.size();
  }

  std::size_t position() const {
    return at_;
  }

private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  bool take_after_blanks(std::string_view expected) {
    skip_blanks();
    return take(expected);
  }

  bool read_value(json& out, std::size_t depth) {
    skip_blanks();
    if (at_ >= text_.size() || depth > limits::object_depth)
      return false;
    switch (text_[at_]) {
    case '{':
      return read_object(out, depth);
    case '[':
      return read_array(out, depth);
    case '"': {
      std::string content;
      if (!read_string(content))
        return false;
      out = std::move(content);
      return true;
    }
    case 't':
      out = true;
      return take("true");
    case 'f':
      out = false;
      return take("false");
    case 'n':
      out = nullptr;
      return take("null");
    default:
      return read_number(out);
    }
  }

  bool read_object(json& out, std::size_t depth) {
    out = json::object();
    auto& members = out.get_ref<json::object_t&>();
    ++at_;
    if (take_after_blanks("}"))
      return true;
    for (;;) {
      std::string key;
      skip_blanks();
      if (!read_string(key) || !take_after_blanks(":"))
        return false;
      // Keys mostly come sorted, so that each belongs at the end; the last of equal ones counts.
      auto member = members.try_emplace(members.end(), std::move(key));
      if (!read_value(member->second, depth + 1))
        return false;
      if (take_after_blanks("}"))
        return true;
      if (!take(","))
        return false;
    }
  }

  bool read_array(json& out, std::size_t depth) {
    out = json::array();
    ++at_;
    if (take_after_blanks("]"))
      return true;
    for (;;) {
      json item;
      if (!read_value(item, depth + 1))
        return false;
      out.push_back(std::move(item));
      if (take_after_blanks("]"))
        return true;
      if (!take(","))
        return false;
    }
  }

  bool read_string(std::string& out) {
    if (!take("\""))
      return false;
    for (;;) {
      auto start = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      out.append(text_.substr(start, at_ - start));
      if (take("\""))
        return true;
      if (!take("\\") || !read_escape(out))
        return false;
    }
  }

  bool read_escape(std::string& out) {
    if (at_ >= text_.size())
      return false;
    switch (text_[at_++]) {
    case '"':
      out.push_back('"');
      return true;
    case '\\':
      out.push_back('\\');
      return true;
    case '/':
      out.push_back('/');
      return true;
    case 'b':
      out.push_back('\b');
      return true;
    case 'f':
      out.push_back('\f');
      return true;
    case 'n':
      out.push_back('\n');
      return true;
    case 'r':
      out.push_back('\r');
      return true;
    case 't':
      out.push_back('\t');
      return true;
    case 'u':
      break;
    default:
      return false;
    }
    uint32_t unit = 0;
    if (!read_unit(unit))
      return false;
    auto after = at_;
    uint32_t low = 0;
    if (unit >= 0xD800 && unit < 0xDC00 && take("\\u") && read_unit(low) && low >= 0xDC00 && low < 0xE000)
      unit = 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF));
    else
      at_ = after;
    append_code_point(out, unit);
    return true;
  }

  bool read_unit(uint32_t& unit) {
    auto digits = text_.substr(at_, 4);
    auto outcome = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() != 4 || outcome.ptr != digits.data() + 4)
      return false;
    at_ += 4;
    return true;
  }

  std::size_t take_digits() {
    auto start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9')
      ++at_;
    return at_ - start;
  }

  bool read_number(json& out) {
    auto start = at_;
    take("-");
    if (!take("0") && take_digits() == 0)
      return false;
    if (take(".") && take_digits() == 0)
      return false;
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!take("+"))
        take("-");
      if (take_digits() == 0)
        return false;
    }
    auto x = script_number(text_.substr(start, at_ - start));
    if (x == std::trunc(x) && std::abs(x) <= 9007199254740992.0 && !std::signbit(x))
      out = static_cast<int64_t>(x); // so that programs find an integer where they expect one
    else
      out = x;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The peer writes keys as they are, and could read nothing else back.
bool is_readable_key(std::string_view key) {
  auto unreadable = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  return std::ranges::none_of(key, unreadable) && is_utf8(key, false);
}

/// False where sorted_json fails; what was written is JSON all the same, unless it is nested too deeply.
bool append_sorted(std::string& out, const json& x, std::size_t depth) {
  if (depth > limits::object_depth)
    return false;
  switch (x.type()) {
  case json::value_t::boolean:
    out += x.get<bool>() ? "true" : "false";
    return true;
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
  case json::value_t::number_float:
    append_number(out, x.get<double>());
    return true;
  case json::value_t::string: {
    const auto& content = x.get_ref<const std::string&>();
    append_json_string(out, content);
    return is_utf8(content, true);
  }
  case json::value_t::array: {
    out.push_back('[');
    const char* separator = "";
    bool good = true;
    for (const auto& item : x) {
      out += std::exchange(separator, ",");
      good = append_sorted(out, item, depth + 1) && good;
    }
    out.push_back(']');
    return good;
  }
  case json::value_t::object: {
    std::vector<json::const_iterator> members;
    for (auto member = x.begin(); member != x.end(); ++member)
      members.push_back(member);
    auto by_key = [](const auto& a, const auto& b) { return compare_text(a.key(), b.key()) < 0; };
    if (!std::ranges::is_sorted(members, by_key)) // by bytes they are
      std::ranges::sort(members, by_key);
    out.push_back('{');
    const char* separator = "";
    bool good = true;
    for (const auto& member : members) {
      out += std::exchange(separator, ",");
      append_json_string(out, member.key());
      out.push_back(':');
      good = is_readable_key(member.key()) && good;
      good = append_sorted(out, member.value(), depth + 1) && good;
    }
    out.push_back('}');
    return good;
  }
  case json::value_t::null:
  case json::value_t::binary:
  case json::value_t::discarded:
    break;
  }
  out += "null";
  return x.is_null();
}

} // namespace

result<json> parse_json(std::string_view text) {
  json parsed;
  json_reader reader{text};
  if (!reader.read_all(parsed))
    return fail(errc::bad_input, "no JSON, or nested too deeply, at position " + std::to_string(reader.position()), "SyntaxError");
  return parsed;
}

void append_json_string(std::string& out, std::string_view content) {
  out.push_back('"');
  for (std::size_t at = 0; at < content.size(); ++at) {
    auto run = at;
    while (run < content.size() && is_plain(content[run]))
      ++run;
    out.append(content.substr(at, run - at));
    if (run == content.size())
      break;
    at = run;
    auto c = content[at];
    auto byte = static_cast<unsigned char>(c);
    switch (c) {
    case '"':
      out += "\\\"";
      continue;
    case '\\':
      out += "\\\\";
      continue;
    case '\b':
      out += "\\b";
      continue;
    case '\f':
      out += "\\f";
      continue;
    case '\n':
      out += "\\n";
      continue;
    case '\r':
      out += "\\r";
      continue;
    case '\t':
      out += "\\t";
      continue;
    default:
      break;
    }
    bool lone_surrogate = byte == 0xED && at + 2 < content.size() && static_cast<unsigned char>(content[at + 1]) >= 0xA0;
    if (byte >= 0x20 && !lone_surrogate) {
      out.push_back(c);
      continue;
    }
    uint32_t unit = byte;
    if (lone_surrogate) {
      unit = 0xD000u | (static_cast<unsigned char>(content[at + 1]) & 0x3Fu) << 6 | (static_cast<unsigned char>(content[at + 2]) & 0x3Fu);
      at += 2;
    }
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      out.push_back(hex_digits[unit >> shift & 0xF]);
  }
  out.push_back('"');
}

result<std::string> sorted_json(const json& x) {
  std::string text;
  if (!append_sorted(text, x, 0))
    return fail(errc::bad_input, unwritable_json);
  return text;
}

stringifiable::stringifiable(const json& tree) {
  writable_ = append_sorted(text_, tree, 0);
}

stringifiable stringifiable::as_written(std::string sorted) {
  stringifiable made;
  made.text_ = std::move(sorted);
  return made;
}

json stringifiable::tree() const {
  auto parsed = parse_json(text_);
  return parsed ? *std::move(parsed) : json{}; // nested too deeply
}

} // namespace lama::protocol
