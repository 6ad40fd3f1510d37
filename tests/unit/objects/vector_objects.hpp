#pragma once

#include "protocol/objects/microdata.hpp"

#include <optional>
#include <string>

/// Objects as tests/vectors/objects.json writes them: $set, $map, $number, $utf16, $regexp, $undefined stand for what JSON lacks.
namespace lama::testing {

/// UTF-16 code units in hex to WTF-8.
std::string wtf8_of(const std::string& units);

/// A text field of a vector: plain, or `{"$utf16": …}`.
std::string text_of(const nlohmann::json& x);

/// As a program would hold it in memory. Nothing where our values cannot say it: a hash that is none, a number for a text.
/// The recipe decides what a JSON text or array stands for.
std::optional<protocol::object> object_of(const nlohmann::json& x, const protocol::recipe_table& recipes);

/// A recipe as the vectors write it (`rule` with `itemprop`, `itemtype` …), as the text of a Recipe object.
std::string recipe_text_of(const nlohmann::json& x);

/// standard_recipes() with `testRecipes` of objects.json added: a table of its own.
protocol::recipe_table recipes_with(const nlohmann::json& test_recipes);

} // namespace lama::testing
