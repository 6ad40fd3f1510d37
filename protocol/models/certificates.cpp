#include "protocol/models/certificates.hpp"

#include <array>

namespace lama::models {

namespace {

struct certificate_kind {
  std::string_view type;
  std::string license;
  hash license_name;

  certificate_kind(std::string_view type_name, std::string_view name, std::string_view description)
      : type(type_name), license(object_writer{"License"}.text("name", name).text("description", description).finish()), license_name(sha256(license)) {
    // nop
  }
};

/// In the order of `certificate`. The everybody-right's licence really is the only one whose name ends in "License".
const certificate_kind& facts_of(certificate kind) {
  static const std::array<certificate_kind, 7> kinds{{
      {"AffirmationCertificate", "Affirmation", "[signature.issuer] affirms that content of [data] is correct."},
      {"TrustKeysCertificate", "TrustKeys", "[signature.issuer] asserts that keys in [profile] belong to the person referenced by the profile."},
      {"RelationCertificate", "Relation", "[signature.issuer] affirms that [person1] has [relation] to [person2] in context of application [app]."},
      {"RightToDeclareTrustedKeysForSelfCertificate", "RightToDeclareTrustedKeysForSelf",
       "[signature.issuer] gives [beneficiary] the right to declare keys in his own profiles as trusted by issuing Affirmation certificates."},
      {"RightToDeclareTrustedKeysForEverybodyCertificate", "RightToDeclareTrustedKeysForEverybodyLicense",
       "[signature.issuer] gives [beneficiary] the right to declare any keys in profiles as trusted by issuing TrustKeys certificates."},
      {"AccessVersionedObjectCertificate", "AccessVersionedObject", "[signature.issuer] gives permission to share all versions of [data] with [person]."},
      {"AccessUnversionedObjectCertificate", "AccessUnversionedObject", "[signature.issuer] gives permission to share [data] with [person]."},
  }};
  return kinds[static_cast<std::size_t>(kind)];
}

constexpr std::size_t signature_bytes = 64;

} // namespace

std::string_view type_of(certificate kind) {
  return facts_of(kind).type;
}

const std::string& license_text(certificate kind) {
  return facts_of(kind).license;
}

const hash& license_of(certificate kind) {
  return facts_of(kind).license_name;
}

std::string affirmation_text(const hash& data) {
  return object_writer{type_of(certificate::affirmation)}
      .object_reference("data", data)
      .object_reference("license", license_of(certificate::affirmation))
      .finish();
}

std::string trust_keys_text(const hash& profile_version) {
  return object_writer{type_of(certificate::trust_keys)}
      .object_reference("profile", profile_version)
      .object_reference("license", license_of(certificate::trust_keys))
      .finish();
}

std::string right_text(certificate kind, const hash& beneficiary) {
  return object_writer{type_of(kind)}.id_reference("beneficiary", beneficiary).object_reference("license", license_of(kind)).finish();
}

std::string relation_text(std::string_view app, std::string_view relation, const hash& person1, const hash& person2) {
  return object_writer{type_of(certificate::relation)}
      .text("app", app)
      .text("relation", relation)
      .id_reference("person1", person1)
      .id_reference("person2", person2)
      .object_reference("license", license_of(certificate::relation))
      .finish();
}

std::string access_text(certificate kind, const hash& person, const hash& data) {
  object_writer out{type_of(kind)};
  out.id_reference("person", person);
  if (kind == certificate::access_to_versions)
    out.id_reference("data", data);
  else
    out.object_reference("data", data);
  return out.object_reference("license", license_of(kind)).finish();
}

std::string signature_text(const hash& issuer, const hash& data, std::string_view signature) {
  return object_writer{"Signature"}.id_reference("issuer", issuer).object_reference("data", data).text("signature", to_hex(signature)).finish();
}

result<hash> sign_object(object_space& space, const hash& data, const signer& as) {
  auto signature = as.sign ? as.sign(data.hex()) : std::string{};
  if (signature.size() != signature_bytes)
    return fail(errc::locked, "cannot sign as person " + as.person.hex() + ": its sign key is not at hand; log in first", "KEYMKM-NOKEY");
  return store_text(space, signature_text(as.person, data, signature));
}

result<certified> certify(object_space& space, certificate kind, const std::string& text, const signer& as) {
  LAMA_CHECK(store_text(space, license_text(kind)));
  LAMA_TRY(name, store_text(space, text));
  LAMA_TRY(signature, sign_object(space, name, as));
  return certified{name, signature};
}

result<signature_facts> read_signature(const object_source& from, const hash& name) {
  LAMA_TRY(x, protocol::load(from, name));
  auto issuer = x.reference("issuer");
  auto data = x.reference("data");
  auto bytes = from_hex(x.text("signature"));
  if (x.type != "Signature" || !issuer || !data || !bytes || bytes->size() != signature_bytes)
    return fail(errc::bad_input, "object " + name.hex() + " is not a Signature of 64 bytes");
  return signature_facts{*issuer, *data, std::move(*bytes)};
}

bool verify(const signature_facts& signature, const key32& public_key) {
  return protocol::verify(signature.data.hex(), signature.signature, public_key);
}

std::optional<authorship> author_of(const object_source& from, const hash& creation_time, const std::vector<hash>& metadata, const key_source& keys) {
  for (const auto& name : metadata) {
    auto signature = read_signature(from, name);
    if (!signature)
      continue;
    auto statement = protocol::load(from, signature->data);
    if (!statement || statement->type != type_of(certificate::affirmation))
      continue;
    authorship author{signature->issuer, false};
    if (statement->reference("data") == creation_time && keys)
      for (const auto& key : keys(author.person))
        if (verify(*signature, key)) {
          author.verified = true;
          break;
        }
    return author;
  }
  return std::nullopt;
}

} // namespace lama::models
