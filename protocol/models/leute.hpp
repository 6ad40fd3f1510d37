#pragma once

#include "protocol/models/profiles.hpp"

/// The people: who I am, my contacts, their names and where they can be reached (docs/protocol/04 §2).
namespace lama::models {

const hash& leute_id();
/// Someone{me}: the same id on every node, never to be imported.
const hash& my_someone_id();

struct someone {
  std::string id; ///< `someoneId`
  hash main_profile;
  std::vector<std::pair<hash, std::vector<hash>>> identities; ///< person → ids of profiles, in order of insertion
};
std::string someone_id_text(std::string_view id);
result<someone> load_someone(const object_source& from, const hash& id);
/// Answers the id hash.
result<hash> store_someone(object_space& space, const someone& x, int64_t now_ms);

struct leute {
  std::vector<hash> others; ///< id hashes of Someone
  std::vector<hash> groups; ///< id hashes of Group, as the stock peer really has it
};
result<leute> load_leute(const object_source& from);
result<done> store_leute(object_space& space, const leute& x, int64_t now_ms);

struct first_start {
  std::optional<std::string> url;  ///< where we can be reached; absent: nowhere
  std::optional<std::string> name; ///< the display name; the stock peer adds it later
  bool everyone = true;            ///< the group `everyone`, as LAMA has it
};
/// Own default profile, Someone{me}, Leute, both rights for oneself, group `everyone` (docs/protocol/04 §2.2). A restart writes nothing.
result<done> start_leute(object_space& space, const identity& own, const first_start& options, const signer& as, int64_t now_ms);
/// The hashes that `start_leute` signs.
std::vector<hash> start_leute_to_sign(const identity& own);

/// Makes the group and its profile (without picture); answers the Group's id hash. Not entered into Leute.
result<hash> create_group(object_space& space, std::string_view name, int64_t now_ms);
/// Sets the members of a group that exists.
result<done> add_group_members(object_space& space, std::string_view name, const std::vector<hash>& persons, int64_t now_ms);
std::vector<hash> group_members(const object_source& from, std::string_view name);

struct profile_event {
  hash someone; ///< whose it is now
  bool is_me = false;
  bool new_contact = false; ///< a Someone was made for it
};
/// The rule for a new Profile version (docs/protocol/04 §2.3): finds or makes the Someone of its person, with 32 random characters as id.
/// A profile about me that somebody else wrote is left alone: it would put endpoints of theirs among mine (stricter than the stock peer).
result<profile_event> profile_arrived(object_space& space, const hash& me, const hash& profile_id, random_source& random, int64_t now_ms);
/// The Someone (me included) that has this person among its identities.
std::optional<hash> someone_of(const object_source& from, const hash& person);

struct contact {
  hash someone;
  hash main_profile;
  std::vector<hash> persons;
};
std::vector<contact> contacts(const object_source& from);

/// How I call somebody: a name in my own profile about them, which nobody else sees. Empty: as they call themselves.
result<done> rename_contact(object_space& space, const hash& me, const hash& person, std::string_view name, random_source& random, int64_t now_ms);

/// First PersonName in the person's default profiles: mine about them, their own, anybody's; nothing where there is none.
std::optional<std::string> known_name(const object_source& from, const hash& me, const hash& person);
/// The same, else the id as text.
std::string display_name(const object_source& from, const hash& me, const hash& person);

/// Sign keys in the current profiles about the person that the person wrote, or I did; with the keys of an own person from its profile.
std::vector<key32> sign_keys_of(const object_source& from, const hash& me, const hash& person);
/// Remembers what it found; `from` must outlive it.
key_source keys_known_to(const object_source& from, const hash& me);

/// An endpoint with the keys it names: what makes a peer known (docs/protocol/02 §9.1).
struct known_endpoint {
  endpoint at;
  public_keys person_public;
  public_keys instance_public;
  hash profile; ///< the id of the profile that names it
};
/// Endpoints of contacts, out of profiles that the person wrote itself or I did: nobody else may say with which keys somebody proves to
/// be that person. Several for one instance are possible; try every url. Those with an own instance key are left out.
std::vector<known_endpoint> known_endpoints(const object_source& from, const identity& own);

} // namespace lama::models
