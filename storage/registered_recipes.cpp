#include "storage/registered_recipes.hpp"

#include "protocol/limits.hpp"
#include "storage/states.hpp"

#include <unordered_set>

namespace lama::storage {

namespace {

constexpr std::size_t page_of_recipes = 256;

/// Each user's store has the Recipe objects of these; they need not be read.
const std::unordered_set<hash>& shipped_ids() {
  static const auto ids = [] {
    std::unordered_set<hash> found;
    for (const auto* recipe : protocol::standard_recipes().all())
      found.insert(sha256(protocol::object_writer{"Recipe", true}.text("name", recipe->name).finish()));
    return found;
  }();
  return ids;
}

} // namespace

void take_up_recipes(const snapshot& from, protocol::recipe_table& into) {
  std::string position;
  do {
    auto page = from.objects_of_type("Recipe", page_of_recipes, position);
    for (const auto& id : page.names) {
      auto data = shipped_ids().contains(id) ? std::nullopt : protocol::current_data(from, id);
      auto text = data ? from.read(*data) : std::nullopt;
      if (text)
        static_cast<void>(into.add(*text));
    }
    position = page.next;
  } while (!position.empty());
  for (const auto& [note, value] : from.notes(recipe_notes, limits::registered_recipes)) {
    auto data = hash::from_bytes(value);
    if (auto text = data ? from.read(*data) : std::nullopt)
      static_cast<void>(into.add(*text)); // what is known already stays
  }
}

void foresee_recipe(const store& in, std::string_view recipe_text) {
  static_cast<void>(inside::of(in).shared->recipes->add(recipe_text));
}

} // namespace lama::storage
