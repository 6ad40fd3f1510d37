// What is known about people: names, sign keys, endpoints. Declared in leute.hpp.
#include "protocol/models/leute.hpp"

#include <algorithm>
#include <memory>

namespace lama::models {

namespace {

/// Calls `take` with every current profile about the person that is in its Someone.
template <class Take>
void for_each_profile(const object_source& from, const hash& person, const Take& take) {
  auto id = someone_of(from, person);
  if (!id)
    return;
  auto whose = load_someone(from, *id);
  if (!whose)
    return;
  for (const auto& [who, profiles] : whose->identities)
    if (who == person)
      for (const auto& name : profiles)
        if (auto x = load_profile(from, name))
          take(name, *x);
}

/// The first name in a profile, if it has one.
std::optional<std::string> first_name(const object_source& from, const profile& x) {
  auto names = names_in(from, x);
  return names.empty() ? std::nullopt : std::optional{std::move(names.front())};
}

bool counts(const profile& x, const hash& me) {
  return x.owner == x.person || x.owner == me;
}

} // namespace

std::optional<std::string> known_name(const object_source& from, const hash& me, const hash& person) {
  for (const auto& owner : {me, person})
    if (auto x = load_profile(from, profile_id(default_profile, person, owner)))
      if (auto name = first_name(from, *x))
        return name;
  std::optional<std::string> out;
  for_each_profile(from, person, [&](const hash&, const profile& x) {
    if (!out && x.id == default_profile)
      out = first_name(from, x);
  });
  return out;
}

result<done> rename_contact(object_space& space, const hash& me, const hash& person, std::string_view name, random_source& random, int64_t now_ms) {
  auto known = load_profile(space, profile_id(default_profile, person, me));
  if (!known && known.failure().code != errc::not_found)
    return std::move(known).failure();
  profile about;
  about.person = person;
  about.owner = me;
  if (known)
    about = std::move(*known);
  std::erase_if(about.descriptions, [&space](const hash& description) {
    auto x = protocol::load(space, description);
    return x && x->type == "PersonName";
  });
  if (!name.empty()) {
    LAMA_TRY(stored, store_text(space, person_name_text(name)));
    about.descriptions.push_back(stored);
  }
  LAMA_TRY(stored, store_profile(space, about, now_ms));
  LAMA_CHECK(profile_arrived(space, me, stored.id, random, now_ms));
  return done{};
}

std::string display_name(const object_source& from, const hash& me, const hash& person) {
  auto name = known_name(from, me, person);
  return name ? *name : person.hex();
}

std::vector<key32> sign_keys_of(const object_source& from, const hash& me, const hash& person) {
  std::vector<key32> out;
  for_each_profile(from, person, [&](const hash&, const profile& x) {
    if (!counts(x, me))
      return;
    for (const auto& key : sign_keys_in(from, x))
      if (std::find(out.begin(), out.end(), key) == out.end())
        out.push_back(key);
  });
  return out;
}

key_source keys_known_to(const object_source& from, const hash& me) {
  // A page of entries asks for the same two or three persons again and again.
  auto seen = std::make_shared<std::map<hash, std::vector<key32>>>();
  return [&from, me, seen](const hash& person) {
    auto [place, is_new] = seen->try_emplace(person);
    if (is_new)
      place->second = sign_keys_of(from, me, person);
    return place->second;
  };
}

std::vector<known_endpoint> known_endpoints(const object_source& from, const identity& own) {
  std::vector<known_endpoint> out;
  for (const auto& who : contacts(from))
    for (const auto& person : who.persons)
      for_each_profile(from, person, [&](const hash& id, const profile& x) {
        if (!counts(x, own.person))
          return;
        for (auto& at : endpoints_in(from, x)) {
          auto person_public = read_keys(from, at.person_keys);
          auto instance_public = read_keys(from, at.instance_keys);
          if (at.person == person && person_public && instance_public && instance_public->encryption != own.instance_public.encryption)
            out.push_back({std::move(at), *person_public, *instance_public, id});
        }
      });
  return out;
}

} // namespace lama::models
