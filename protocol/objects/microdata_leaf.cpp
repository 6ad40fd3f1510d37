#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata_reader.hpp"
#include "protocol/objects/text.hpp"

#include <cmath>

/// Reading the values that are text: strings, numbers, booleans, JSON (docs/protocol/01 §1.2, §3).
namespace lama::protocol {

/// Up to the end tag of the element that we are in, which is left to be read. In lenient mode there may be foreign elements within.
bool microdata_reader::read_leaf_text(std::string_view& content) {
  auto end = text_.find('<', at_);
  for (std::size_t open = 0; !strict_; end = text_.find('<', end + 1)) {
    if (end == std::string_view::npos)
      break;
    bool closes = end + 1 < text_.size() && text_[end + 1] == '/';
    if (closes && open == 0)
      break;
    open = closes ? open - 1 : open + 1;
  }
  if (end == std::string_view::npos)
    return give_up(errc::bad_input, "a value does not end", "US-SSFMC1");
  content = text_.substr(at_, end - at_);
  at_ = end;
  return true;
}

bool microdata_reader::read_leaf(const item_type& type, std::string_view closing, bool bare, value* out) {
  std::string_view content;
  if (!read_leaf_text(content) || !take_closing(closing))
    return false;
  if (type.kind == item_kind::string)
    return read_string(type, content, out);
  if (content.empty() && !strict_) { // an empty text is an empty text, whatever the type (docs/protocol/01 §3)
    if (out)
      *out = type.kind == item_kind::stringifiable ? value{json("")} : value{""};
    return true;
  }
  if (type.kind == item_kind::stringifiable)
    return read_stringifiable(content, bare, out);
  if (type.kind == item_kind::integer || type.kind == item_kind::number)
    return read_number(type, content, out);
  bool is_true = content == "true";
  if (strict_ && !is_true && content != "false")
    return give_up(errc::bad_input, "a boolean that is neither true nor false");
  if (out)
    *out = is_true;
  return true;
}

bool microdata_reader::read_string(const item_type& type, std::string_view content, value* out) {
  if (strict_ && !is_canonically_escaped(content))
    return give_up(errc::bad_input, "a text with & or > that should be escaped");
  if (type.matcher && (strict_ || !content.empty())) {
    // The peer tests the escaped text when it reads and the plain one when it writes.
    bool differs = strict_ && content.find('&') != std::string_view::npos;
    if (!type.matcher->found_in(content) || (differs && !type.matcher->found_in(unescape(content))))
      return give_up(errc::bad_input, "a text does not match " + type.pattern, "M2O-PV3");
  }
  if (out)
    *out = unescape(content);
  return true;
}

bool microdata_reader::read_number(const item_type& type, std::string_view content, value* out) {
  double x = 0;
  if (strict_) {
    bool good = read_canonical_number(content, x) && (type.kind == item_kind::number || x == std::trunc(x));
    if (!good)
      return give_up(errc::bad_input, "a number that is not written as it should be");
  } else {
    x = script_number(content);
  }
  if (out)
    *out = x;
  return true;
}

bool microdata_reader::read_stringifiable(std::string_view content, bool bare, value* out) {
  std::string unescaped;
  auto plain = content;
  if (content.find('&') != std::string_view::npos) {
    unescaped = unescape(content);
    plain = unescaped;
  }
  if (strict_) {
    if (!is_canonically_escaped(content) || !is_sorted_json(plain))
      return give_up(errc::bad_input, "JSON that is not written as it should be", "SyntaxError");
    if (plain == "null" && !bare) // it would be written as an absent field
      return give_up(errc::bad_input, "JSON null where it means an absent field");
    if (out)
      out->emplace<stringifiable>(stringifiable::as_written(std::string{plain}));
    return true;
  }
  auto parsed = parse_json(plain);
  if (!parsed)
    return give_up(parsed.failure().code, parsed.failure().message, "SyntaxError");
  if (out)
    *out = *parsed;
  return true;
}

} // namespace lama::protocol
