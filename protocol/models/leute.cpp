#include "protocol/models/leute.hpp"

#include <algorithm>
#include <set>

namespace lama::models {

namespace {

constexpr std::string_view app_id = "one.leute";
constexpr std::string_view everyone = "everyone";
constexpr std::size_t someone_id_length = 32;

template <class T>
bool has(const std::vector<T>& items, const T& x) {
  return std::find(items.begin(), items.end(), x) != items.end();
}

bool mentions(const someone& x, const hash& person) {
  return std::any_of(x.identities.begin(), x.identities.end(), [&](const auto& identity) { return identity.first == person; });
}

std::string group_text(std::string_view name, const std::vector<hash>& persons) {
  return object_writer{"Group"}.text("name", name).bag("person", reference_kind::id, persons).finish();
}

hash group_id(std::string_view name) {
  return sha256(object_writer{"Group", true}.text("name", name).finish());
}

/// Enters a profile into the Someone; answers whether that changed it.
bool enter_profile(someone& whose, const hash& profile, const hash& person) {
  for (auto& [who, profiles] : whose.identities)
    if (who == person) {
      if (has(profiles, profile))
        return false;
      profiles.push_back(profile);
      return true;
    }
  whose.identities.emplace_back(person, std::vector<hash>{profile});
  return true;
}

result<done> make_me(object_space& space, const identity& own, const first_start& options, int64_t now_ms) {
  profile mine;
  mine.person = mine.owner = own.person;
  LAMA_TRY(endpoint_name, store_text(space, endpoint_text({own.person, own.instance, own.person_keys, own.instance_keys, options.url})));
  LAMA_TRY(sign_key, store_text(space, sign_key_text(own.person_public.signing)));
  mine.endpoints = {endpoint_name};
  mine.descriptions = {sign_key};
  if (options.name) {
    LAMA_TRY(name, store_text(space, person_name_text(*options.name)));
    mine.descriptions.push_back(name);
  }
  LAMA_TRY(stored, store_profile(space, mine, now_ms));
  LAMA_CHECK(store_someone(space, {"me", stored.id, {{own.person, {stored.id}}}}, now_ms));
  return store_leute(space, {}, now_ms);
}

} // namespace

const hash& leute_id() {
  static const hash id = sha256(object_writer{"Leute", true}.text("appId", app_id).finish());
  return id;
}

const hash& my_someone_id() {
  static const hash id = sha256(someone_id_text("me"));
  return id;
}

std::string someone_id_text(std::string_view id) {
  return object_writer{"Someone", true}.text("someoneId", id).finish();
}

result<someone> load_someone(const object_source& from, const hash& id) {
  LAMA_TRY(x, protocol::load_current(from, id));
  auto main = x.reference("mainProfile");
  if (x.type != "Someone" || !main)
    return fail(errc::bad_input, "a " + x.type + " where a Someone is expected");
  someone out{x.text("someoneId"), *main, {}};
  const auto* identities = x.find("identities");
  const auto* entries = identities ? std::get_if<protocol::map>(identities) : nullptr;
  if (!entries)
    return out;
  for (const auto& [key, content] : *entries) {
    const auto* person = std::get_if<hash>(&key);
    const auto* items = std::get_if<protocol::list>(&content);
    if (!person || !items)
      continue;
    auto& profiles = out.identities.emplace_back(*person, std::vector<hash>{}).second;
    for (const auto& item : *items)
      if (const auto* name = std::get_if<hash>(&item))
        profiles.push_back(*name);
  }
  return out;
}

result<hash> store_someone(object_space& space, const someone& x, int64_t now_ms) {
  protocol::map identities;
  for (const auto& [person, profiles] : x.identities) {
    protocol::list items{profiles.begin(), profiles.end()};
    identities.emplace_back(person, std::move(items));
  }
  object out{"Someone", {}};
  out.set("someoneId", x.id).set("mainProfile", x.main_profile).set("identities", std::move(identities));
  LAMA_TRY(text, protocol::write_object(out, space.recipes()));
  LAMA_TRY(stored, protocol::store_version(space, text, now_ms));
  return stored.id;
}

result<leute> load_leute(const object_source& from) {
  LAMA_TRY(x, protocol::load_current(from, leute_id()));
  return leute{x.references("other"), x.references("group")};
}

result<done> store_leute(object_space& space, const leute& x, int64_t now_ms) {
  auto text = object_writer{"Leute"}
                  .text("appId", app_id)
                  .id_reference("me", my_someone_id())
                  .bag("other", reference_kind::id, x.others)
                  .bag("group", reference_kind::id, x.groups)
                  .finish();
  LAMA_CHECK(protocol::store_version(space, text, now_ms));
  return done{};
}

result<done> start_leute(object_space& space, const identity& own, const first_start& options, const signer& as, int64_t now_ms) {
  if (space.head(leute_id()))
    return done{};
  LAMA_CHECK(make_me(space, own, options, now_ms));
  for (auto right : {certificate::right_for_everybody, certificate::right_for_self})
    LAMA_CHECK(certify(space, right, right_text(right, own.person), as));
  if (!options.everyone)
    return done{};
  LAMA_TRY(group, create_group(space, everyone, now_ms));
  LAMA_CHECK(store_leute(space, {{}, {group}}, now_ms));
  return add_group_members(space, everyone, {own.person}, now_ms);
}

std::vector<hash> start_leute_to_sign(const identity& own) {
  return {sha256(right_text(certificate::right_for_everybody, own.person)), sha256(right_text(certificate::right_for_self, own.person))};
}

result<hash> create_group(object_space& space, std::string_view name, int64_t now_ms) {
  auto id = group_id(name);
  if (space.head(id))
    return id;
  LAMA_CHECK(protocol::store_version(space, group_text(name, {}), now_ms));
  auto looks = object_writer{"GroupProfile"}.id_reference("group", id).text("name", name).blob_reference("picture", hash{}).finish();
  LAMA_CHECK(protocol::store_version(space, looks, now_ms));
  return id;
}

result<done> add_group_members(object_space& space, std::string_view name, const std::vector<hash>& persons, int64_t now_ms) {
  auto present = group_members(space, name);
  std::set<hash> all{present.begin(), present.end()};
  all.insert(persons.begin(), persons.end());
  LAMA_CHECK(protocol::store_version(space, group_text(name, {all.begin(), all.end()}), now_ms));
  return done{};
}

std::vector<hash> group_members(const object_source& from, std::string_view name) {
  auto x = protocol::load_current(from, group_id(name));
  return x ? x->references("person") : std::vector<hash>{};
}

result<profile_event> profile_arrived(object_space& space, const hash& me, const hash& profile_id, random_source& random, int64_t now_ms) {
  LAMA_TRY(arrived, load_profile(space, profile_id));
  LAMA_TRY(all, load_leute(space));
  auto found = someone_of(space, arrived.person);
  if (!found) {
    LAMA_TRY(made, store_someone(space, {random.text(someone_id_length), profile_id, {{arrived.person, {profile_id}}}}, now_ms));
    all.others.push_back(made);
    LAMA_CHECK(store_leute(space, all, now_ms));
    return profile_event{made, false, true};
  }
  profile_event out{*found, *found == my_someone_id(), false};
  if (out.is_me && arrived.owner != me && arrived.owner != arrived.person)
    return out;
  LAMA_TRY(whose, load_someone(space, *found));
  bool changed = enter_profile(whose, profile_id, arrived.person);
  if (!out.is_me && arrived.id == default_profile && whose.main_profile != profile_id) {
    auto main = load_profile(space, whose.main_profile);
    if (!main || main->id != default_profile) {
      whose.main_profile = profile_id;
      changed = true;
    }
  }
  if (changed)
    LAMA_CHECK(store_someone(space, whose, now_ms));
  return out;
}

std::optional<hash> someone_of(const object_source& from, const hash& person) {
  auto mine = load_someone(from, my_someone_id());
  if (mine && mentions(*mine, person))
    return my_someone_id();
  auto all = load_leute(from);
  if (!all)
    return std::nullopt;
  // By the index of references, not over all contacts; the oldest entry wins, as in the stock peer's order of search.
  for (const auto& version : from.referrers(person, "Someone")) {
    auto x = protocol::load(from, version);
    if (!x)
      continue;
    auto id = sha256(someone_id_text(x->text("someoneId")));
    if (has(all->others, id))
      if (auto current = load_someone(from, id); current && mentions(*current, person))
        return id;
  }
  return std::nullopt;
}

std::vector<contact> contacts(const object_source& from) {
  std::vector<contact> out;
  auto all = load_leute(from);
  if (!all)
    return out;
  for (const auto& id : all->others)
    if (auto x = load_someone(from, id)) {
      auto& added = out.emplace_back(contact{id, x->main_profile, {}});
      for (const auto& [person, profiles] : x->identities)
        added.persons.push_back(person);
    }
  return out;
}

} // namespace lama::models
