#include "protocol/objects/unknown_object.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace lama::protocol {

namespace {

constexpr std::array<std::pair<std::string_view, reference_kind>, 4> reference_kinds{
    {{"obj", reference_kind::object}, {"id", reference_kind::id}, {"clob", reference_kind::clob}, {"blob", reference_kind::blob}}};

/// Characters that no name of a type or field has (docs/protocol/01 §4).
bool is_name(std::string_view text) {
  auto forbidden = [](char c) { return c == '<' || c == '>' || c == '.' || c == '"' || c == '\\' || static_cast<unsigned char>(c) <= ' '; };
  return !text.empty() && std::ranges::none_of(text, forbidden);
}

class unknown_reader {
public:
  explicit unknown_reader(std::string_view text) : text_(text) {
    // nop
  }

  result<unknown_object> read() {
    if (text_.size() > limits::object_bytes)
      return fail(errc::too_large, "a text longer than an object may be");
    auto found = classify(text_);
    if (found.kind > content_kind::id_object || found.type.size() > limits::type_name_bytes || !is_name(found.type) || !is_utf8(text_, false))
      return fail(errc::bad_input, "no object header, or not UTF-8", "M2O-PH1");
    out_.type = found.type;
    out_.is_id_object = found.kind == content_kind::id_object;
    at_ = static_cast<std::size_t>(found.type.data() + found.type.size() - text_.data()) + 2;
    if (!read_fields(0) || !take("</div>"))
      return give_up("an element that no recipe could mean");
    if (at_ != text_.size())
      return give_up("text after the end tag");
    return std::move(out_);
  }

private:
  error give_up(const char* what) const {
    if (too_large_)
      return fail(errc::too_large, "an object of the unknown type " + std::string{out_.type} + " is nested too deeply or holds too many items");
    return fail(errc::bad_input, "an object of the unknown type " + std::string{out_.type} + ": " + what + ", at byte " + std::to_string(at_));
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  bool within_limits(std::size_t depth) {
    too_large_ = too_large_ || depth > limits::object_depth || ++items_ > limits::object_items;
    return !too_large_;
  }

  /// ` itemprop="NAME"`, which a field has and an item has not.
  bool take_name(bool named) {
    if (!named)
      return true;
    if (!take(" itemprop=\""))
      return false;
    auto end = text_.find('"', at_);
    if (end == std::string_view::npos || !is_name(text_.substr(at_, end - at_)))
      return false;
    at_ = end + 1;
    return true;
  }

  bool read_fields(std::size_t depth) {
    while (!text_.substr(at_).starts_with("</"))
      if (!read_element(true, depth))
        return false;
    return true;
  }

  /// A field, or a value that is no plain text.
  bool read_element(bool named, std::size_t depth) {
    if (!within_limits(depth))
      return false;
    if (named && take("<span"))
      return take_name(true) && take(">") && read_text() && take("</span>");
    if (take("<a"))
      return take_name(named) && read_reference();
    if (take("<ol"))
      return take_name(named) && take(">") && read_items(depth + 1) && take("</ol>");
    if (take("<ul"))
      return take_name(named) && take(">") && read_items(depth + 1) && take("</ul>");
    if (take("<dl"))
      return take_name(named) && take(">") && read_entries(depth + 1) && take("</dl>");
    return take("<div") && take_name(named) && take(">") && read_fields(depth + 1) && take("</div>");
  }

  bool read_text() {
    auto end = std::min(text_.find('<', at_), text_.size());
    auto plain = text_.substr(at_, end - at_);
    at_ = end;
    return is_canonically_escaped(plain);
  }

  bool read_reference() {
    if (!take(" data-type=\""))
      return false;
    auto kind = std::ranges::find_if(reference_kinds, [this](const auto& x) { return take(x.first); });
    if (kind == reference_kinds.end() || !take("\">"))
      return false;
    auto target = hash::from_hex(text_.substr(at_, 64));
    if (!target)
      return false;
    at_ += 64;
    out_.references.push_back({*target, kind->second, 0});
    return take("</a>");
  }

  /// Text, or one element without a name.
  bool read_bare(std::size_t depth) {
    bool plain = !text_.substr(at_).starts_with("<") || text_.substr(at_).starts_with("</");
    return plain ? within_limits(depth) && read_text() : read_element(false, depth);
  }

  bool read_items(std::size_t depth) {
    while (take("<li>"))
      if (!read_bare(depth) || !take("</li>"))
        return false;
    return true;
  }

  bool read_entries(std::size_t depth) {
    while (take("<dt>"))
      if (!read_bare(depth) || !take("</dt><dd>") || !read_bare(depth) || !take("</dd>"))
        return false;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
  bool too_large_ = false;
  unknown_object out_;
};

} // namespace

result<unknown_object> examine_without_recipe(std::string_view text) {
  return unknown_reader{text}.read();
}

result<std::vector<reference>> references_of(std::string_view text, const recipe_table& recipes) {
  if (auto facts = examine(text, recipes))
    return std::move(facts->references);
  LAMA_TRY(found, examine_without_recipe(text));
  return std::move(found.references);
}

} // namespace lama::protocol
