#include "protocol/models/profiles.hpp"

#include <algorithm>

namespace lama::models {

namespace {

/// Takes `gone` out and `added` in; the order does not matter, a bag is sorted when written.
void replace(std::vector<hash>& items, const std::vector<hash>& gone, const hash& added) {
  std::erase_if(items, [&](const hash& x) { return x == added || std::find(gone.begin(), gone.end(), x) != gone.end(); });
  items.push_back(added);
}

object_writer& write_ids(object_writer& out, std::string_view id, const hash& person, const hash& owner) {
  return out.text("profileId", id).id_reference("personId", person).id_reference("owner", owner);
}

} // namespace

hash profile_id(std::string_view id, const hash& person, const hash& owner) {
  object_writer out{"Profile", true};
  return sha256(write_ids(out, id, person, owner).finish());
}

std::string profile_text(const profile& x) {
  object_writer out{"Profile"};
  return write_ids(out, x.id, x.person, x.owner)
      .bag("communicationEndpoint", reference_kind::object, x.endpoints)
      .bag("personDescription", reference_kind::object, x.descriptions)
      .finish();
}

result<profile> read_profile(const object& x) {
  auto person = x.reference("personId");
  auto owner = x.reference("owner");
  if (x.type != "Profile" || !person || !owner)
    return fail(errc::bad_input, "a " + x.type + " where a Profile is expected");
  return profile{x.text("profileId"), *person, *owner, x.references("communicationEndpoint"), x.references("personDescription")};
}

result<profile> load_profile(const object_source& from, const hash& id) {
  LAMA_TRY(x, protocol::load_current(from, id));
  return read_profile(x);
}

result<stored_profile> store_profile(object_space& space, const profile& x, int64_t now_ms) {
  LAMA_TRY(stored, protocol::store_version(space, profile_text(x), now_ms));
  return stored_profile{stored.id, stored.data, stored.changed};
}

std::string person_name_text(std::string_view name) {
  return object_writer{"PersonName"}.text("name", name).finish();
}

std::string sign_key_text(const key32& key) {
  return object_writer{"SignKey"}.text("key", to_hex(protocol::view(key))).finish();
}

std::string endpoint_text(const endpoint& x) {
  object_writer out{"OneInstanceEndpoint"};
  out.id_reference("personId", x.person).id_reference("instanceId", x.instance);
  out.object_reference("personKeys", x.person_keys).object_reference("instanceKeys", x.instance_keys);
  if (x.url)
    out.text("url", *x.url);
  return out.finish();
}

result<endpoint> read_endpoint(const object_source& from, const hash& name) {
  LAMA_TRY(x, protocol::load(from, name));
  auto person = x.reference("personId");
  auto instance = x.reference("instanceId");
  auto person_keys = x.reference("personKeys");
  auto instance_keys = x.reference("instanceKeys");
  if (x.type != "OneInstanceEndpoint" || !person || !instance || !person_keys || !instance_keys)
    return fail(errc::bad_input, "object " + name.hex() + " is no OneInstanceEndpoint");
  endpoint out{*person, *instance, *person_keys, *instance_keys, std::nullopt};
  if (x.find("url"))
    out.url = x.text("url");
  return out;
}

std::vector<std::string> names_in(const object_source& from, const profile& x) {
  std::vector<std::string> out;
  for (const auto& name : x.descriptions)
    if (auto found = protocol::load(from, name); found && found->type == "PersonName")
      out.push_back(found->text("name"));
  return out;
}

std::vector<key32> sign_keys_in(const object_source& from, const profile& x) {
  std::vector<key32> out;
  for (const auto& name : x.descriptions)
    if (auto found = protocol::load(from, name); found && found->type == "SignKey")
      if (auto key = protocol::key32_from_hex(found->text("key")))
        out.push_back(*key);
  return out;
}

std::vector<endpoint> endpoints_in(const object_source& from, const profile& x) {
  std::vector<endpoint> out;
  for (const auto& name : x.endpoints)
    if (auto found = read_endpoint(from, name))
      out.push_back(std::move(*found));
  return out;
}

result<bool> set_own_name(object_space& space, const identity& own, std::string_view name, int64_t now_ms) {
  LAMA_TRY(mine, load_profile(space, default_profile_of(own.person)));
  std::vector<hash> old;
  for (const auto& description : mine.descriptions)
    if (auto x = protocol::load(space, description); x && x->type == "PersonName")
      old.push_back(description);
  LAMA_TRY(added, store_text(space, person_name_text(name)));
  replace(mine.descriptions, old, added);
  LAMA_TRY(stored, store_profile(space, mine, now_ms));
  return stored.changed;
}

result<bool> set_own_url(object_space& space, const identity& own, const std::optional<std::string>& url, int64_t now_ms) {
  LAMA_TRY(mine, load_profile(space, default_profile_of(own.person)));
  std::vector<hash> old;
  for (const auto& name : mine.endpoints)
    if (auto x = read_endpoint(space, name); x && x->instance == own.instance)
      old.push_back(name);
  LAMA_TRY(added, store_text(space, endpoint_text({own.person, own.instance, own.person_keys, own.instance_keys, url})));
  replace(mine.endpoints, old, added);
  LAMA_TRY(stored, store_profile(space, mine, now_ms));
  return stored.changed;
}

std::optional<std::string> own_name(const object_source& from, const hash& person) {
  auto mine = load_profile(from, default_profile_of(person));
  if (!mine)
    return std::nullopt;
  auto names = names_in(from, *mine);
  return names.empty() ? std::nullopt : std::optional{names.front()};
}

std::optional<std::string> own_url(const object_source& from, const identity& own) {
  auto mine = load_profile(from, default_profile_of(own.person));
  if (!mine)
    return std::nullopt;
  for (auto& x : endpoints_in(from, *mine))
    if (x.instance == own.instance && x.url)
      return x.url;
  return std::nullopt;
}

} // namespace lama::models
