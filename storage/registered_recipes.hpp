#pragma once

#include "storage/store.hpp"

#include <string_view>

/// Types that a user registers: their Recipe objects stand in the store like others, and are known from when they are stored, and again whenever the
/// store is opened.
namespace lama::storage {

/// Notes that name the Recipe of each registered type, by its name: the bytes of a hash.
inline constexpr std::string_view recipe_notes = "recipe/";

/// Reads them from the store into its table; what cannot be read is left out, and `verify` names its objects.
void take_up_recipes(const snapshot& from, protocol::recipe_table& into);

/// Makes the type known before its Recipe is stored: objects of it may come in the same batch. What fits no more is left to who stores it.
void foresee_recipe(const store& in, std::string_view recipe_text);

} // namespace lama::storage
