#include "protocol/objects/object_json.hpp"

#include "protocol/objects/microdata.hpp"

#include <algorithm>

/// Objects as JSON, for programs and people (docs/protocol/01 §3). The recipe decides what a JSON array stands for.
namespace lama::protocol {

namespace {

json sorted_array(json items) {
  std::vector<std::pair<std::string, json>> texts;
  for (auto& item : items) {
    auto text = sorted_json(item);
    texts.emplace_back(text ? std::move(*text) : std::string{}, std::move(item));
  }
  std::ranges::stable_sort(texts, [](const auto& a, const auto& b) { return compare_text(a.first, b.first) < 0; });
  auto sorted = json::array();
  for (auto& [text, item] : texts)
    sorted.push_back(std::move(item));
  return sorted;
}

void add_fields(json& out, const std::vector<rule>& rules, const object& from) {
  for (const auto& x : from.fields) {
    auto at = std::ranges::find(rules, x.name, &rule::name);
    if (at == rules.end())
      continue;
    const auto& type = !at->inherited ? at->type : at->inherits_item ? *at->inherited->type.item : at->inherited->type;
    out[x.name] = json_of(type, x.content);
  }
}

json json_of_items(const item_type& type, const value& x) {
  auto items = json::array();
  if (auto* content = std::get_if<list>(&x))
    for (const auto& item : *content)
      items.push_back(json_of(*type.item, item));
  return type.kind == item_kind::set ? sorted_array(std::move(items)) : items;
}

json json_of_entries(const item_type& type, const value& x) {
  auto entries = json::array();
  if (auto* content = std::get_if<map>(&x))
    for (const auto& [key, item] : *content)
      entries.push_back(json::array({json_of(*type.key, key), json_of(*type.item, item)}));
  return sorted_array(std::move(entries));
}

} // namespace

json json_of(const item_type& type, const value& x) {
  if (auto* text = std::get_if<std::string>(&x))
    return *text;
  if (auto* number = std::get_if<double>(&x)) {
    auto whole = *number >= -9007199254740992.0 && *number <= 9007199254740992.0 && *number == static_cast<double>(static_cast<int64_t>(*number));
    return whole ? json(static_cast<int64_t>(*number)) : json(*number);
  }
  if (auto* flag = std::get_if<bool>(&x))
    return *flag;
  if (auto* target = std::get_if<hash>(&x))
    return target->hex();
  if (auto* content = std::get_if<stringifiable>(&x))
    return content->tree();
  if (auto* nested = std::get_if<object>(&x)) {
    auto out = json::object();
    add_fields(out, type.rules, *nested);
    return out;
  }
  return type.kind == item_kind::map ? json_of_entries(type, x) : json_of_items(type, x);
}

namespace {

result<value> value_of(const item_type& type, const json& x, const std::string& field);

error wrong(const std::string& field, const char* expected) {
  return fail(errc::bad_input, "field " + field + " should be " + expected);
}

result<value> object_of(const std::vector<rule>& rules, const json& x, const std::string& field) {
  if (!x.is_object())
    return wrong(field, "an object");
  object out;
  for (const auto& [name, content] : x.items()) {
    auto at = std::ranges::find(rules, name, &rule::name);
    if (at == rules.end() || at->inherited)
      return fail(errc::bad_input, "field " + field + " has no field " + name);
    LAMA_TRY(made, value_of(at->type, content, field + "." + name));
    out.set(name, std::move(made));
  }
  return value{std::move(out)};
}

result<value> items_of(const item_type& type, const json& x, const std::string& field) {
  if (!x.is_array())
    return wrong(field, "an array");
  list items;
  for (const auto& item : x) {
    LAMA_TRY(made, value_of(*type.item, item, field));
    items.push_back(std::move(made));
  }
  return value{std::move(items)};
}

result<value> entries_of(const item_type& type, const json& x, const std::string& field) {
  map entries;
  if (!x.is_array())
    return wrong(field, "an array of pairs");
  for (const auto& pair : x) {
    if (!pair.is_array() || pair.size() != 2)
      return wrong(field, "an array of pairs");
    LAMA_TRY(key, value_of(*type.key, pair[0], field));
    LAMA_TRY(content, value_of(*type.item, pair[1], field));
    entries.emplace_back(std::move(key), std::move(content));
  }
  return value{std::move(entries)};
}

result<value> value_of(const item_type& type, const json& x, const std::string& field) {
  switch (type.kind) {
  case item_kind::string:
    return x.is_string() ? result<value>{value{x.get<std::string>()}} : wrong(field, "a text");
  case item_kind::integer:
  case item_kind::number:
    return x.is_number() ? result<value>{value{x.get<double>()}} : wrong(field, "a number");
  case item_kind::boolean:
    return x.is_boolean() ? result<value>{value{x.get<bool>()}} : wrong(field, "true or false");
  case item_kind::stringifiable:
    return value{x};
  case item_kind::reference_to_object:
  case item_kind::reference_to_id:
  case item_kind::reference_to_clob:
  case item_kind::reference_to_blob: {
    auto target = x.is_string() ? hash::from_hex(x.get_ref<const std::string&>()) : std::nullopt;
    return target ? result<value>{value{*target}} : wrong(field, "a hash: 64 digits 0-9 a-f");
  }
  case item_kind::array:
  case item_kind::bag:
  case item_kind::set:
    return items_of(type, x, field);
  case item_kind::map:
    return entries_of(type, x, field);
  case item_kind::object:
    return object_of(type.rules, x, field);
  }
  return wrong(field, "of a known kind");
}

} // namespace

result<json> to_json(const object& x, const recipe_table& recipes) {
  auto* type = recipes.find(x.type);
  if (!type)
    return fail(errc::unsupported, "no recipe for type \"" + x.type + '"', "OR-GR1");
  auto out = json::object();
  out["$type$"] = x.type;
  add_fields(out, type->rules, x);
  return out;
}

result<object> from_json(const json& x, const recipe_table& recipes) {
  auto name = x.is_object() ? x.find("$type$") : x.end();
  if (!x.is_object() || name == x.end() || !name->is_string())
    return fail(errc::bad_input, "an object needs a field $type$ that names its type", "OR-GR1");
  object out;
  out.type = name->get<std::string>();
  auto* type = recipes.find(out.type);
  if (!type)
    return fail(errc::unsupported, "no recipe for type \"" + out.type + '"', "OR-GR1");
  for (const auto& [field, content] : x.items()) {
    if (field == "$type$" || (content.is_null() && type->find(field)))
      continue; // null at the top means absent (docs/protocol/01 §1.1)
    auto* rule = type->find(field);
    if (!rule || rule->inherited)
      return fail(errc::bad_input, "type " + out.type + " has no field " + field, "O2M-COBJ2");
    LAMA_TRY(made, value_of(rule->type, content, field));
    out.set(field, std::move(made));
  }
  return out;
}

} // namespace lama::protocol
