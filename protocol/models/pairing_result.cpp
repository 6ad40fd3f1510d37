#include "protocol/models/pairing_result.hpp"

#include "protocol/models/keychain.hpp"

namespace lama::models {

namespace {

/// An e-mail address or an instance name of a stock peer is far shorter.
constexpr std::size_t most_name = 1024;
constexpr std::size_t most_url = 2048;

/// Everything that follows from the message alone.
struct derived {
  hash person;
  hash instance;
  std::string person_keys;
  std::string instance_keys;
  std::string endpoint;
  std::string sign_key;
  profile about;
};

/// What an earlier pairing or the peer's own profile already told stays, but for the endpoint of the instance that speaks now. The stock
/// peer stores just the two, and so forgets the name until it changes.
void keep_known(const object_source& from, derived& x) {
  auto known = load_profile(from, default_profile_of(x.person));
  if (!known)
    return;
  for (const auto& name : known->endpoints) {
    auto at = read_endpoint(from, name);
    if (name != x.about.endpoints.front() && !(at && at->instance == x.instance))
      x.about.endpoints.push_back(name);
  }
  for (const auto& name : known->descriptions)
    if (name != x.about.descriptions.front())
      x.about.descriptions.push_back(name);
}

derived derive(const object_source& from, const remote_identity& remote) {
  derived out;
  out.person = protocol::id_hash_of_person(remote.email);
  out.instance = protocol::id_hash_of_instance(remote.instance_name, out.person);
  out.person_keys = keys_text(out.person, remote.person_keys.encryption, remote.person_keys.signing);
  out.instance_keys = keys_text(out.instance, remote.instance_keys.encryption, remote.instance_keys.signing);
  out.endpoint = endpoint_text({out.person, out.instance, sha256(out.person_keys), sha256(out.instance_keys), remote.url});
  out.sign_key = sign_key_text(remote.person_keys.signing);
  out.about.person = out.about.owner = out.person;
  out.about.endpoints = {sha256(out.endpoint)};
  out.about.descriptions = {sha256(out.sign_key)};
  keep_known(from, out);
  return out;
}

} // namespace

remote_identity identity_to_send(const object_source& from, const identity& own) {
  return {own.email, own.instance_name, own.person_public, own.instance_public, own_url(from, own)};
}

std::vector<hash> pairing_to_sign(const object_source& from, const remote_identity& remote) {
  auto x = derive(from, remote);
  return {sha256(x.person_keys), sha256(x.instance_keys), sha256(trust_keys_text(sha256(profile_text(x.about))))};
}

result<paired> store_pairing(object_space& space, const identity& own, const remote_identity& remote, const signer& as, random_source& random, int64_t now_ms) {
  if (remote.email.empty() || remote.email.size() > most_name || remote.instance_name.empty() || remote.instance_name.size() > most_name ||
      (remote.url && remote.url->size() > most_url))
    return fail(errc::bad_input, "the identity of the other side has an empty or overlong name");
  auto x = derive(space, remote);
  if (x.person == own.person || remote.instance_keys.encryption == own.instance_public.encryption)
    return fail(errc::bad_input, "the invitation leads to this node's own person; pair with somebody else");
  for (const auto& text : {person_id_text(remote.email), x.person_keys, instance_id_text(remote.instance_name, x.person), x.instance_keys})
    LAMA_CHECK(space.put(text));
  LAMA_CHECK(sign_object(space, sha256(x.person_keys), as));
  LAMA_CHECK(sign_object(space, sha256(x.instance_keys), as));
  LAMA_CHECK(space.put(x.endpoint));
  LAMA_CHECK(space.put(x.sign_key));
  LAMA_TRY(stored, store_profile(space, x.about, now_ms));
  LAMA_TRY(trusted, certify(space, certificate::trust_keys, trust_keys_text(stored.version), as));
  LAMA_TRY(contact, profile_arrived(space, own.person, stored.id, random, now_ms));
  return paired{x.person, x.instance, stored.id, stored.version, trusted.signature, contact};
}

} // namespace lama::models
