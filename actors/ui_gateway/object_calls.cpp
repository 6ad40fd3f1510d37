#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"
#include "protocol/limits.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <algorithm>
#include <utility>

namespace lama::actors::channels {

namespace {

constexpr const char* recipe_type = "Recipe";
constexpr std::size_t most_queried = 1000;
/// Objects that one query with a filter looks at; the cursor tells where to go on.
constexpr std::size_t most_filtered = 10'000;
/// Versions that one answer lists, newest first.

struct found_object {
  hash name; ///< of the data; for an id, of its current version
  json data;
};

/// By the object's name, or by an id: then its current version. Nothing where there is none.
result<std::optional<found_object>> find_object(const storage::snapshot& from, hash name) {
  if (auto current = protocol::current_data(from, name))
    name = *current;
  auto text = from.read(name);
  if (!text) {
    if (auto trouble = from.trouble())
      return *trouble;
    return std::optional<found_object>{};
  }
  auto kind = protocol::classify(*text).kind;
  if (kind == protocol::content_kind::clob || kind == protocol::content_kind::blob)
    return bad_parameter("hash", name.hex() + " is a blob; GET /blob/" + name.hex() + " has its bytes");
  auto object = kind == protocol::content_kind::object ? protocol::parse_object(*text, from.recipes()) : protocol::parse_id_object(*text, from.recipes());
  if (!object && object.failure().code == errc::unsupported)
    return lama::fail(errc::unsupported, name.hex() + " is of the type " + std::string{protocol::classify(*text).type} +
                                             ", which has no recipe here; lama get " + name.hex() + " --out FILE (GET /blob) gives its text.");
  if (!object)
    return object.failure();
  LAMA_TRY(data, protocol::to_json(*object, from.recipes()));
  return std::optional{found_object{name, std::move(data)}};
}

/// A type is registered once: other rules would give its objects other names. The same once more is nothing new.
result<lama::done> check_recipe(const storage::snapshot& from, std::string_view text, const hash& id) {
  if (auto current = protocol::current_data(from, id))
    return *current == sha256(text) ? result<lama::done>{lama::done{}} : lama::fail(errc::conflict, "A type of this name is there, and stays as it is.");
  auto known = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  for (const auto* recipe : from.recipes().all())
    if (!protocol::standard_recipes().find(recipe->name))
      LAMA_CHECK(known.add(recipe->text));
  LAMA_CHECK(known.add(text));
  return lama::done{};
}

result<lama::done> share_with_other_instance(storage::transaction& to, const user_context& user, const models::grant_target& what) {
  if (user.partner)
    LAMA_CHECK(models::grant(to, what, {{user.partner->person}, {}}, models::grant_mode::add, user.environment->clock->now_ms()));
  return lama::done{};
}

/// What it is called, and for whom it is besides us.
result<hash> write_object(storage::transaction& to, const std::string& text, const std::string& type, const user_context& user) {
  auto shared = is_registered(type);
  if (to.recipes().find(type)->versioned) {
    LAMA_TRY(version, protocol::store_version(to, text, user.environment->clock->now_ms()));
    if (shared)
      LAMA_CHECK(share_with_other_instance(to, user, models::id_target(version.id)));
    return version.data;
  }
  LAMA_TRY(put, to.put(text));
  if (shared)
    LAMA_CHECK(share_with_other_instance(to, user, models::object_target(put.name)));
  return put.name;
}

/// Checks it against its recipe and writes it; a versioned one becomes the current version.
void store_object(gateway_pointer self, const call_scope& x, json content, std::function<void(const hash& name, json stored)> then) {
  auto type = content.value("$type$", std::string{});
  if (x.who.forwarded && !is_registered(type))
    return x.fail(lama::fail(errc::forbidden, "From the device only objects of registered types are stored here."));
  if (is_registered(type) && !self->state.is_archive())
    return ask_archive(self, x);
  auto view = x.user->store->read();
  auto object = protocol::from_json(content, view->recipes());
  if (!object && object.failure().code == errc::unsupported)
    return x.fail(bad_parameter("type", "there is no type " + type.substr(0, limits::type_name_bytes) +
                                            " here; register it (lama put --type Recipe FILE), or keep a text of it as it is (lama put --unknown FILE)"));
  if (!object)
    return x.fail(bad_parameter("data", object.failure().message));
  auto text = protocol::write_object(*object, view->recipes());
  if (!text)
    return x.fail(bad_parameter("data", text.failure().message));
  if (type == recipe_type) {
    LAMA_PARAMETER(facts, protocol::examine(*text, view->recipes()));
    if (auto checked = check_recipe(*view, *text, *facts.id_hash); !checked)
      return x.fail(checked.failure().code == errc::conflict ? checked.failure() : bad_parameter("data", checked.failure().message));
  }
  auto stored = std::make_shared<hash>();
  transact change{"store object", [text = std::move(*text), type = object->type, stored, user = x.user](storage::transaction& to) -> result<lama::done> {
                    LAMA_TRY(name, write_object(to, text, type, *user));
                    *stored = name;
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [x, stored, then = std::move(then)](const transacted&) {
            auto found = find_object(*x.user->store->read(), *stored);
            if (!found)
              return x.fail(found.failure());
            then(*stored, *found ? std::move((*found)->data) : json{});
          },
          x.failed());
}

/// May the user keep it? What a text refers to must be here, or nobody could say later whether it was lost.
result<lama::done> check_text_to_keep(const storage::snapshot& from, const std::string& text) {
  auto found = protocol::examine_without_recipe(text);
  if (!found)
    return bad_parameter("text", found.failure().message);
  auto type = std::string{found->type};
  if (from.recipes().find(type))
    return bad_parameter("text", "the type " + type + " has a recipe here; one-core:storage:set (lama put --type " + type + ") stores objects of it");
  for (const auto& x : found->references)
    if (!from.contains(x.target) && !from.elsewhere(x.target))
      return lama::fail(errc::not_found, "The text refers to " + x.target.hex() + ", which is not here. Store that first.");
  auto sum = from.kept_texts();
  if (sum.own >= limits::kept_texts || sum.own_bytes + text.size() > limits::kept_text_bytes)
    return lama::fail(errc::too_large, "A store keeps " + std::to_string(limits::kept_texts) + " objects without a recipe, and " +
                                           std::to_string(limits::kept_text_bytes >> 20) + " MiB of them; register their types (lama put --type Recipe).");
  return lama::done{};
}

result<json> typed_data(const call_scope& x) {
  if (!x["data"].is_object())
    return bad_parameter("data", "data must be an object with the fields of the type");
  json content = x["data"];
  if (!x["type"].is_null()) {
    LAMA_TRY(type, text_parameter(x, "type"));
    content["$type$"] = type;
  }
  if (!content.contains("$type$") || !content["$type$"].is_string())
    return bad_parameter("type", "type must be the name of a type, such as Person");
  return content;
}

bool fits(const json& data, const json& filter) {
  return std::ranges::all_of(filter.items(), [&data](const auto& wanted) {
    auto found = data.find(wanted.key());
    return found != data.end() && *found == wanted.value();
  });
}

} // namespace

bool is_registered(std::string_view type) {
  return type == recipe_type || !protocol::standard_recipes().find(type);
}

void get_data(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(name, hash_parameter(x, "hash"));
  LAMA_PARAMETER(found, find_object(*x.user->store->read(), name));
  x.done(found ? json{{"data", std::move(found->data)}, {"hash", found->name.hex()}} : json{});
}

void get_object(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(name, hash_parameter(x, "hash"));
  LAMA_PARAMETER(found, find_object(*x.user->store->read(), name));
  x.done(found ? json{{"object", std::move(found->data)}, {"hash", found->name.hex()}} : json{});
}

void set_data(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(content, typed_data(x));
  store_object(self, x, std::move(content), [x](const hash& name, const json&) { x.done({{"hash", name.hex()}}); });
}

void keep_text(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(text, text_parameter(x, "text"));
  if (auto checked = check_text_to_keep(*x.user->store->read(), text); !checked)
    return x.fail(checked.failure());
  auto name = sha256(text);
  transact change{"keep text", [text = std::move(text), user = x.user](storage::transaction& to) -> result<lama::done> {
                    LAMA_TRY(kept, to.keep_text(text, protocol::text_origin::own));
                    return share_with_other_instance(to, *user, models::object_target(kept.name));
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change)).then([x, name](const transacted&) { x.done({{"hash", name.hex()}}); }, x.failed());
}

void create_object(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(content, typed_data(x));
  store_object(self, x, std::move(content), [x](const hash& name, json stored) { x.done({{"hash", name.hex()}, {"object", std::move(stored)}}); });
}

void update_object(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, hash_parameter(x, "hash"));
  if (!x["updates"].is_object())
    return x.fail(bad_parameter("updates", "updates must be an object with the fields that change"));
  LAMA_PARAMETER(found, find_object(*x.user->store->read(), name));
  if (!found)
    return x.fail(lama::fail(errc::not_found, "There is no object " + name.hex() + " here."));
  auto content = std::move(found->data);
  if (x["updates"].contains("$type$") && x["updates"]["$type$"] != content["$type$"])
    return x.fail(bad_parameter("updates", "an object keeps its type"));
  for (const auto& [field, value] : x["updates"].items())
    if (value.is_null())
      content.erase(field);
    else
      content[field] = value;
  store_object(self, x, std::move(content), [x](const hash& stored, json object) { x.done({{"newHash", stored.hex()}, {"object", std::move(object)}}); });
}

void query(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(type, text_parameter(x, "type"));
  LAMA_PARAMETER(limit, count_parameter(x, "limit", 100, most_queried));
  LAMA_PARAMETER(cursor_text, optional_text(x, "cursor"));
  auto cursor = lama::from_hex(cursor_text);
  if (!cursor)
    return x.fail(bad_parameter("cursor", "cursor must be what an earlier answer gave"));
  const auto& filter = x["filter"];
  if (!filter.is_null() && !filter.is_object())
    return x.fail(bad_parameter("filter", "filter must be an object: field and the content it must have"));
  auto view = x.user->store->read();
  if (!view->recipes().find(type))
    return x.fail(bad_parameter("type", "there is no type " + type.substr(0, 100)));
  auto objects = json::array();
  std::size_t looked_at = 0;
  do {
    auto page = view->objects_of_type(type, std::min<std::size_t>(limit - objects.size(), 100), *cursor);
    for (const auto& name : page.names) {
      auto found = find_object(*view, name);
      ++looked_at;
      if (found && *found && (filter.is_null() || fits((*found)->data, filter))) {
        json entry{{"hash", (*found)->name.hex()}, {"data", std::move((*found)->data)}};
        if ((*found)->name != name)
          entry["idHash"] = name.hex();
        objects.push_back(std::move(entry));
      }
    }
    *cursor = page.next;
  } while (!cursor->empty() && objects.size() < limit && looked_at < most_filtered);
  json answer{{"objects", std::move(objects)}};
  if (!cursor->empty())
    answer["cursor"] = to_hex(*cursor);
  x.done(std::move(answer));
}

} // namespace lama::actors::channels
