#include "actors/pairing_manager/type_sharing.hpp"

#include "protocol/models/grants.hpp"
#include "storage/kept_texts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

constexpr const char* recipe_type = "Recipe";
/// A grant is three objects and a head: some milliseconds of the writer's time in all.
constexpr std::size_t grants_a_step = 200;

/// The registered type behind `type`; empty behind the last one.
std::string type_after(const protocol::recipe_table& recipes, const std::string& type) {
  std::string next;
  for (const auto* recipe : recipes.added())
    if ((type == recipe_type || recipe->name > type) && (next.empty() || recipe->name < next))
      next = recipe->name;
  return next;
}

/// Every user's store has the Recipes of the types that are shipped; the device has them as well.
bool is_shipped(const storage::snapshot& from, const hash& id) {
  auto recipe = protocol::load_current(from, id);
  return recipe && protocol::standard_recipes().find(recipe->text("name"));
}

result<lama::done> share(storage::transaction& to, const models::grant_target& what, const hash& person, int64_t now_ms) {
  LAMA_CHECK(models::grant(to, what, {{person}, {}}, models::grant_mode::add, now_ms));
  return lama::done{};
}

result<std::optional<type_sharing>> share_objects(const storage::snapshot& from, storage::transaction& to, type_sharing at, int64_t now_ms) {
  auto page = from.objects_of_type(at.type, grants_a_step, at.cursor);
  const auto* recipe = from.recipes().find(at.type);
  for (const auto& name : page.names) {
    if (at.type == recipe_type && is_shipped(from, name))
      continue;
    LAMA_CHECK(share(to, recipe && recipe->versioned ? models::id_target(name) : models::object_target(name), at.person, now_ms));
  }
  at.cursor = page.next;
  if (at.cursor.empty())
    at.type = type_after(from.recipes(), at.type);
  return std::optional{std::move(at)};
}

result<std::optional<type_sharing>> share_texts(const storage::snapshot& from, storage::transaction& to, type_sharing at, int64_t now_ms) {
  std::size_t shared = 0;
  for (const auto& x : storage::list_kept_texts(from)) {
    auto note = storage::text_note(x.type, x.mark.name);
    if (note <= at.cursor || x.mark.origin != protocol::text_origin::own)
      continue;
    if (shared++ == grants_a_step)
      return std::optional{std::move(at)};
    LAMA_CHECK(share(to, models::object_target(x.mark.name), at.person, now_ms));
    at.cursor = std::move(note);
  }
  return std::optional<type_sharing>{};
}

} // namespace

std::string type_sharing::to_note() const {
  return nlohmann::json{{"person", person.hex()}, {"type", type}, {"cursor", to_hex(cursor)}}.dump();
}

std::optional<type_sharing> type_sharing::from_note(std::string_view note) {
  auto read = nlohmann::json::parse(note, nullptr, false);
  if (!read.is_object())
    return std::nullopt;
  auto person = hash::from_hex(read.value("person", std::string{}));
  auto cursor = from_hex(read.value("cursor", std::string{}));
  return person && cursor ? std::optional{type_sharing{*person, read.value("type", std::string{}), *cursor}} : std::nullopt;
}

type_sharing sharing_with(const hash& person) {
  return {person, recipe_type, {}};
}

result<std::optional<type_sharing>> share_some(const storage::snapshot& from, storage::transaction& to, type_sharing at, int64_t now_ms) {
  auto shared = at.type.empty() ? share_texts(from, to, std::move(at), now_ms) : share_objects(from, to, std::move(at), now_ms);
  if (auto trouble = from.trouble())
    return *std::move(trouble);
  return shared;
}

} // namespace lama::actors
