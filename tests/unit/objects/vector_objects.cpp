#include "tests/unit/objects/vector_objects.hpp"

#include "protocol/objects/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lama::testing {

using namespace lama::protocol;

namespace {

void append_unit(std::string& out, unsigned unit) {
  if (unit < 0x80) {
    out.push_back(static_cast<char>(unit));
  } else if (unit < 0x800) {
    out.push_back(static_cast<char>(0xC0 | unit >> 6));
    out.push_back(static_cast<char>(0x80 | (unit & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | unit >> 12));
    out.push_back(static_cast<char>(0x80 | (unit >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (unit & 0x3F)));
  }
}

double number_of(const json& x) {
  auto name = x.is_object() ? x.at("$number").get<std::string>() : "";
  if (name == "-0")
    return -0.0;
  if (name == "NaN")
    return std::numeric_limits<double>::quiet_NaN();
  if (name == "Infinity")
    return std::numeric_limits<double>::infinity();
  return x.get<double>();
}

json plain_json(const json& x) {
  if (x.is_array()) {
    auto out = json::array();
    for (const auto& item : x)
      out.push_back(plain_json(item));
    return out;
  }
  if (!x.is_object())
    return x;
  if (x.contains("$number"))
    return number_of(x);
  if (x.contains("$utf16"))
    return wtf8_of(x.at("$utf16").get<std::string>());
  if (x.contains("$regexp"))
    return x.at("$regexp");
  if (x.contains("$undefined"))
    return nullptr;
  if (x.contains("$set") || x.contains("$map")) {
    // A JavaScript Set or Map within JSON: an array sorted by the items' texts (docs/protocol/01 §1.2).
    std::vector<std::pair<std::string, json>> items;
    for (const auto& item : x.contains("$set") ? x.at("$set") : x.at("$map")) {
      auto plain = plain_json(item);
      items.emplace_back(*sorted_json(plain), plain);
    }
    std::ranges::sort(items, [](const auto& a, const auto& b) { return compare_text(a.first, b.first) < 0; });
    auto out = json::array();
    for (auto& item : items)
      out.push_back(item.second);
    return out;
  }
  auto out = json::object();
  for (const auto& [key, content] : x.items())
    if (!content.is_object() || !content.contains("$undefined"))
      out[key] = plain_json(content);
  return out;
}

std::optional<value> value_of(const item_type& type, const json& x);

std::optional<value> list_of(const item_type& type, const json& x) {
  bool is_set = x.is_object() && x.contains("$set");
  if (is_set != (type.kind == item_kind::set) || (!is_set && !x.is_array()))
    return std::nullopt;
  list items;
  for (const auto& item : is_set ? x.at("$set") : x) {
    auto made = value_of(*type.item, item);
    if (!made)
      return std::nullopt;
    items.push_back(*made);
  }
  return value{items};
}

std::optional<value> map_of(const item_type& type, const json& x) {
  map entries;
  for (const auto& pair : x.at("$map")) {
    auto key = value_of(*type.key, pair[0]);
    auto content = value_of(*type.item, pair[1]);
    if (!key || !content)
      return std::nullopt;
    entries.emplace_back(*key, *content);
  }
  return value{entries};
}

std::optional<object> fields_of(const std::vector<rule>& rules, const json& x, bool nested) {
  object out;
  for (const auto& [name, content] : x.items()) {
    auto at = std::ranges::find(rules, name, &rule::name);
    if (content.is_object() && content.contains("$undefined")) {
      out.set(name, value{});
    } else if (at == rules.end()) {
      out.set(name, value{"unknown"});
    } else if (content.is_null()) {
      out.set(name, nested ? value{json{}} : value{});
    } else {
      auto made = value_of(at->type, content);
      if (!made)
        return std::nullopt;
      out.set(name, *made);
    }
  }
  // JSON forgets the order; parsing gives that of the rules.
  std::ranges::stable_sort(out.fields, {}, [&](const field& made) { return std::ranges::find(rules, made.name, &rule::name) - rules.begin(); });
  return out;
}

std::optional<value> value_of(const item_type& type, const json& x) {
  bool is_text = x.is_string() || (x.is_object() && x.contains("$utf16"));
  switch (type.kind) {
  case item_kind::string:
    return is_text ? std::optional{value{text_of(x)}} : std::nullopt;
  case item_kind::integer:
  case item_kind::number:
    if (x.is_string()) // what the lenient parser makes of an empty text
      return value{x.get<std::string>()};
    return x.is_number() || (x.is_object() && x.contains("$number")) ? std::optional{value{number_of(x)}} : std::nullopt;
  case item_kind::boolean:
    return x.is_boolean() ? std::optional{value{x.get<bool>()}} : std::nullopt;
  case item_kind::stringifiable:
    return value{plain_json(x)};
  case item_kind::reference_to_object:
  case item_kind::reference_to_id:
  case item_kind::reference_to_clob:
  case item_kind::reference_to_blob:
    if (auto target = hash::from_hex(x.get<std::string>()))
      return value{*target};
    return std::nullopt;
  case item_kind::array:
  case item_kind::bag:
  case item_kind::set:
    return list_of(type, x);
  case item_kind::map:
    return map_of(type, x);
  case item_kind::object:
    break;
  }
  auto fields = x.is_object() ? fields_of(type.rules, x, true) : std::nullopt;
  return fields ? std::optional{value{*fields}} : std::nullopt;
}

} // namespace

std::string wtf8_of(const std::string& units) {
  std::string out;
  for (std::size_t at = 0; at + 4 <= units.size(); at += 4)
    append_unit(out, static_cast<unsigned>(std::stoul(units.substr(at, 4), nullptr, 16)));
  return out;
}

std::string text_of(const nlohmann::json& x) {
  return x.is_object() ? wtf8_of(x.at("$utf16").get<std::string>()) : x.get<std::string>();
}

std::optional<object> object_of(const nlohmann::json& x, const recipe_table& recipes) {
  auto type = x.value("$type$", "");
  auto* known = recipes.find(type);
  auto plain = x;
  plain.erase("$type$");
  auto out = known ? fields_of(known->rules, plain, false) : std::optional{object{}};
  if (out)
    out->type = type;
  return out;
}

std::string recipe_text_of(const nlohmann::json& x) {
  object recipe{"Recipe", {}};
  recipe.set("name", x.at("name").get<std::string>());
  list rules;
  for (const auto& rule : x.at("rule")) {
    object out;
    out.set("itemprop", rule.at("itemprop").get<std::string>());
    for (const char* flag : {"optional", "isId"})
      if (rule.contains(flag))
        out.set(flag, rule.at(flag).get<bool>());
    for (const char* tree : {"itemtype", "inheritFrom"})
      if (rule.contains(tree))
        out.set(tree, value{rule.at(tree)});
    rules.push_back(value{out});
  }
  recipe.set("rule", rules);
  auto text = write_object(recipe, standard_recipes());
  if (!text)
    throw std::runtime_error{text.failure().message};
  return *text;
}

recipe_table recipes_with(const nlohmann::json& test_recipes) {
  recipe_table table;
  for (const auto* known : standard_recipes().all())
    if (auto added = table.add(known->text); !added)
      throw std::runtime_error{added.failure().message};
  for (const auto& x : test_recipes)
    if (auto added = table.add(recipe_text_of(x)); !added)
      throw std::runtime_error{added.failure().message};
  return table;
}

} // namespace lama::testing
