#pragma once

#include "protocol/models/certificates.hpp"
#include "protocol/models/instance.hpp"

/// Profiles: what somebody says about a person, and how that person's instances are reached (docs/protocol/04 §2.1, §2.5).
namespace lama::models {

inline constexpr std::string_view default_profile = "default";

struct profile {
  std::string id = std::string{default_profile};
  hash person;                    ///< whom it is about
  hash owner;                     ///< who wrote it
  std::vector<hash> endpoints;    ///< OneInstanceEndpoint, Email, PhoneNumber
  std::vector<hash> descriptions; ///< PersonName, SignKey …
};

hash profile_id(std::string_view id, const hash& person, const hash& owner);
inline hash default_profile_of(const hash& person) {
  return profile_id(default_profile, person, person);
}
std::string profile_text(const profile& x);
/// `bad_input` where the object is no Profile.
result<profile> read_profile(const object& x);
/// The current version; `not_found` where only the id is known.
result<profile> load_profile(const object_source& from, const hash& id);
struct stored_profile {
  hash id;
  hash version; ///< the Profile object
  bool changed = false;
};
result<stored_profile> store_profile(object_space& space, const profile& x, int64_t now_ms);

std::string person_name_text(std::string_view name);
std::string sign_key_text(const key32& key);

struct endpoint {
  hash person;
  hash instance;
  hash person_keys;
  hash instance_keys;
  std::optional<std::string> url;
};
std::string endpoint_text(const endpoint& x);
result<endpoint> read_endpoint(const object_source& from, const hash& name);

/// Names in the profile, in its order; after a merge there may be several (docs/protocol/04 §2.3).
std::vector<std::string> names_in(const object_source& from, const profile& x);
std::vector<key32> sign_keys_in(const object_source& from, const profile& x);
std::vector<endpoint> endpoints_in(const object_source& from, const profile& x);

/// Our own default profile: how others see us. Settle both before the first grant, since what was replaced here stays at a peer that
/// has it (docs/protocol/04 §2.3). Writes nothing where nothing changes; the answer says whether it did.
result<bool> set_own_name(object_space& space, const identity& own, std::string_view name, int64_t now_ms);
/// Nothing: not reachable.
result<bool> set_own_url(object_space& space, const identity& own, const std::optional<std::string>& url, int64_t now_ms);
std::optional<std::string> own_name(const object_source& from, const hash& person);
std::optional<std::string> own_url(const object_source& from, const identity& own);

} // namespace lama::models
