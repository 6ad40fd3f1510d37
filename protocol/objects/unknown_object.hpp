#pragma once

#include "protocol/objects/object_space.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Objects of types that have no recipe here. Their fields mean nothing to us, nor can their id be told, but they are texts with a name and with
/// references: enough to keep them, to verify them and to hand them on to who asks for them by name. A stock peer takes objects of types alone that it
/// knows (docs/protocol/03 §6.5), so it is never offered them.
namespace lama::protocol {

struct unknown_object {
  std::string_view type; ///< a view into the text
  bool is_id_object = false;
  std::vector<reference> references; ///< in the order of the text; the field is 0
};

/// Checks all that needs no recipe: the header, the elements of docs/protocol/01 §1.1, each closed by its own tag, escaping, references, limits on
/// size, depth and count; one pass. `bad_input` or `too_large` otherwise.
result<unknown_object> examine_without_recipe(std::string_view text);

/// Stores an object whether its type is known or not; a text of an unknown type is kept as bytes under its name, without id and indexes. Putting it once
/// more, when its recipe is known, makes an object of it.
result<put_result> put_with_or_without_recipe(object_space& to, std::string_view text);

} // namespace lama::protocol
