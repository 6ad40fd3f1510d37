#pragma once

#include "protocol/objects/recipe.hpp"
#include "protocol/objects/value.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The text form of objects (docs/protocol/01 §1, §3). An object *is* its canonical text; its name is SHA-256 of it.
namespace lama::protocol {

enum class parse_mode {
  strict,  ///< only what writes back to the same bytes: for objects that we act upon
  lenient, ///< what the stock peer accepts (docs/protocol/01 §3)
};

result<std::string> write_object(const object& x, const recipe_table& recipes);
/// Only the id fields; fails for a type that is not versioned.
result<std::string> write_id_object(const object& x, const recipe_table& recipes);

result<object> parse_object(std::string_view text, const recipe_table& recipes, parse_mode mode = parse_mode::strict);
result<object> parse_id_object(std::string_view text, const recipe_table& recipes, parse_mode mode = parse_mode::strict);

enum class content_kind { object, id_object, clob, blob };

/// What bytes are, judged by their beginning (docs/protocol/01 §2); `type` is a view into them.
struct content_type {
  content_kind kind = content_kind::blob;
  std::string_view type;
};
content_type classify(std::string_view bytes);

enum class reference_kind : uint8_t { object, id, clob, blob };

struct reference {
  hash target;
  reference_kind kind;
  uint16_t field; ///< index of the top-level rule it stands under
  friend bool operator==(const reference&, const reference&) = default;
};

/// All that a store needs to know of a text, found in one pass over it without building the object.
struct object_facts {
  const recipe* type = nullptr;
  bool is_id_object = false;
  std::optional<hash> id_hash;       ///< of versioned objects and id objects
  std::string id_text;               ///< the id object's text, for versioned objects
  std::vector<reference> references; ///< in the order of docs/protocol/03 §5.5 (depth first, rule order), repeated ones included
};

/// Checks `text` against its recipe and finds its facts; linear in its size. Unknown types answer `unsupported`.
result<object_facts> examine(std::string_view text, const recipe_table& recipes, parse_mode mode = parse_mode::strict);

/// Writes a text field by field, for code that knows the rule order: no recipe, no object in memory, one growing string.
/// The store checks the result like any other text.
class object_writer {
public:
  explicit object_writer(std::string_view type, bool id_object = false);

  object_writer& text(std::string_view name, std::string_view content);
  object_writer& number(std::string_view name, double x);
  object_writer& flag(std::string_view name, bool x);
  object_writer& object_reference(std::string_view name, const hash& target);
  object_writer& id_reference(std::string_view name, const hash& target);
  object_writer& blob_reference(std::string_view name, const hash& target);
  /// Array of references, in the given order.
  object_writer& array(std::string_view name, reference_kind kind, const std::vector<hash>& targets);
  /// Bag or set of references: sorted as text; duplicates stay in a bag and must not be given for a set.
  object_writer& bag(std::string_view name, reference_kind kind, std::vector<hash> targets);

  /// Closes the object and gives its text away.
  std::string finish();

private:
  std::string out_;
};

/// ECMA-262 Number::toString (docs/protocol/01 §1.2).
std::string number_text(double x);
/// Sorted JSON of docs/protocol/01 §1.2; fails for keys that the peer could not read back.
result<std::string> sorted_json(const json& x);
/// Microdata → JSON: sets as sorted arrays, maps as arrays of pairs (docs/protocol/01 §3).
result<json> to_json(const object& x, const recipe_table& recipes);
/// The reverse, for what a program hands in as JSON (`lama put`, IPC): fields by the recipe, references as hex.
result<object> from_json(const json& x, const recipe_table& recipes);

/// -1, 0, 1 by UTF-16 code units ("text order"); both valid UTF-8 or WTF-8.
int compare_text(std::string_view a, std::string_view b);

hash id_hash_of_person(std::string_view email);
hash id_hash_of_instance(std::string_view name, const hash& owner);

} // namespace lama::protocol
