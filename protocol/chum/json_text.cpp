#include "protocol/chum/json_text.hpp"

#include "protocol/limits.hpp"

#include <cstdint>

namespace lama::protocol::chum {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_code_point(std::string& out, uint32_t x) {
  if (x < 0x80) {
    out += static_cast<char>(x);
  } else if (x < 0x800) {
    out += static_cast<char>(0xC0 | (x >> 6));
    out += static_cast<char>(0x80 | (x & 0x3F));
  } else if (x < 0x10000) {
    out += static_cast<char>(0xE0 | (x >> 12));
    out += static_cast<char>(0x80 | ((x >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (x & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (x >> 18));
    out += static_cast<char>(0x80 | ((x >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((x >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (x & 0x3F));
  }
}

/// The four digits of a \u escape.
std::optional<uint32_t> code_unit(std::string_view text) {
  if (text.size() < 4)
    return std::nullopt;
  uint32_t unit = 0;
  for (auto digit : text.substr(0, 4)) {
    unit <<= 4;
    if (digit >= '0' && digit <= '9')
      unit |= static_cast<uint32_t>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      unit |= static_cast<uint32_t>(digit - 'a' + 10);
    else if (digit >= 'A' && digit <= 'F')
      unit |= static_cast<uint32_t>(digit - 'A' + 10);
    else
      return std::nullopt;
  }
  return unit;
}

/// Reads what follows `\u`; moves `at` behind it, and behind the second half of a pair.
bool read_escaped_unit(std::string_view text, std::size_t& at, std::string& out) {
  auto unit = code_unit(text.substr(at));
  if (!unit)
    return false;
  at += 4;
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    append_code_point(out, *unit);
    return true;
  }
  if (*unit < 0xDC00 && text.substr(at, 2) == "\\u") {
    auto low = code_unit(text.substr(at + 2));
    if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
      at += 6;
      append_code_point(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
      return true;
    }
  }
  append_code_point(out, 0xFFFD);
  return true;
}

bool read_escape(std::string_view text, std::size_t& at, std::string& out) {
  if (at >= text.size())
    return false;
  auto kind = text[at++];
  switch (kind) {
  case '"':
  case '\\':
  case '/':
    out += kind;
    return true;
  case 'b':
    out += '\b';
    return true;
  case 'f':
    out += '\f';
    return true;
  case 'n':
    out += '\n';
    return true;
  case 'r':
    out += '\r';
    return true;
  case 't':
    out += '\t';
    return true;
  case 'u':
    return read_escaped_unit(text, at, out);
  default:
    return false;
  }
}

/// What a scan of the brackets tells, before any memory is spent on the content.
bool is_within(std::string_view text, std::size_t max_depth, std::size_t max_items) {
  std::size_t depth = 0;
  std::size_t items = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto x = text[i];
    if (in_string) {
      if (x == '\\')
        ++i;
      else if (x == '"')
        in_string = false;
    } else if (x == '"') {
      in_string = true;
    } else if (x == '[' || x == '{') {
      ++items;
      if (++depth > max_depth)
        return false;
    } else if (x == ']' || x == '}') {
      if (depth > 0)
        --depth;
    } else if (x == ',') {
      ++items;
    }
    if (items > max_items)
      return false;
  }
  return true;
}

/// Takes the events of nlohmann's parser (which does not recurse) for an array of flat objects.
class list_reader final : public nlohmann::json_sax<json> {
public:
  explicit list_reader(const std::function<bool(flat_object&)>& each) : each_(each) {
    // nop
  }

  bool too_many() const {
    return entries_ > limits::chum_list_entries;
  }

  bool null() override {
    return scalar();
  }
  bool boolean(bool) override {
    return scalar();
  }
  bool number_integer(number_integer_t) override {
    return scalar();
  }
  bool number_unsigned(number_unsigned_t) override {
    return scalar();
  }
  bool number_float(number_float_t, const string_t&) override {
    return scalar();
  }
  bool binary(binary_t&) override {
    return false;
  }
  bool string(string_t& text) override {
    if (depth_ == 2 && current_.size() < max_members)
      current_.emplace_back(std::move(key_), std::move(text));
    return depth_ >= 2;
  }
  bool key(string_t& name) override {
    if (depth_ == 2)
      key_ = std::move(name);
    return true;
  }
  bool start_array(std::size_t) override {
    return depth_ != 1 && ++depth_ <= max_depth;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ == 0 || ++depth_ > max_depth)
      return false;
    if (depth_ == 2) {
      current_.clear();
      return ++entries_ <= limits::chum_list_entries;
    }
    return true;
  }
  bool end_object() override {
    return --depth_ != 1 || each_(current_);
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

private:
  static constexpr std::size_t max_depth = 16;
  static constexpr std::size_t max_members = 16;

  // Numbers and the like are allowed inside an entry, where they say nothing to us, but not as an entry or instead of the list.
  bool scalar() const {
    return depth_ >= 2;
  }

  const std::function<bool(flat_object&)>& each_;
  flat_object current_;
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t entries_ = 0;
};

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto x = static_cast<unsigned char>(text[i]);
    if (x >= 0x20 && x != '"' && x != '\\')
      continue;
    out.append(text, run, i - run);
    run = i + 1;
    out += '\\';
    switch (x) {
    case '"':
    case '\\':
      out += static_cast<char>(x);
      break;
    case '\b':
      out += 'b';
      break;
    case '\f':
      out += 'f';
      break;
    case '\n':
      out += 'n';
      break;
    case '\r':
      out += 'r';
      break;
    case '\t':
      out += 't';
      break;
    default:
      out += "u00";
      out += hex_digits[x >> 4];
      out += hex_digits[x & 15];
    }
  }
  out.append(text, run);
  out += '"';
}

std::optional<std::string_view> read_json_string(std::string_view text, std::string& out) {
  out.clear();
  std::size_t run = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto x = static_cast<unsigned char>(text[at]);
    if (x == '"') {
      out.append(text, run, at - run);
      return text.substr(at + 1);
    }
    if (x < 0x20)
      return std::nullopt;
    ++at;
    if (x != '\\')
      continue;
    out.append(text, run, at - 1 - run);
    if (!read_escape(text, at, out))
      return std::nullopt;
    run = at;
  }
  return std::nullopt;
}

std::optional<json> parse_bounded(std::string_view text, std::size_t max_depth, std::size_t max_items) {
  if (!is_within(text, max_depth, max_items))
    return std::nullopt;
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return std::nullopt;
  return parsed;
}

std::string_view member(const flat_object& from, std::string_view name) {
  for (const auto& [key, text] : from)
    if (key == name)
      return text;
  return {};
}

result<done> read_list(std::string_view text, const std::function<bool(flat_object&)>& each) {
  list_reader reader{each};
  if (json::sax_parse(text, &reader))
    return done{};
  if (reader.too_many())
    return fail(errc::too_large, "The list has over " + std::to_string(limits::chum_list_entries) + " entries; nothing of it was taken.");
  return fail(errc::bad_input, "This is not a list of entries as CHUM sends it.");
}

} // namespace lama::protocol::chum
