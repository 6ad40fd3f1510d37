#pragma once

#include "protocol/objects/pattern.hpp"
#include "protocol/objects/value.hpp"
#include "protocol/result.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Recipes: the fields of each type, in text order (docs/protocol/01 §4).
namespace lama::protocol {

struct rule;

// GCC 12 takes a scoped enumerator for a shadow of the type `map`.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class item_kind : uint8_t {
  string,
  integer,
  number,
  boolean,
  stringifiable,
  reference_to_object,
  reference_to_id,
  reference_to_clob,
  reference_to_blob,
  array,
  bag,
  set,
  map,
  object,
};
#pragma GCC diagnostic pop

struct item_type {
  item_kind kind = item_kind::string;
  std::string pattern;                         ///< string: source of the regular expression; empty for none
  std::shared_ptr<const text_pattern> matcher; ///< compiled `pattern`, or null
  std::optional<double> min, max;              ///< informational
  std::vector<std::string> allowed_types;      ///< references to objects and ids; "*" for any
  std::shared_ptr<const item_type> item;       ///< array, bag, set; the value of a map
  std::shared_ptr<const item_type> key;        ///< map
  std::vector<rule> rules;                     ///< object
};

struct rule {
  std::string name;
  bool optional = false;
  bool is_id = false;
  item_type type;          ///< inheritance resolved, as far as docs/protocol/01 §4 does it for writing
  std::string opening_tag; ///< complete, e.g. `<span itemprop="text">`: parsing compares with it

  /// A rule within an inherited one that inherits again: it can be read (as this rule of a recipe, or its item) but not written.
  const rule* inherited = nullptr;
  bool inherits_item = false;
};

struct recipe {
  std::string name;
  std::vector<rule> rules; ///< their addresses last as long as the table
  std::map<std::string, std::string> crdt_config;
  std::string object_header;    ///< `<div itemscope itemtype="//refin.io/NAME">`
  std::string id_object_header; ///< with data-id-object="true"
  bool versioned = false;       ///< at least one rule is an id
  std::string text;             ///< the Recipe object itself (docs/protocol/01 §4)

  const rule* find(std::string_view name) const;
};

/// Which types a node knows. Lookups do not allocate and are safe from several threads while nothing is added; in a table on top of another, also then.
class recipe_table {
public:
  recipe_table();
  /// Knows what `base` knows, which outlives it and to which nothing more is added, and up to limits::registered_recipes types that are added here.
  static recipe_table on_top_of(const recipe_table& base);
  ~recipe_table();
  recipe_table(recipe_table&&) noexcept;
  recipe_table& operator=(recipe_table&&) noexcept;

  /// From the text of a Recipe object. Fails for a name that exists and for what docs/protocol/01 §4 forbids.
  result<const recipe*> add(std::string_view recipe_text);
  /// From the readable form of the table in recipes_table.cpp (one line a type; recipe_notation.hpp has the grammar).
  result<const recipe*> add_line(std::string_view line);

  const recipe* find(std::string_view type) const;
  /// In the order in which they were added, those of the base first.
  std::vector<const recipe*> all() const;
  /// Only those that were added here.
  std::vector<const recipe*> added() const;

private:
  struct entry;
  friend class recipe_builder;

  struct name_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  struct layering;

  result<const recipe*> add(struct declared_recipe declared, std::string text);
  const entry* entry_of(std::string_view type) const;

  std::unordered_map<std::string, std::unique_ptr<entry>, name_hash, std::equal_to<>> recipes_;
  std::vector<const recipe*> order_;
  std::map<std::string, std::shared_ptr<const text_pattern>, std::less<>> patterns_; ///< compiled once, though used by many rules
  std::unique_ptr<layering> layering_;                                               ///< of a table on top of another, else null
};

/// Core and one.models types, LAMA's nine and our own (`LamaContact` …): everything a node of ours knows from the start.
const recipe_table& standard_recipes();

/// Is this a type that a stock peer knows? Ours never enter a graph that it may fetch (docs/protocol/03 §6.5).
bool is_stock_type(std::string_view type);

} // namespace lama::protocol
