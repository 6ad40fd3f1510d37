#include "protocol/limits.hpp"
#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <cmath>

/// Writing objects (docs/protocol/01 §1). What the peer would write but could not read back is refused.
namespace lama::protocol {

namespace {

constexpr std::string_view field_type = "$type$";
constexpr std::string_view field_version = "$versionHash$";

std::string_view closing_tag(item_kind kind) {
  switch (kind) {
  case item_kind::reference_to_object:
  case item_kind::reference_to_id:
  case item_kind::reference_to_clob:
  case item_kind::reference_to_blob:
    return "</a>";
  case item_kind::array:
    return "</ol>";
  case item_kind::bag:
  case item_kind::set:
    return "</ul>";
  case item_kind::map:
    return "</dl>";
  case item_kind::object:
    return "</div>";
  default:
    return "</span>";
  }
}

std::string_view bare_opening_tag(item_kind kind) {
  switch (kind) {
  case item_kind::reference_to_object:
    return "<a data-type=\"obj\">";
  case item_kind::reference_to_id:
    return "<a data-type=\"id\">";
  case item_kind::reference_to_clob:
    return "<a data-type=\"clob\">";
  case item_kind::reference_to_blob:
    return "<a data-type=\"blob\">";
  case item_kind::array:
    return "<ol>";
  case item_kind::bag:
  case item_kind::set:
    return "<ul>";
  case item_kind::map:
    return "<dl>";
  case item_kind::object:
    return "<div>";
  default:
    return "";
  }
}

bool is_absent(const value* x) {
  if (!x || std::holds_alternative<std::monostate>(*x))
    return true;
  auto* content = std::get_if<stringifiable>(x);
  return content && content->is_null();
}

class microdata_writer {
public:
  explicit microdata_writer(const recipe& type) : type_(type) {
    // nop
  }

  result<std::string> write(const object& x, bool id_only) {
    constexpr std::size_t usual_bytes = 512;
    out_.reserve(usual_bytes);
    out_ = id_only ? type_.id_object_header : type_.object_header;
    bool good = true;
    for (const auto& rule : type_.rules)
      if (!id_only || rule.is_id)
        good = good && write_top_rule(rule, x);
    // Fields that a rule took are known; the names are looked at only where there are more.
    for (const auto& field : x.fields)
      good = good && (known_fields_ == x.fields.size() || type_.find(field.name) || field.name == field_type || field.name == field_version ||
                      give_up(field.name, "is no field of this type", "O2M-COBJ2"));
    out_ += "</div>";
    if (good && out_.size() > limits::object_bytes)
      good = give_up("", "the text is longer than an object may be", "", errc::too_large);
    if (!good)
      return std::move(failure_);
    return std::move(out_);
  }

private:
  bool give_up(std::string_view field, std::string_view what, const char* peer_code, errc code = errc::bad_input) {
    if (failure_.message.empty())
      failure_ = fail(code, type_.name + (field.empty() ? "" : "." + std::string{field}) + ": " + std::string{what}, peer_code);
    return false;
  }

  bool write_top_rule(const rule& x, const object& from) {
    auto* content = find_from(from, next_field_, x.name);
    known_fields_ += content ? 1 : 0;
    if (is_absent(content) && x.name == field_type) {
      value name{type_.name};
      return write_field(x, name, false);
    }
    if (is_absent(content))
      return x.optional || give_up(x.name, "is missing", "O2M-RTYC2");
    return write_field(x, *content, false);
  }

  bool write_nested(const std::vector<rule>& rules, const value& from) {
    auto* nested = std::get_if<object>(&from);
    if (!nested)
      return wrong_type("an object");
    std::size_t next = 0;
    for (const auto& x : rules) {
      auto* content = find_from(*nested, next, x.name);
      if (!content && !x.optional)
        return give_up(x.name, "is missing", "O2M-RTYC2");
      if (content && is_absent(content))
        return give_up(x.name, "is null within a nested object", "O2M-RTYC1");
      if (content && !write_field(x, *content, true))
        return false;
    }
    return true;
  }

  /// Fields mostly stand in the order of the rules, so it is looked at first what follows the one before.
  static const value* find_from(const object& in, std::size_t& next, std::string_view name) {
    if (next < in.fields.size() && in.fields[next].name == name)
      return &in.fields[next++].content;
    for (std::size_t i = 0; i < in.fields.size(); ++i)
      if (in.fields[i].name == name) {
        next = i + 1;
        return &in.fields[i].content;
      }
    return nullptr;
  }

  bool write_field(const rule& x, const value& content, bool nested) {
    auto above = std::exchange(field_, &x);
    if (x.inherited)
      return give_up(x.name, "is nested deeper than the recipe can be written", "O2M-RTYC1");
    out_ += x.opening_tag;
    auto start = out_.size();
    if (!write_content(x.type, content))
      return false;
    if (!nested && x.type.kind == item_kind::object && out_.size() == start)
      return give_up(x.name, "has no fields; leave it out", "M2O-POM1");
    out_ += closing_tag(x.type.kind);
    field_ = above;
    return true;
  }

  bool write_bare(const item_type& type, const value& content) {
    auto opening = bare_opening_tag(type.kind);
    out_ += opening;
    if (!write_content(type, content))
      return false;
    if (!opening.empty())
      out_ += closing_tag(type.kind);
    return true;
  }

  bool wrong_type(std::string_view expected) {
    return give_up(field_ ? field_->name : "", "has a value that is not " + std::string{expected}, "O2M-RTYC1");
  }

  bool write_content(const item_type& type, const value& x) {
    switch (type.kind) {
    case item_kind::string:
      return write_text(type, x);
    case item_kind::integer:
    case item_kind::number:
      return write_number(type, x);
    case item_kind::boolean:
      return write_flag(x);
    case item_kind::stringifiable:
      return write_json(x);
    case item_kind::reference_to_object:
    case item_kind::reference_to_id:
    case item_kind::reference_to_clob:
    case item_kind::reference_to_blob:
      return write_reference(x);
    case item_kind::array:
    case item_kind::bag:
    case item_kind::set:
      return write_items(type, x);
    case item_kind::map:
      return write_entries(type, x);
    case item_kind::object:
      return write_nested(type.rules, x);
    }
    return false;
  }

  bool write_text(const item_type& type, const value& x) {
    auto* text = std::get_if<std::string>(&x);
    if (!text || !is_utf8(*text, true))
      return wrong_type(text ? "UTF-8" : "a text");
    auto start = out_.size();
    append_escaped(out_, *text);
    // The peer tests the plain text when it writes and the escaped one when it reads.
    if (type.matcher && !type.matcher->found_in(*text))
      return give_up(field_->name, "does not match " + type.pattern, "O2M-RTYC3");
    if (type.matcher && out_.size() - start != text->size() && !type.matcher->found_in(std::string_view{out_}.substr(start)))
      return give_up(field_->name, "does not match " + type.pattern + " once & < > are escaped", "M2O-PV3");
    return true;
  }

  bool write_number(const item_type& type, const value& x) {
    auto* number = std::get_if<double>(&x);
    bool whole = type.kind == item_kind::integer;
    if (!number || (whole && !(std::isfinite(*number) && *number == std::trunc(*number))))
      return wrong_type(whole ? "an integer" : "a number");
    append_number(out_, *number);
    return true;
  }

  bool write_flag(const value& x) {
    auto* flag = std::get_if<bool>(&x);
    if (!flag)
      return wrong_type("a boolean");
    out_ += *flag ? "true" : "false";
    return true;
  }

  bool write_reference(const value& x) {
    auto* target = std::get_if<hash>(&x);
    if (!target)
      return wrong_type("a hash");
    append_hex(out_, *target);
    return true;
  }

  /// A plain text, number or boolean stands for its JSON.
  bool write_json(const value& x) {
    if (auto* content = std::get_if<stringifiable>(&x))
      return write_json_text(*content);
    if (auto* plain = std::get_if<std::string>(&x))
      return write_json_text(stringifiable{json(*plain)});
    if (auto* number = std::get_if<double>(&x))
      append_number(out_, *number);
    else if (std::holds_alternative<bool>(x))
      return write_flag(x);
    else
      return wrong_type("JSON");
    return true;
  }

  bool write_json_text(const stringifiable& x) {
    append_escaped(out_, x.text());
    return x.is_writable() || give_up(field_->name, unwritable_json, "");
  }

  bool write_items(const item_type& type, const value& x) {
    auto* items = std::get_if<list>(&x);
    if (!items)
      return wrong_type(type.kind == item_kind::set ? "a set" : "a list");
    auto start = out_.size();
    std::vector<std::size_t> ends;
    for (const auto& item : *items) {
      out_ += "<li>";
      if (!write_bare(*type.item, item))
        return false;
      out_ += "</li>";
      ends.push_back(out_.size());
    }
    if (type.kind != item_kind::array)
      sort_items(start, ends, type.kind == item_kind::set && type.item->kind < item_kind::array);
    return true;
  }

  /// Bags and sets are sorted by the whole text of their items (docs/protocol/01 §1.1); a set has no item twice.
  void sort_items(std::size_t start, const std::vector<std::size_t>& ends, bool distinct) {
    if (ends.size() < 2)
      return;
    std::vector<std::string_view> items;
    auto from = start;
    for (auto end : ends) {
      items.push_back(std::string_view{out_}.substr(from, end - from));
      from = end;
    }
    std::ranges::sort(items, [](std::string_view a, std::string_view b) { return compare_text(a, b) < 0; });
    if (distinct) {
      items.erase(std::unique(items.begin(), items.end()), items.end());
    }
    std::string sorted;
    sorted.reserve(out_.size() - start);
    for (auto item : items)
      sorted += item;
    out_.replace(start, std::string::npos, sorted);
  }

  bool write_entries(const item_type& type, const value& x) {
    auto* entries = std::get_if<map>(&x);
    if (!entries)
      return wrong_type("a map");
    std::vector<std::pair<std::size_t, std::size_t>> keys;
    for (const auto& [key, content] : *entries) {
      out_ += "<dt>";
      auto start = out_.size();
      if (!write_bare(*type.key, key))
        return false;
      keys.emplace_back(start, out_.size() - start);
      out_ += "</dt><dd>";
      if (!write_bare(*type.item, content))
        return false;
      out_ += "</dd>";
    }
    return are_distinct(keys) || give_up(field_->name, "holds a key twice", "");
  }

  /// Of parts of what was written.
  bool are_distinct(const std::vector<std::pair<std::size_t, std::size_t>>& parts) const {
    std::vector<std::string_view> texts;
    texts.reserve(parts.size());
    for (auto [start, length] : parts)
      texts.push_back(std::string_view{out_}.substr(start, length));
    std::ranges::sort(texts);
    return std::ranges::adjacent_find(texts) == texts.end();
  }

  const recipe& type_;
  const rule* field_ = nullptr;
  std::size_t next_field_ = 0;   ///< where the next rule's field is likely to stand
  std::size_t known_fields_ = 0; ///< that a rule was found for
  std::string out_;
  error failure_;
};

result<const recipe*> recipe_of(const object& x, const recipe_table& recipes) {
  auto* type = recipes.find(x.type);
  if (!type)
    return fail(errc::unsupported, "no recipe for type \"" + x.type + '"', "OR-GR1");
  return type;
}

} // namespace

result<std::string> write_object(const object& x, const recipe_table& recipes) {
  LAMA_TRY(type, recipe_of(x, recipes));
  return microdata_writer{*type}.write(x, false);
}

result<std::string> write_id_object(const object& x, const recipe_table& recipes) {
  LAMA_TRY(type, recipe_of(x, recipes));
  if (!type->versioned)
    return fail(errc::bad_input, "type " + x.type + " has no id fields", "O2M-COBJ1");
  return microdata_writer{*type}.write(x, true);
}

} // namespace lama::protocol
