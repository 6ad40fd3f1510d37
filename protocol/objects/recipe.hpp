#pragma once

#include "protocol/objects/value.hpp"
#include "protocol/result.hpp"

#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Recipes: the fields of each type, in text order (docs/protocol/01 §4).
namespace lama::protocol {

struct rule;

enum class item_kind : uint8_t {
  string, integer, number, boolean, stringifiable,
  reference_to_object, reference_to_id, reference_to_clob, reference_to_blob,
  array, bag, set, map, object,
};

struct item_type {
  item_kind kind = item_kind::string;
  std::string pattern;                      ///< string: source of the regular expression; empty for none
  std::shared_ptr<const std::regex> regexp; ///< compiled `pattern`, or null
  std::optional<double> min, max;           ///< informational
  std::vector<std::string> allowed_types;   ///< references to objects and ids; "*" for any
  std::shared_ptr<const item_type> item;    ///< array, bag, set; the value of a map
  std::shared_ptr<const item_type> key;     ///< map
  std::vector<rule> rules;                  ///< object
};

struct rule {
  std::string name;
  bool optional = false;
  bool is_id = false;
  item_type type;          ///< inheritance resolved
  std::string opening_tag; ///< complete, e.g. `<span itemprop="text">`: parsing compares with it
};

struct recipe {
  std::string name;
  std::vector<rule> rules;
  std::map<std::string, std::string> crdt_config;
  std::string object_header;    ///< `<div itemscope itemtype="//refin.io/NAME">`
  std::string id_object_header; ///< with data-id-object="true"
  bool versioned = false;       ///< at least one rule is an id
  std::string text;             ///< the Recipe object itself (docs/protocol/01 §4)

  const rule* find(std::string_view name) const;
};

/// Which types a node knows. Lookups do not allocate and are safe from several threads while nothing is added.
class recipe_table {
public:
  recipe_table() = default;

  /// From the text of a Recipe object. Fails for a name that exists and for what docs/protocol/01 §4 forbids.
  result<const recipe*> add(std::string_view recipe_text);
  /// From the readable form of the table in recipes_table.cpp (one line a type).
  result<const recipe*> add_line(std::string_view line);

  const recipe* find(std::string_view type) const;
  std::vector<const recipe*> all() const;

private:
  std::map<std::string, std::unique_ptr<recipe>, std::less<>> recipes_;
};

/// Core and one.models types, LAMA's nine and our own (`LamaContact` …): everything a node of ours knows from the start.
const recipe_table& standard_recipes();

/// Is this a type that a stock peer knows? Ours never enter a graph that it may fetch (docs/protocol/03 §6.5).
bool is_stock_type(std::string_view type);

} // namespace lama::protocol
