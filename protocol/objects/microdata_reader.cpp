#include "protocol/objects/microdata_reader.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace lama::protocol {

namespace {

constexpr std::string_view object_start = "<div itemscope itemtype=\"//refin.io/";
constexpr std::string_view id_object_start = "<div data-id-object=\"true\" itemscope itemtype=\"//refin.io/";
constexpr std::string_view field_type = "$type$";

bool is_leaf(item_kind kind) {
  return kind <= item_kind::stringifiable;
}

bool is_reference(item_kind kind) {
  return kind >= item_kind::reference_to_object && kind <= item_kind::reference_to_blob;
}

std::string_view bare_opening(item_kind kind) {
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
  default:
    return "<div>";
  }
}

reference_kind kind_of_reference(item_kind kind) {
  return static_cast<reference_kind>(static_cast<int>(kind) - static_cast<int>(item_kind::reference_to_object));
}

/// What a JavaScript Set or Map takes for the same; nothing for what it tells apart by identity.
std::optional<std::string> identity(const value& x) {
  if (auto* text = std::get_if<std::string>(&x))
    return "s" + *text;
  if (auto* number = std::get_if<double>(&x))
    return "n" + number_text(*number);
  if (auto* flag = std::get_if<bool>(&x))
    return *flag ? "true" : "false";
  if (auto* target = std::get_if<hash>(&x))
    return "h" + std::string{target->raw()};
  if (auto* content = std::get_if<stringifiable>(&x); content && !content->is_structured())
    return "j" + content->text();
  return std::nullopt;
}

} // namespace

microdata_reader::microdata_reader(std::string_view text, const recipe_table& recipes, parse_mode mode)
    : text_(text), recipes_(recipes), strict_(mode == parse_mode::strict) {
  // nop
}

bool microdata_reader::give_up(errc code, std::string_view what, const char* peer_code) {
  if (!failure_.message.empty())
    return false;
  failure_.code = code;
  failure_.message = type_ ? "a text of type " + type_->name + ": " : std::string{"a text: "};
  failure_.message.append(what).append(", at byte ").append(std::to_string(at_));
  failure_.detail = peer_code;
  return false;
}

bool microdata_reader::take(std::string_view expected) {
  if (!starts_with(expected))
    return false;
  at_ += expected.size();
  return true;
}

bool microdata_reader::take_closing(std::string_view expected) {
  if (take(expected))
    return true;
  auto end = strict_ || !starts_with("</") ? std::string_view::npos : text_.find('>', at_);
  if (end == std::string_view::npos)
    return give_up(errc::bad_input, "an element does not end here", "M2O-POM1");
  at_ = end + 1;
  return true;
}

bool microdata_reader::count_item() {
  return ++items_ <= limits::object_items || give_up(errc::too_large, "too many items");
}

bool microdata_reader::read_header() {
  if (text_.size() > limits::object_bytes)
    return give_up(errc::too_large, "longer than an object may be");
  is_id_object_ = starts_with(id_object_start);
  if (!take(is_id_object_ ? id_object_start : object_start))
    return give_up(errc::bad_input, "no object header", "M2O-PH1");
  auto end = text_.find('"', at_);
  auto name = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
  if (end == std::string_view::npos || !text_.substr(end).starts_with("\">"))
    return give_up(errc::bad_input, "no object header", "M2O-PH1");
  type_ = recipes_.find(name);
  if (!type_)
    return give_up(errc::unsupported, "unknown type \"" + std::string{name.substr(0, 100)} + '"', "OR-ET1");
  if (is_id_object_ && !type_->versioned)
    return give_up(errc::bad_input, "an id object of a type without id fields", "O2M-COBJ1");
  at_ = end + 2;
  return is_utf8(text_, false) || give_up(errc::bad_input, "not UTF-8");
}

bool microdata_reader::read_body(object* out, object_facts* facts) {
  facts_ = facts;
  if (out) {
    out->type = type_->name;
    out->fields.reserve(type_->rules.size());
  }
  if (facts_) {
    facts_->type = type_;
    facts_->is_id_object = is_id_object_;
    if (type_->versioned && !is_id_object_)
      facts_->id_text = type_->id_object_header;
  }
  if (!read_top_rules(out))
    return false;
  if (!take("</div>"))
    return give_up(errc::bad_input, "the object does not end where its fields do", "M2O-POM1");
  if (at_ != text_.size())
    return give_up(errc::bad_input, "text after the end tag", "M2O-PCONV2");
  if (facts_ && type_->versioned) {
    if (!is_id_object_)
      facts_->id_text += "</div>";
    facts_->id_hash = sha256(is_id_object_ ? text_ : std::string_view{facts_->id_text});
  }
  return true;
}

bool microdata_reader::read_top_rules(object* out) {
  for (std::size_t index = 0; index < type_->rules.size(); ++index) {
    const auto& x = type_->rules[index];
    if (is_id_object_ && !x.is_id)
      continue;
    auto start = at_;
    if (!take(x.opening_tag)) {
      if (!x.optional)
        return give_up(errc::bad_input, "field " + x.name + " is missing or not in its place", "M2O-PD1");
      continue;
    }
    field_ = static_cast<uint16_t>(index);
    bool names_type = x.name == field_type;
    value content;
    if (!read_field(x, out || names_type ? &content : nullptr, false))
      return false;
    if (facts_ && x.is_id && !is_id_object_)
      facts_->id_text.append(text_.substr(start, at_ - start));
    bool says_type = names_type && content == value{type_->name};
    if (names_type && strict_ && !says_type)
      return give_up(errc::bad_input, "field $type$ names another type");
    if (out && !says_type)
      out->fields.push_back({x.name, std::move(content)});
  }
  return true;
}

bool microdata_reader::read_field(const rule& x, value* out, bool nested) {
  if (!x.inherited) {
    // The peer stumbles over a nested object without fields where it is a field of the object itself (docs/protocol/01 §3).
    if (!nested && x.type.kind == item_kind::object && starts_with("</"))
      return give_up(errc::bad_input, "field " + x.name + " has no fields", "M2O-POM1");
    return read_field_content(x.type, out);
  }
  if (strict_)
    return give_up(errc::bad_input, "field " + x.name + " stands deeper than it can be written");
  return read_field_content(x.inherits_item ? *x.inherited->type.item : x.inherited->type, out);
}

bool microdata_reader::read_field_content(const item_type& type, value* out) {
  return is_leaf(type.kind) ? read_leaf(type, "</span>", false, out) : read_structure(type, out);
}

bool microdata_reader::read_nested_rules(const std::vector<rule>& rules, object* out) {
  if (!strict_)
    return read_nested_in_any_order(rules, out);
  for (const auto& x : rules) {
    if (!take(x.opening_tag)) {
      if (!x.optional)
        return give_up(errc::bad_input, "nested field " + x.name + " is missing or not in its place", "M2O-EOTFM1");
      continue;
    }
    if (!read_field(x, out ? &out->fields.emplace_back(field{x.name, {}}).content : nullptr, true))
      return false;
  }
  return take_closing("</div>");
}

bool microdata_reader::read_nested_in_any_order(const std::vector<rule>& rules, object* out) {
  std::vector<bool> found(rules.size(), false);
  while (at_ < text_.size() && !starts_with("</")) {
    auto x = std::ranges::find_if(rules, [this](const rule& candidate) { return starts_with(candidate.opening_tag); });
    if (x == rules.end()) {
      if (!skip_element())
        return false;
      continue;
    }
    at_ += x->opening_tag.size();
    found[static_cast<std::size_t>(x - rules.begin())] = true;
    value content;
    if (!read_field(*x, out ? &content : nullptr, true))
      return false;
    if (out)
      out->set(x->name, std::move(content));
  }
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (!found[i] && !rules[i].optional && !(rules[i].inherited && rules[i].inherited->optional))
      return give_up(errc::bad_input, "nested field " + rules[i].name + " is missing", "M2O-EOTFM1");
  return take_closing("</div>");
}

/// Past an element that no rule knows, with all within.
bool microdata_reader::skip_element() {
  std::size_t open = 0;
  if (!starts_with("<"))
    return give_up(errc::bad_input, "text where a field should be", "M2O-POM1");
  do {
    auto tag = text_.find('<', at_);
    auto end = tag == std::string_view::npos ? tag : text_.find('>', tag);
    if (end == std::string_view::npos)
      return give_up(errc::bad_input, "an element does not end", "M2IH-FET1");
    open = text_[tag + 1] == '/' ? open - 1 : open + 1;
    at_ = end + 1;
  } while (open > 0);
  return true;
}

bool microdata_reader::read_bare(const item_type& type, std::string_view closing, value* out) {
  if (is_leaf(type.kind))
    return read_leaf(type, closing, true, out);
  if (!take(bare_opening(type.kind)))
    return give_up(errc::bad_input, "an item of another kind than its recipe says", "M2O-POM1");
  return read_structure(type, out) && take_closing(closing);
}

bool microdata_reader::read_structure(const item_type& type, value* out) {
  if (is_reference(type.kind))
    return read_reference(type, out);
  if (++depth_ > limits::object_depth)
    return give_up(errc::too_large, "nested too deeply");
  bool good = false;
  if (type.kind == item_kind::object)
    good = read_nested_rules(type.rules, out ? &out->emplace<object>() : nullptr);
  else if (type.kind == item_kind::map)
    good = read_entries(type, out);
  else
    good = read_items(type, out);
  --depth_;
  return good;
}

bool microdata_reader::read_reference(const item_type& type, value* out) {
  auto target = hash::from_hex(text_.substr(at_, 64));
  if (!target)
    return give_up(errc::bad_input, "a reference that is no hash", "M2O-PV1");
  at_ += 64;
  if (!starts_with("</"))
    return give_up(errc::bad_input, "a reference that is longer than a hash", "M2O-PV1");
  if (facts_)
    facts_->references.push_back({*target, kind_of_reference(type.kind), field_});
  if (out)
    out->emplace<hash>(*target);
  return take_closing("</a>") && count_item();
}

bool microdata_reader::read_items(const item_type& type, value* out) {
  auto* items = out ? &out->emplace<list>() : nullptr;
  bool sorted = strict_ && type.kind != item_kind::array;
  bool distinct = type.kind == item_kind::set && type.item->kind < item_kind::array;
  std::string_view previous;
  std::set<std::string> seen;
  while (!starts_with("</")) {
    auto start = at_;
    bool opens = strict_ ? take("<li>") : text_.size() - at_ > 4 && text_[at_] == '<' && text_[at_ + 3] == '>';
    if (!opens)
      return give_up(errc::bad_input, "a list holds something else than items", "M2O-POM1");
    at_ = start + 4;
    value content;
    if (!count_item() || !read_bare(*type.item, "</li>", items ? &content : nullptr))
      return false;
    auto item = text_.substr(start, at_ - start);
    if (sorted) {
      auto order = previous.empty() ? -1 : compare_text(previous, item);
      // Two equal arrays or objects within JSON are two things to a JavaScript Set; equal texts and numbers are one.
      bool may_repeat = !distinct || (type.item->kind == item_kind::stringifiable && (item[4] == '{' || item[4] == '['));
      if (order > 0 || (order == 0 && !may_repeat))
        return give_up(errc::bad_input, order > 0 ? "a bag or set is not sorted" : "a set holds an item twice");
      previous = item;
    }
    if (!items)
      continue;
    if (!strict_ && type.kind == item_kind::set)
      if (auto same = identity(content); same && !seen.insert(std::move(*same)).second)
        continue;
    items->push_back(std::move(content));
  }
  return take_closing(type.kind == item_kind::array ? "</ol>" : "</ul>");
}

bool microdata_reader::read_entries(const item_type& type, value* out) {
  auto* entries = out ? &out->emplace<map>() : nullptr;
  // Sorted, not hashed: nobody can choose keys that make that slow.
  std::vector<std::string_view> texts;
  std::map<std::string, std::size_t> places;
  while (!starts_with("</")) {
    auto opens = [&](std::string_view tag) {
      auto start = at_;
      bool good = strict_ ? take(tag) : text_.size() - at_ > 4 && text_[at_] == '<' && text_[at_ + 3] == '>';
      at_ = start + 4;
      return good || give_up(errc::bad_input, "a map holds something else than keys and values", "M2O-POM1");
    };
    value key;
    value content;
    if (!count_item() || !opens("<dt>"))
      return false;
    auto start = at_;
    if (!read_bare(*type.key, "</dt>", entries ? &key : nullptr))
      return false;
    if (strict_)
      texts.push_back(text_.substr(start, at_ - start));
    if (!opens("<dd>") || !read_bare(*type.item, "</dd>", entries ? &content : nullptr))
      return false;
    if (!entries)
      continue;
    if (!strict_) {
      auto [place, fresh] = places.try_emplace(identity(key).value_or(""), entries->size());
      if (!fresh) {
        (*entries)[place->second].second = std::move(content);
        continue;
      }
    }
    entries->emplace_back(std::move(key), std::move(content));
  }
  std::ranges::sort(texts);
  if (std::ranges::adjacent_find(texts) != texts.end())
    return give_up(errc::bad_input, "a map holds a key twice");
  return take_closing("</dl>");
}

} // namespace lama::protocol
