#pragma once

#include "protocol/objects/microdata.hpp"

#include <string_view>
#include <vector>

/// Objects of types that have no recipe here. Their fields mean nothing to us, nor can their id be told, but they are texts with a name and with
/// references: enough to keep them (object_space::keep_text), to verify them and to hand them on to nodes of ours. A stock peer takes objects of types
/// alone that it knows (docs/protocol/03 §6.5), so it is never offered them.
namespace lama::protocol {

struct unknown_object {
  std::string_view type; ///< a view into the text
  bool is_id_object = false;
  std::vector<reference> references; ///< in the order of the text; the field is 0
};

/// Checks all that needs no recipe: the header, the elements of docs/protocol/01 §1.1, each closed by its own tag, escaping, references, limits on
/// size, depth and count; one pass. `bad_input` or `too_large` otherwise.
result<unknown_object> examine_without_recipe(std::string_view text);

/// What a text refers to, by its recipe or without one; an error for what is no object.
result<std::vector<reference>> references_of(std::string_view text, const recipe_table& recipes);

} // namespace lama::protocol
