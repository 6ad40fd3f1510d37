#pragma once

#include "protocol/objects/object_space.hpp"
#include "tests/support/vectors.hpp"

#include <string>
#include <vector>

/// What the vectors need: recipes of their own beside the stock ones, and objects from the vectors' JSON.
namespace lama::testing {

/// Every type of recipes.json and those in `extra` (the vectors' `testRecipes`, or `recipes` of chum_sessions.json).
protocol::recipe_table recipes_with(const nlohmann::json& extra);

/// The canonical text of an object in the vectors' form: `$type$`, sets as {"$set": …}, maps as {"$map": …}.
std::string text_of(const nlohmann::json& x, const protocol::recipe_table& recipes);

hash hash_of(const nlohmann::json& hex);

/// Stores what must be storable, and answers its name.
hash put(protocol::object_space& space, const std::string& text);

/// Stores a remote's Edge and answers its name.
hash put_edge(protocol::object_space& space, const hash& data, double creation_time);

} // namespace lama::testing
