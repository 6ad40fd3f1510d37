#pragma once

#include "protocol/models/leute.hpp"

/// What a pairing leaves behind on both sides (docs/protocol/02 §6.3, 04 §2.4).
namespace lama::models {

/// The identity message of the other side, its keys decoded.
struct remote_identity {
  std::string email;
  std::string instance_name;
  public_keys person_keys;
  public_keys instance_keys;
  std::optional<std::string> url;
};

/// Our own one, with the url of our default profile.
remote_identity identity_to_send(const object_source& from, const identity& own);

struct paired {
  hash person;
  hash instance;
  hash profile; ///< id of the profile that we made of the other
  hash profile_version;
  hash signature; ///< over the TrustKeysCertificate
  profile_event contact;
};
/// Keys, signatures over them, endpoint, profile, certificate, and the contact. `bad_input` for names that no stock peer has, or where
/// the other is ourselves. Nothing is granted yet: see chat.hpp and grants.hpp.
result<paired> store_pairing(object_space& space, const identity& own, const remote_identity& remote, const signer& as, random_source& random, int64_t now_ms);
/// The hashes that `store_pairing` signs.
std::vector<hash> pairing_to_sign(const object_source& from, const remote_identity& remote);

} // namespace lama::models
