#include "protocol/models/ai_contact.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

const json& ai_case() {
  static const auto all = testing::load_vectors("lama.json");
  return all["cases"][1];
}

class ai_contact_test : public ::testing::Test {
protected:
  void SetUp() override {
    must(start_leute(alice.space, alice.own, {}, alice.as, 1));
  }
  ai_contact create(const std::string& name) {
    public_keys keys{key_in(ai_case()["keys"]["enc_public"]), key_in(ai_case()["keys"]["sign_public"])};
    return must(create_ai_contact(alice.space, alice.own.person, ai_case()["model_id"].get<std::string>(), name, keys, ++now));
  }
  alice_store alice;
  int64_t now = 1700000001000;
};

TEST_F(ai_contact_test, is_the_person_that_lama_makes) {
  auto made = create(ai_case()["display_name"]);
  EXPECT_EQ(ai_email(ai_case()["model_id"].get<std::string>()), ai_case()["email"].get<std::string>());
  EXPECT_TRUE(is_ai_email(ai_case()["email"].get<std::string>()));
  EXPECT_FALSE(is_ai_email("alice@example.com"));
  EXPECT_EQ(made.person.hex(), ai_case()["person_id"]);
  std::set<std::string> same{"Keys", "Person", "Person (id object)", "PersonName", "Profile (id object)"};
  for (const auto& x : ai_case()["new_objects"])
    if (same.contains(x["type"]) || x["microdata"].get<std::string>().find("someoneId\">ollama:gpt-oss:20b<") != std::string::npos) {
      EXPECT_EQ(alice.space.read(hash_in(x["hash"])).value_or("missing"), x["microdata"].get<std::string>());
    }
}

TEST_F(ai_contact_test, is_one_contact_whatever_arrives_later) {
  auto made = create("A model");
  scripted_random random;
  auto event = must(profile_arrived(alice.space, alice.own.person, made.profile, random, ++now));
  EXPECT_EQ(event.someone, made.someone);
  ASSERT_EQ(contacts(alice.space).size(), 1u);
  EXPECT_EQ(display_name(alice.space, alice.own.person, made.person), "A model");
  EXPECT_EQ(sign_keys_of(alice.space, alice.own.person, made.person), std::vector{key_in(ai_case()["keys"]["sign_public"])});
  step nothing{alice.space};
  create("A model");
  nothing.expect_nothing();
  create("Another name");
  EXPECT_EQ(contacts(alice.space).size(), 1u);
  EXPECT_EQ(display_name(alice.space, alice.own.person, made.person), "Another name");
}

} // namespace
} // namespace lama::models
