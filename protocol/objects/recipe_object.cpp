#include "protocol/limits.hpp"
#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/recipe_notation.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <array>

/// Recipes as Recipe objects: their item types are sorted JSON within the text (docs/protocol/01 §4).
namespace lama::protocol {

namespace {

constexpr std::array<std::string_view, 14> kind_names{"string",        "integer",         "number",          "boolean", "stringifiable", "referenceToObj",
                                                      "referenceToId", "referenceToClob", "referenceToBlob", "array",   "bag",           "set",
                                                      "map",           "object"};

std::string_view name_of(item_kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

// ---- writing ----

void append_rules(std::string& out, const std::vector<declared_rule>& rules);

/// Keys in sorted order.
void append_type(std::string& out, const declared_type& x) {
  out += '{';
  if (x.kind == item_kind::reference_to_object || x.kind == item_kind::reference_to_id) {
    out += "\"allowedTypes\":[";
    for (std::size_t i = 0; i < x.allowed_types.size(); ++i) {
      out += i == 0 ? "" : ",";
      append_json_string(out, x.allowed_types[i]);
    }
    out += "],";
  }
  if (x.item && !x.key) {
    out += "\"item\":";
    append_type(out, *x.item);
    out += ',';
  }
  if (x.key) {
    out += "\"key\":";
    append_type(out, *x.key);
    out += ',';
  }
  if (x.max)
    out += "\"max\":" + number_text(*x.max) + ',';
  if (x.min)
    out += "\"min\":" + number_text(*x.min) + ',';
  if (!x.pattern.empty()) {
    out += "\"regexp\":";
    append_json_string(out, x.pattern);
    out += ',';
  }
  if (x.kind == item_kind::object) {
    out += "\"rules\":";
    append_rules(out, x.rules);
    out += ',';
  }
  out.append("\"type\":\"").append(name_of(x.kind)).append("\"");
  if (x.key) {
    out += ",\"value\":";
    append_type(out, *x.item);
  }
  out += '}';
}

void append_inheritance(std::string& out, const declared_rule& x) {
  if (!x.extract.empty()) {
    out += "{\"extract\":";
    append_json_string(out, x.extract);
    out += ",\"rule\":";
  }
  append_json_string(out, x.inherits_from);
  if (!x.extract.empty())
    out += '}';
}

void append_rules(std::string& out, const std::vector<declared_rule>& rules) {
  const char* separator = "[";
  for (const auto& x : rules) {
    out += std::exchange(separator, ",");
    out += '{';
    if (!x.inherits_from.empty()) {
      out += "\"inheritFrom\":";
      append_inheritance(out, x);
      out += ',';
    }
    out += "\"itemprop\":";
    append_json_string(out, x.name);
    if (x.type) {
      out += ",\"itemtype\":";
      append_type(out, *x.type);
    }
    if (x.optional)
      out += *x.optional ? ",\"optional\":true" : ",\"optional\":false";
    out += '}';
  }
  out += ']';
}

void append_span(std::string& out, std::string_view name, std::string_view content) {
  out.append("<span itemprop=\"").append(name).append("\">");
  append_escaped(out, content);
  out += "</span>";
}

// ---- reading ----

struct object_reader {
  std::string recipe_name;
  std::optional<error> failure;

  std::nullptr_t give_up(const std::string& what) {
    if (!failure)
      failure = fail(errc::bad_input, "recipe " + recipe_name + ": " + what);
    return nullptr;
  }

  bool only_keys(const json& x, std::initializer_list<std::string_view> allowed) {
    for (auto member = x.begin(); member != x.end(); ++member)
      if (std::ranges::find(allowed, std::string_view{member.key()}) == allowed.end()) {
        give_up("unknown key " + member.key());
        return false;
      }
    return true;
  }

  std::shared_ptr<const declared_type> type(const json& x, std::size_t depth);
  bool number_range(const json& x, declared_type& out);
  bool allowed_types(const json& x, declared_type& out);
  bool rule(const json& x, declared_rule& out, std::size_t depth);
  bool inheritance(const json& x, declared_rule& out);
};

bool object_reader::number_range(const json& x, declared_type& out) {
  for (auto [key, bound] : {std::pair{"min", &out.min}, std::pair{"max", &out.max}}) {
    auto found = x.find(key);
    if (found == x.end())
      continue;
    if (!found->is_number())
      return give_up("a bound that is no number"), false;
    *bound = found->get<double>();
    if (out.kind == item_kind::integer && **bound != static_cast<double>(static_cast<int64_t>(**bound)))
      return give_up("a bound that is no integer"), false;
  }
  if (out.min && out.max && *out.max <= *out.min)
    return give_up("max is not greater than min"), false;
  return only_keys(x, {"type", "min", "max"});
}

bool object_reader::allowed_types(const json& x, declared_type& out) {
  auto found = x.find("allowedTypes");
  if (found == x.end() || !found->is_array())
    return give_up("a reference without allowedTypes"), false;
  for (const auto& name : *found) {
    if (!name.is_string())
      return give_up("allowedTypes that are no names"), false;
    out.allowed_types.push_back(name.get<std::string>());
  }
  return only_keys(x, {"type", "allowedTypes"});
}

std::shared_ptr<const declared_type> object_reader::type(const json& x, std::size_t depth) {
  auto name = x.is_object() ? x.find("type") : x.end();
  if (!x.is_object() || name == x.end() || !name->is_string() || depth > limits::object_depth)
    return give_up("an item type without a type");
  auto kind = std::ranges::find(kind_names, std::string_view{name->get_ref<const std::string&>()});
  if (kind == kind_names.end())
    return give_up("unknown item type " + name->get<std::string>());
  auto made = std::make_shared<declared_type>();
  made->kind = static_cast<item_kind>(kind - kind_names.begin());
  auto part = [&](const char* key) -> std::shared_ptr<const declared_type> {
    auto found = x.find(key);
    return found == x.end() ? give_up(std::string{"no "} + key) : type(*found, depth + 1);
  };
  switch (made->kind) {
  case item_kind::string:
    if (auto pattern = x.find("regexp"); pattern != x.end()) {
      if (!pattern->is_string())
        return give_up("a regexp that is no text");
      made->pattern = pattern->get<std::string>();
    }
    return only_keys(x, {"type", "regexp"}) ? made : nullptr;
  case item_kind::integer:
  case item_kind::number:
    return number_range(x, *made) ? made : nullptr;
  case item_kind::reference_to_object:
  case item_kind::reference_to_id:
    return allowed_types(x, *made) ? made : nullptr;
  case item_kind::boolean:
  case item_kind::stringifiable:
  case item_kind::reference_to_clob:
  case item_kind::reference_to_blob:
    return only_keys(x, {"type"}) ? made : nullptr;
  case item_kind::array:
  case item_kind::bag:
  case item_kind::set:
    return (made->item = part("item")) && only_keys(x, {"type", "item"}) ? made : nullptr;
  case item_kind::map:
    return (made->key = part("key")) && (made->item = part("value")) && only_keys(x, {"type", "key", "value"}) ? made : nullptr;
  case item_kind::object:
    break;
  }
  auto rules = x.find("rules");
  if (rules == x.end() || !rules->is_array())
    return give_up("an object without rules");
  for (const auto& nested : *rules)
    if (!rule(nested, made->rules.emplace_back(), depth + 1))
      return nullptr;
  return only_keys(x, {"type", "rules"}) ? made : nullptr;
}

bool object_reader::inheritance(const json& x, declared_rule& out) {
  if (x.is_string()) {
    out.inherits_from = x.get<std::string>();
    return true;
  }
  if (!x.is_object() || !x.contains("rule") || !x["rule"].is_string())
    return give_up("a wrong inheritFrom"), false;
  out.inherits_from = x["rule"].get<std::string>();
  if (auto extract = x.find("extract"); extract != x.end()) {
    if (*extract != "CollectionItemType" && *extract != "MapItemType")
      return give_up("an unknown extract"), false;
    out.extract = extract->get<std::string>();
  }
  return only_keys(x, {"rule", "extract"});
}

bool object_reader::rule(const json& x, declared_rule& out, std::size_t depth) {
  auto name = x.is_object() ? x.find("itemprop") : x.end();
  if (!x.is_object() || name == x.end() || !name->is_string())
    return give_up("a rule without itemprop"), false;
  out.name = name->get<std::string>();
  if (auto optional = x.find("optional"); optional != x.end()) {
    if (!optional->is_boolean())
      return give_up("optional is no boolean"), false;
    out.optional = optional->get<bool>();
  }
  if (auto written = x.find("itemtype"); written != x.end() && !(out.type = type(*written, depth)))
    return false;
  if (auto from = x.find("inheritFrom"); from != x.end() && !inheritance(*from, out))
    return false;
  return only_keys(x, {"itemprop", "optional", "itemtype", "inheritFrom"});
}

} // namespace

std::string recipe_text(const declared_recipe& x) {
  std::string text = "<div itemscope itemtype=\"//refin.io/Recipe\">";
  append_span(text, "name", x.name);
  if (x.crdt_config) {
    text += "<dl itemprop=\"crdtConfig\">";
    for (const auto& [path, algorithm] : *x.crdt_config) {
      text += "<dt>";
      append_escaped(text, path);
      text += "</dt><dd>";
      append_escaped(text, algorithm);
      text += "</dd>";
    }
    text += "</dl>";
  }
  text += "<ol itemprop=\"rule\">";
  std::string part;
  for (const auto& rule : x.rules) {
    text += "<li><div>";
    append_span(text, "itemprop", rule.name);
    if (rule.optional)
      append_span(text, "optional", *rule.optional ? "true" : "false");
    if (rule.is_id)
      append_span(text, "isId", *rule.is_id ? "true" : "false");
    if (rule.type) {
      part.clear();
      append_type(part, *rule.type);
      append_span(text, "itemtype", part);
    }
    if (!rule.inherits_from.empty()) {
      part.clear();
      append_inheritance(part, rule);
      append_span(text, "inheritFrom", part);
    }
    text += "</div></li>";
  }
  return text + "</ol></div>";
}

result<declared_recipe> recipe_from_object(const object& x) {
  declared_recipe declared;
  declared.name = x.text("name");
  object_reader reader{declared.name, {}};
  if (auto* algorithms = x.find("crdtConfig")) {
    auto& config = declared.crdt_config.emplace();
    for (const auto& [path, algorithm] : std::get<map>(*algorithms))
      config.emplace_back(std::get<std::string>(path), std::get<std::string>(algorithm));
  }
  auto* rules = x.find("rule");
  if (x.type != "Recipe" || !rules)
    return fail(errc::bad_input, "not a Recipe object but a " + x.type);
  auto json_of = [](const value* content) { return content ? std::optional{std::get<stringifiable>(*content).tree()} : std::nullopt; };
  for (const auto& item : std::get<list>(*rules)) {
    const auto& fields = std::get<object>(item);
    auto& out = declared.rules.emplace_back();
    out.name = fields.text("itemprop");
    if (fields.find("optional"))
      out.optional = fields.flag("optional");
    if (fields.find("isId"))
      out.is_id = fields.flag("isId");
    if (auto written = json_of(fields.find("itemtype")))
      out.type = reader.type(*written, 0);
    if (auto from = json_of(fields.find("inheritFrom")))
      reader.inheritance(*from, out);
    if (reader.failure)
      return *reader.failure;
  }
  return declared;
}

} // namespace lama::protocol
