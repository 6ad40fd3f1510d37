#include "tests/unit/versions/vector_space.hpp"

#include "protocol/versions/version_node.hpp"

#include <algorithm>
#include <stdexcept>

namespace lama::testing {

using namespace protocol;
using nlohmann::json;

namespace {

template <class T>
T must(result<T> x) {
  if (!x)
    throw std::runtime_error{x.failure().message};
  return std::move(*x);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (auto c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string{c};
  return out;
}

/// Sets stand as sorted arrays in a stored recipe, default strings not at all.
json stored_form(const json& x) {
  if (x.is_object() && x.contains("$set")) {
    auto items = x["$set"].get<std::vector<json>>();
    std::sort(items.begin(), items.end());
    return items;
  }
  if (!x.is_structured())
    return x;
  auto out = x;
  for (auto& inner : out)
    inner = stored_form(inner);
  return out;
}

std::string recipe_text(const json& x) {
  auto span = [](const std::string& name, const std::string& text) { return "<span itemprop=\"" + name + "\">" + escaped(text) + "</span>"; };
  auto out = "<div itemscope itemtype=\"//refin.io/Recipe\">" + span("name", x["name"]) + "<ol itemprop=\"rule\">";
  for (auto& rule : x["rule"]) {
    out += "<li><div>" + span("itemprop", rule["itemprop"]);
    if (rule.value("optional", false))
      out += span("optional", "true");
    if (rule.value("isId", false))
      out += span("isId", "true");
    if (rule.contains("itemtype"))
      out += span("itemtype", stored_form(rule["itemtype"]).dump());
    out += "</div></li>";
  }
  return out + "</ol></div>";
}

object fields_of(const json& x, const std::vector<rule>& rules);

value value_of(const json& x, const item_type& type) {
  switch (type.kind) {
  case item_kind::string:
    return x.get<std::string>();
  case item_kind::integer:
  case item_kind::number:
    return x.get<double>();
  case item_kind::boolean:
    return x.get<bool>();
  case item_kind::stringifiable:
    return value{x};
  case item_kind::reference_to_object:
  case item_kind::reference_to_id:
  case item_kind::reference_to_clob:
  case item_kind::reference_to_blob:
    return hash_of(x);
  case item_kind::map: {
    protocol::map entries;
    for (auto& entry : x.at("$map"))
      entries.emplace_back(value_of(entry.at(0), *type.key), value_of(entry.at(1), *type.item));
    return entries;
  }
  case item_kind::object:
    return fields_of(x, type.rules);
  case item_kind::array:
  case item_kind::bag:
  case item_kind::set: {
    protocol::list items;
    for (auto& item : x.is_object() ? x.at("$set") : x)
      items.push_back(value_of(item, *type.item));
    return items;
  }
  }
  throw std::logic_error{"no such kind of item"};
}

object fields_of(const json& x, const std::vector<rule>& rules) {
  object out;
  for (auto& rule : rules)
    if (auto found = x.find(rule.name); found != x.end() && !found->is_null())
      out.set(rule.name, value_of(*found, rule.type));
  return out;
}

} // namespace

recipe_table recipes_with(const json& extra) {
  recipe_table table;
  auto stock = load_vectors("recipes.json");
  for (auto& known : stock["cases"])
    must(table.add(known["recipeMicrodata"].get<std::string>()));
  for (auto& added : extra)
    must(table.add(recipe_text(added)));
  return table;
}

std::string text_of(const json& x, const recipe_table& recipes) {
  auto type = x.at("$type$").get<std::string>();
  auto* known = recipes.find(type);
  if (!known)
    throw std::runtime_error{"no recipe for " + type};
  auto parsed = fields_of(x, known->rules);
  parsed.type = type;
  return must(write_object(parsed, recipes));
}

hash hash_of(const json& hex) {
  auto parsed = hash::from_hex(hex.get<std::string>());
  if (!parsed)
    throw std::runtime_error{"no hash: " + hex.dump()};
  return *parsed;
}

hash put(object_space& space, const std::string& text) {
  return must(space.put(text)).name;
}

hash put_edge(object_space& space, const hash& data, double creation_time) {
  return put(space, write_version_node(edge_to(data, creation_time)));
}

} // namespace lama::testing
