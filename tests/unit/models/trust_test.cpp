#include "protocol/models/trust.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

/// The steps of the trust case of certificates.json: Alice is me, Bob and Carol are contacts.
class trust_test : public ::testing::Test {
protected:
  void SetUp() override {
    must(start_leute(alice.space, alice.own, {}, alice.as, 1));
    know(bob, {bob_first.public_key});
  }
  /// A new version of somebody's own default profile.
  hash know(const hash& person, const std::vector<key32>& keys) {
    profile about;
    about.person = about.owner = person;
    for (const auto& key : keys)
      about.descriptions.push_back(must(store_text(alice.space, sign_key_text(key))));
    auto stored = must(store_profile(alice.space, about, ++now));
    must(profile_arrived(alice.space, me, stored.id, random, now));
    return stored.version;
  }
  void say(certificate kind, const std::string& text, const signer& as) {
    must(certify(alice.space, kind, text, as));
  }
  trust build() {
    return {alice.space, [this](const key32& key) { return key == alice.own.person_public.signing; }};
  }
  void expect_like(std::size_t index) {
    static const auto all = testing::load_vectors("certificates.json");
    const auto& expected = all["cases"][15]["steps"][index];
    auto now_trusted = build();
    for (const auto& [name, key] : std::map<std::string, key32>{{"alice_key", alice.own.person_public.signing},
                                                                {"bob_key", bob_first.public_key},
                                                                {"bob_second_key", bob_second.public_key},
                                                                {"carol_key", carol_key.public_key}}) {
      auto found = now_trusted.check(key);
      EXPECT_EQ(found.trusted, expected[name]["trusted"].get<bool>()) << expected["after"] << " " << name;
      EXPECT_EQ(to_text(found.reason), expected[name]["reason"].get<std::string>()) << expected["after"] << " " << name;
      if (!expected[name]["via"].empty()) {
        EXPECT_EQ(must(protocol::load(alice.space, found.certificate)).type, expected[name]["via"][0]["certificate"]) << name;
      }
    }
  }

  alice_store alice;
  scripted_random random;
  int64_t now = 10;
  hash me = alice.own.person;
  hash bob = protocol::id_hash_of_person("bob@example.com");
  hash carol = protocol::id_hash_of_person("carol@example.com");
  protocol::signing_keys bob_first = protocol::make_signing_keys(random);
  protocol::signing_keys bob_second = protocol::make_signing_keys(random);
  protocol::signing_keys carol_key = protocol::make_signing_keys(random);
  signer as_bob = sign_with(bob, bob_first.secret_key);
};

TEST_F(trust_test, steps_of_the_vectors) {
  expect_like(0);
  auto first = *protocol::current_data(alice.space, default_profile_of(bob));
  say(certificate::trust_keys, trust_keys_text(first), alice.as);
  expect_like(1);
  auto second = know(bob, {bob_first.public_key, bob_second.public_key});
  expect_like(2);
  say(certificate::affirmation, affirmation_text(second), as_bob);
  expect_like(3);
  say(certificate::right_for_self, right_text(certificate::right_for_self, bob), alice.as);
  expect_like(4);
  auto about_carol = know(carol, {carol_key.public_key});
  say(certificate::trust_keys, trust_keys_text(about_carol), as_bob);
  expect_like(5);
  say(certificate::right_for_everybody, right_text(certificate::right_for_everybody, bob), as_bob);
  expect_like(6);
  say(certificate::right_for_everybody, right_text(certificate::right_for_everybody, bob), alice.as);
  expect_like(7);
}

TEST_F(trust_test, an_affirmation_counts_for_ones_own_profile_only) {
  auto first = *protocol::current_data(alice.space, default_profile_of(bob));
  say(certificate::trust_keys, trust_keys_text(first), alice.as);
  say(certificate::right_for_self, right_text(certificate::right_for_self, bob), alice.as);
  say(certificate::affirmation, affirmation_text(know(carol, {carol_key.public_key})), as_bob);
  EXPECT_FALSE(build().check(carol_key.public_key).trusted);
}

TEST_F(trust_test, forged_signatures_count_for_nothing) {
  auto first = *protocol::current_data(alice.space, default_profile_of(bob));
  say(certificate::trust_keys, trust_keys_text(first), sign_with(me, bob_first.secret_key));
  EXPECT_FALSE(build().check(bob_first.public_key).trusted);
  say(certificate::right_for_everybody, right_text(certificate::right_for_everybody, bob), sign_with(me, bob_first.secret_key));
  say(certificate::trust_keys, trust_keys_text(know(carol, {carol_key.public_key})), as_bob);
  EXPECT_FALSE(build().check(carol_key.public_key).trusted);
}

TEST_F(trust_test, keys_that_vouch_for_each_other_end) {
  say(certificate::right_for_everybody, right_text(certificate::right_for_everybody, bob), alice.as);
  say(certificate::right_for_everybody, right_text(certificate::right_for_everybody, carol), alice.as);
  say(certificate::trust_keys, trust_keys_text(know(carol, {carol_key.public_key})), as_bob);
  auto about_bob = *protocol::current_data(alice.space, default_profile_of(bob));
  say(certificate::trust_keys, trust_keys_text(about_bob), sign_with(carol, carol_key.secret_key));
  EXPECT_FALSE(build().check(carol_key.public_key).trusted);
  EXPECT_FALSE(build().check(bob_first.public_key).trusted);
}

TEST_F(trust_test, who_affirmed_something) {
  auto data = alice.own.person_keys;
  auto first = *protocol::current_data(alice.space, default_profile_of(bob));
  say(certificate::affirmation, affirmation_text(data), alice.as);
  say(certificate::affirmation, affirmation_text(data), as_bob);
  say(certificate::affirmation, affirmation_text(data), {carol, [](std::string_view) { return std::string(64, '\0'); }});
  EXPECT_EQ(build().affirmed_by(alice.space, data), std::vector{me});
  say(certificate::trust_keys, trust_keys_text(first), alice.as);
  EXPECT_EQ(build().affirmed_by(alice.space, data), (std::vector{me, bob}));
}

TEST_F(trust_test, without_local_keys_nothing_is_trusted) {
  trust none{alice.space, [](const key32&) { return false; }};
  EXPECT_FALSE(none.check(alice.own.person_public.signing).trusted);
}

} // namespace
} // namespace lama::models
