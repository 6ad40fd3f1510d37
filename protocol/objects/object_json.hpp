#pragma once

#include "protocol/objects/recipe.hpp"

namespace lama::protocol {

/// One value of that type as JSON, as to_json has it: sets as sorted arrays, maps as sorted arrays of pairs, references as hex.
json json_of(const item_type& type, const value& x);

} // namespace lama::protocol
