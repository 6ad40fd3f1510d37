#pragma once

#include "protocol/models/vocabulary.hpp"

/// Signatures, certificates and their licences (docs/protocol/04 §3.1).
namespace lama::models {

enum class certificate : uint8_t {
  affirmation,
  trust_keys,
  relation,
  right_for_self,      ///< RightToDeclareTrustedKeysForSelf
  right_for_everybody, ///< RightToDeclareTrustedKeysForEverybody
  access_to_versions,  ///< AccessVersionedObject
  access_to_object,    ///< AccessUnversionedObject
};

/// "AffirmationCertificate".
std::string_view type_of(certificate kind);
/// The License object, constant for each kind.
const std::string& license_text(certificate kind);
const hash& license_of(certificate kind);

std::string affirmation_text(const hash& data);
std::string trust_keys_text(const hash& profile_version);
/// One of the two rights.
std::string right_text(certificate kind, const hash& beneficiary);
std::string relation_text(std::string_view app, std::string_view relation, const hash& person1, const hash& person2);
std::string access_text(certificate kind, const hash& person, const hash& data);

/// `signature` is the 64 raw bytes.
std::string signature_text(const hash& issuer, const hash& data, std::string_view signature);

/// Stores a plain Signature by the signer over `data`. `locked` where the signer has no key.
result<hash> sign_object(object_space& space, const hash& data, const signer& as);

struct certified {
  hash certificate;
  hash signature;
};
/// Stores licence, certificate and signature.
result<certified> certify(object_space& space, certificate kind, const std::string& text, const signer& as);

struct signature_facts {
  hash issuer;
  hash data;
  std::string signature; ///< raw bytes
};
/// `bad_input` where the object is no Signature, or not of 64 bytes.
result<signature_facts> read_signature(const object_source& from, const hash& name);
bool verify(const signature_facts& signature, const key32& public_key);

/// The public sign keys that count for a person (leute.hpp: `sign_keys_of`).
using key_source = std::function<std::vector<key32>(const hash& person)>;

struct authorship {
  hash person;
  /// The certificate is about this very entry, and one of the person's keys made the signature (docs/protocol/04 §4.3).
  bool verified = false;
};
/// Who wrote a channel entry: the issuer of the first Signature over an AffirmationCertificate among its metadata. Nothing where there
/// is none, or where it is not here.
std::optional<authorship> author_of(const object_source& from, const hash& creation_time, const std::vector<hash>& metadata, const key_source& keys);

} // namespace lama::models
