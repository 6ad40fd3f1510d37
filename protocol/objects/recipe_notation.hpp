#pragma once

#include "protocol/objects/recipe.hpp"

/// Recipes as they are declared, before inheritance is resolved, and their two written forms: the Recipe object (docs/protocol/01 §4) and the
/// readable line of recipes_table.cpp:
///
///     recipe  = NAME [ " [" [ PATH "=" ALGORITHM { ", " … } ] "]" ] ":" [ field { ";" field } ]
///     field   = NAME { "*" (id) | "?" (optional) | "!" (optional: false) } [ ":" type | "=" TYPE.FIELD (inherits) ]
///     type    = "string" | "`" REGEXP "`" | "integer" | "number" | "boolean" | "stringifiable" | "clob" | "blob"
///             | "ref(" TYPES ")" | "id(" TYPES ")" | "array<" type ">" | "bag<" type ">" | "set<" type ">" | "map<" type "," type ">" | "{" fields "}"
///
/// A field without a type is a string; that its type is left out is part of the Recipe object, and so of its hash.
namespace lama::protocol {

struct declared_rule;

struct declared_type {
  item_kind kind = item_kind::string;
  std::string pattern;
  std::optional<double> min, max;
  std::vector<std::string> allowed_types; ///< sorted
  std::shared_ptr<const declared_type> item;
  std::shared_ptr<const declared_type> key;
  std::vector<declared_rule> rules;
};

struct declared_rule {
  std::string name;
  std::optional<bool> optional;
  std::optional<bool> is_id;
  std::shared_ptr<const declared_type> type; ///< null where it is left out
  std::string inherits_from;                 ///< "Type.field", empty for none
  std::string extract;                       ///< "CollectionItemType" or "MapItemType", else empty
};

struct declared_recipe {
  std::string name;
  std::optional<std::vector<std::pair<std::string, std::string>>> crdt_config;
  std::vector<declared_rule> rules;
};

result<declared_recipe> recipe_from_line(std::string_view line);
result<declared_recipe> recipe_from_object(const object& x);

/// The Recipe object's text.
std::string recipe_text(const declared_recipe& x);

} // namespace lama::protocol
