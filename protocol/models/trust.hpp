#pragma once

#include "protocol/models/leute.hpp"

/// Which sign keys are trusted, and by what (docs/protocol/04 §3.2). Built once from the store, asked often; build it anew after
/// certificates or profiles changed.
namespace lama::models {

enum class trust_reason {
  root_key,      ///< one of my own
  certified,     ///< through certificates
  unknown_key,   ///< no profile contains it
  not_certified, ///< a profile contains it, and no certificate makes it count
  endless_loop,  ///< only through itself
};
/// The stock peer's words for it.
std::string_view to_text(trust_reason reason);

struct trust_info {
  bool trusted = false;
  trust_reason reason = trust_reason::unknown_key;
  hash certificate; ///< certified: the one that did it
  hash issuer;
};

class trust {
public:
  /// `is_local`: is the secret half of this sign key ours? At most `limits::trust_keys` keys are considered.
  trust(const object_source& from, const std::function<bool(const key32& public_sign_key)>& is_local);

  trust_info check(const key32& key) const;

  /// Persons whose signature over an AffirmationCertificate of `data` verifies with a trusted key of theirs.
  std::vector<hash> affirmed_by(const object_source& from, const hash& data) const;

private:
  struct statement {
    certificate kind;
    hash certificate_name;
    signature_facts signature;
  };
  struct sighting {
    hash person;                       ///< whom the profile is about
    std::vector<statement> statements; ///< about this version of the profile
  };
  void add_person(const object_source& from, const hash& person, const std::vector<hash>& profiles);
  void add_version(const object_source& from, const hash& person, const hash& version);
  void find_rights(const object_source& from);
  bool applies(const statement& x, const sighting& where, std::vector<key32>& stack) const;
  trust_info check(const key32& key, std::vector<key32>& stack) const;
  bool has_right(certificate right, const hash& person) const;
  /// The key of `issuer` that made the signature, if it is known.
  const key32* key_of(const signature_facts& signature) const;

  hash main_;
  std::vector<key32> main_roots_;
  std::vector<key32> roots_;
  std::map<key32, std::vector<sighting>> sightings_;
  std::map<hash, std::vector<key32>> keys_; ///< person → sign keys in any version of any profile about it
  std::map<hash, std::vector<certificate>> rights_;
};

} // namespace lama::models
