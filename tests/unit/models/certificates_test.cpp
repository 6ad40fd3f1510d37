#include "protocol/models/certificates.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

const json& cases() {
  static const auto all = testing::load_vectors("certificates.json");
  return all["cases"];
}

std::optional<certificate> kind_named(const std::string& type) {
  for (auto kind : {certificate::affirmation, certificate::trust_keys, certificate::relation, certificate::right_for_self, certificate::right_for_everybody,
                    certificate::access_to_versions, certificate::access_to_object})
    if (type_of(kind) == type)
      return kind;
  return std::nullopt;
}

std::string text_for(certificate kind, const json& fields) {
  switch (kind) {
  case certificate::affirmation:
    return affirmation_text(hash_in(fields["data"]));
  case certificate::trust_keys:
    return trust_keys_text(hash_in(fields["profile"]));
  case certificate::relation:
    return relation_text(fields["app"].get<std::string>(), fields["relation"].get<std::string>(), hash_in(fields["person1"]), hash_in(fields["person2"]));
  case certificate::right_for_self:
  case certificate::right_for_everybody:
    return right_text(kind, hash_in(fields["beneficiary"]));
  case certificate::access_to_versions:
  case certificate::access_to_object:
    return access_text(kind, hash_in(fields["person"]), hash_in(fields["data"]));
  }
  return {};
}

TEST(certificates, licences) {
  int seen = 0;
  for (const auto& x : cases())
    if (x["kind"] == "license") {
      auto kind = kind_named(x["certificate_type"]);
      ASSERT_TRUE(kind) << x["certificate_type"];
      EXPECT_EQ(license_text(*kind), x["microdata"].get<std::string>());
      EXPECT_EQ(license_of(*kind).hex(), x["hash"]);
      ++seen;
    }
  EXPECT_EQ(seen, 7);
}

TEST(certificates, texts_and_signatures) {
  int seen = 0;
  for (const auto& x : cases()) {
    if (x["kind"] != "certificate")
      continue;
    auto name = x["name"].get<std::string>();
    auto kind = kind_named(name.substr(name.find(": ") + 2));
    ASSERT_TRUE(kind) << name;
    auto text = text_for(*kind, x["certificate_fields"]);
    EXPECT_EQ(text, x["certificate_microdata"].get<std::string>());
    protocol::memory_space space{protocol::standard_recipes()};
    auto made = must(certify(space, *kind, text, sign_with(hash_in(x["issuer"]), sign_secret_in(x["sign_keys"]["secret_hex"]))));
    EXPECT_EQ(made.certificate.hex(), x["certificate_hash"]);
    EXPECT_EQ(made.signature.hex(), x["signature_hash"]);
    EXPECT_EQ(space.read(made.signature).value_or(""), x["signature_microdata"].get<std::string>());
    auto facts = must(read_signature(space, made.signature));
    EXPECT_TRUE(verify(facts, key_in(x["sign_keys"]["public_hex"])));
    facts.signature[5] ^= 1;
    EXPECT_FALSE(verify(facts, key_in(x["sign_keys"]["public_hex"])));
    ++seen;
  }
  EXPECT_EQ(seen, 7);
}

TEST(certificates, plain_signature) {
  for (const auto& x : cases())
    if (x["kind"] == "signature") {
      alice_store alice;
      auto name = must(sign_object(alice.space, hash_in(x["data"]), alice.as));
      EXPECT_EQ(name.hex(), x["hash"]);
      EXPECT_EQ(alice.space.read(name).value_or(""), x["microdata"].get<std::string>());
    }
}

TEST(certificates, without_a_key_nothing_is_signed) {
  alice_store alice;
  step none{alice.space};
  auto made = sign_object(alice.space, sha256("x"), {alice.own.person, [](std::string_view) { return std::string{}; }});
  EXPECT_EQ(made.failure().code, errc::locked);
  none.expect_nothing();
}

TEST(certificates, signatures_made_beforehand) {
  alice_store alice;
  auto data = sha256("x");
  auto ready = sign_from(alice.own.person, {{data, alice.as.sign(data.hex())}});
  EXPECT_EQ(must(sign_object(alice.space, data, ready)), must(sign_object(alice.space, data, alice.as)));
  EXPECT_FALSE(sign_object(alice.space, sha256("y"), ready));
}

/// The author of an entry is whoever signed for *this* CreationTime with a key that counts.
class authorship_test : public ::testing::Test {
protected:
  std::optional<authorship> author(const hash& creation_time, const hash& metadata) {
    auto keys = [&](const hash& person) { return person == alice.own.person ? std::vector{alice.own.person_public.signing} : std::vector<key32>{}; };
    return author_of(alice.space, creation_time, {metadata}, keys);
  }
  hash affirm(const hash& data, const signer& as) {
    return must(certify(alice.space, certificate::affirmation, affirmation_text(data), as)).signature;
  }
  alice_store alice;
  hash entry = sha256("a creation time");
};

TEST_F(authorship_test, verified) {
  auto found = author(entry, affirm(entry, alice.as));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->person, alice.own.person);
  EXPECT_TRUE(found->verified);
}

TEST_F(authorship_test, zero_signature_names_an_author_but_proves_nothing) {
  auto found = author(entry, affirm(entry, {alice.own.person, [](std::string_view) { return std::string(64, '\0'); }}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->person, alice.own.person);
  EXPECT_FALSE(found->verified);
}

TEST_F(authorship_test, signature_for_another_entry_does_not_count) {
  auto found = author(entry, affirm(sha256("another"), alice.as));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->verified);
}

TEST_F(authorship_test, right_of_somebody_else_is_no_affirmation) {
  auto right = must(certify(alice.space, certificate::right_for_self, right_text(certificate::right_for_self, alice.own.person), alice.as));
  EXPECT_FALSE(author(entry, right.signature));
  EXPECT_FALSE(author(entry, alice.own.person_keys));
  EXPECT_FALSE(author(entry, sha256("not here")));
}

TEST_F(authorship_test, unknown_person_is_not_verified) {
  auto found = author(entry, affirm(entry, sign_with(sha256("mallory"), sign_secret_in(alice.keys["sign_secret"]))));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->person, sha256("mallory"));
  EXPECT_FALSE(found->verified);
}

} // namespace
} // namespace lama::models
