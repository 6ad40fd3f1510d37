#include "protocol/models/leute.hpp"

#include "protocol/models/grants.hpp"
#include "protocol/models/pairing_result.hpp"
#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

const json& leute_case(std::size_t index) {
  static const auto all = testing::load_vectors("leute.json");
  return all["cases"][index];
}

int64_t now_of(const json& x) {
  return (x.contains("now") ? x : x["input"])["now"].get<int64_t>();
}

remote_identity identity_in(const json& message) {
  remote_identity out;
  out.email = message["personEmail"];
  out.instance_name = message["instanceName"];
  out.person_keys = {key_in(message["personKeyPublic"]), key_in(message["personSignKeyPublic"])};
  out.instance_keys = {key_in(message["instanceKeyPublic"]), key_in(message["instanceSignKeyPublic"])};
  if (message.contains("url"))
    out.url = message["url"].get<std::string>();
  return out;
}

/// The cases of leute.json build upon each other; each test starts where it needs to.
class leute_test : public ::testing::Test {
protected:
  void start() {
    first_start options;
    options.url = leute_case(0)["input"]["comm_server_url"].get<std::string>();
    must(start_leute(alice.space, alice.own, options, alice.as, now_of(leute_case(0))));
  }
  void name() {
    must(set_own_name(alice.space, alice.own, "Alice", now_of(leute_case(1))));
  }
  paired pair() {
    random.say("LxayokUzy_MQ3yYxPc6g1gdlQ3TqMYDG");
    return must(store_pairing(alice.space, alice.own, bob, alice.as, random, now_of(leute_case(3))));
  }
  hash bob_person() {
    return hash_in(leute_case(3)["remote_person_id"]);
  }

  alice_store alice;
  scripted_random random;
  remote_identity bob = identity_in(leute_case(3)["identity_message"]);
};

TEST_F(leute_test, first_start) {
  step x{alice.space};
  start();
  x.expect(leute_case(0));
  step again{alice.space};
  start();
  again.expect_nothing();
}

TEST_F(leute_test, first_start_with_signatures_made_beforehand) {
  std::map<hash, std::string> ready;
  for (const auto& over : start_leute_to_sign(alice.own))
    ready[over] = alice.as.sign(over.hex());
  EXPECT_EQ(ready.size(), 2u);
  alice.as = sign_from(alice.own.person, ready);
  step x{alice.space};
  start();
  x.expect(leute_case(0));
}

TEST_F(leute_test, first_start_with_a_name_needs_one_version_only) {
  first_start options;
  options.name = "Alice";
  options.everyone = false;
  must(start_leute(alice.space, alice.own, options, alice.as, 1));
  EXPECT_EQ(own_name(alice.space, alice.own.person), "Alice");
  EXPECT_FALSE(own_url(alice.space, alice.own));
  EXPECT_TRUE(must(load_leute(alice.space)).groups.empty());
  EXPECT_FALSE(must(set_own_name(alice.space, alice.own, "Alice", 2)));
}

TEST_F(leute_test, display_name) {
  start();
  step x{alice.space};
  name();
  x.expect(leute_case(1));
  EXPECT_TRUE(must(set_own_name(alice.space, alice.own, "Alice B.", 1700000002500)));
  auto mine = must(load_profile(alice.space, default_profile_of(alice.own.person)));
  EXPECT_EQ(names_in(alice.space, mine), std::vector<std::string>{"Alice B."}); // replaced, not appended
  EXPECT_EQ(sign_keys_in(alice.space, mine), std::vector{alice.own.person_public.signing});
}

TEST_F(leute_test, url_is_replaced) {
  start();
  EXPECT_EQ(own_url(alice.space, alice.own), "wss://comm.example.org");
  EXPECT_TRUE(must(set_own_url(alice.space, alice.own, "ws://10.0.0.1:8765", 2)));
  EXPECT_EQ(own_url(alice.space, alice.own), "ws://10.0.0.1:8765");
  EXPECT_FALSE(must(set_own_url(alice.space, alice.own, "ws://10.0.0.1:8765", 3)));
  EXPECT_TRUE(must(set_own_url(alice.space, alice.own, std::nullopt, 4)));
  EXPECT_FALSE(own_url(alice.space, alice.own));
  EXPECT_EQ(must(load_profile(alice.space, default_profile_of(alice.own.person))).endpoints.size(), 1u);
}

TEST_F(leute_test, group) {
  start();
  step x{alice.space};
  must(create_group(alice.space, "initiallyDisabled", now_of(leute_case(2))));
  x.expect(leute_case(2));
}

TEST_F(leute_test, pairing) {
  start();
  name();
  step x{alice.space};
  auto made = pair();
  x.expect(leute_case(3));
  EXPECT_EQ(made.person, bob_person());
  EXPECT_EQ(made.profile.hex(), leute_case(3)["profile_id"]);
  EXPECT_EQ(made.profile_version.hex(), leute_case(3)["profile_version"]);
  EXPECT_EQ(made.signature.hex(), leute_case(3)["signature"]);
  EXPECT_EQ(made.contact.someone.hex(), leute_case(3)["someone_id"]);
  EXPECT_TRUE(made.contact.new_contact);
  step again{alice.space};
  EXPECT_FALSE(pair().contact.new_contact);
  again.expect_nothing();
}

TEST_F(leute_test, pairing_with_signatures_made_beforehand) {
  start();
  name();
  std::map<hash, std::string> ready;
  for (const auto& over : pairing_to_sign(alice.space, bob))
    ready[over] = alice.as.sign(over.hex());
  alice.as = sign_from(alice.own.person, ready);
  step x{alice.space};
  pair();
  x.expect(leute_case(3));
}

TEST_F(leute_test, pairing_again_forgets_no_name) {
  start();
  auto made = pair();
  auto about = must(load_profile(alice.space, made.profile));
  about.descriptions.push_back(must(store_text(alice.space, person_name_text("Bob"))));
  must(store_profile(alice.space, about, 1700000005000));
  bob.url = "wss://elsewhere.example.org";
  pair();
  EXPECT_EQ(known_name(alice.space, alice.own.person, bob_person()), "Bob");
  auto known = known_endpoints(alice.space, alice.own);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known.front().at.url, bob.url);
}

TEST_F(leute_test, pairing_with_myself_is_refused) {
  start();
  step x{alice.space};
  auto mine = identity_to_send(alice.space, alice.own);
  EXPECT_EQ(store_pairing(alice.space, alice.own, mine, alice.as, random, 1).failure().code, errc::bad_input);
  mine.email = "other@example.com";
  EXPECT_EQ(store_pairing(alice.space, alice.own, mine, alice.as, random, 1).failure().code, errc::bad_input);
  bob.email = "";
  EXPECT_EQ(store_pairing(alice.space, alice.own, bob, alice.as, random, 1).failure().code, errc::bad_input);
  x.expect_nothing();
}

TEST_F(leute_test, identity_message) {
  start();
  const auto& message = leute_case(4)["identity_message"];
  auto sent = identity_to_send(alice.space, alice.own);
  auto expected = identity_in(message);
  EXPECT_EQ(sent.email, expected.email);
  EXPECT_EQ(sent.instance_name, expected.instance_name);
  EXPECT_EQ(sent.person_keys, expected.person_keys);
  EXPECT_EQ(sent.instance_keys, expected.instance_keys);
  EXPECT_EQ(sent.url, expected.url);
}

TEST_F(leute_test, endpoints_of_others) {
  start();
  EXPECT_TRUE(known_endpoints(alice.space, alice.own).empty());
  pair();
  auto known = known_endpoints(alice.space, alice.own);
  const auto& expected = leute_case(5)["others_endpoints"];
  ASSERT_EQ(known.size(), expected.size());
  EXPECT_EQ(known[0].at.person, hash_in(expected[0]["personId"]));
  EXPECT_EQ(known[0].at.instance, hash_in(expected[0]["instanceId"]));
  EXPECT_EQ(known[0].at.person_keys, hash_in(expected[0]["personKeys"]));
  EXPECT_EQ(known[0].at.url, expected[0]["url"].get<std::string>());
  EXPECT_EQ(known[0].instance_public, bob.instance_keys);
  EXPECT_EQ(known[0].person_public, bob.person_keys);
}

TEST_F(leute_test, everyone) {
  start();
  pair();
  step x{alice.space};
  must(add_group_members(alice.space, "everyone", {bob_person()}, now_of(leute_case(6))));
  x.expect(leute_case(6));
  EXPECT_EQ(group_members(alice.space, "everyone").size(), 2u);
}

TEST_F(leute_test, profile_shared_with_a_person_then_a_group) {
  start();
  name();
  auto made = pair();
  auto mine = id_target(default_profile_of(alice.own.person));
  step person{alice.space};
  EXPECT_TRUE(must(grant(alice.space, mine, {{bob_person()}, {}}, grant_mode::add, now_of(leute_case(7)))));
  person.expect(leute_case(7));

  auto everyone = must(create_group(alice.space, "everyone", 0));
  step group{alice.space};
  must(grant(alice.space, mine, {{}, {everyone}}, grant_mode::add, now_of(leute_case(8))));
  must(grant(alice.space, object_target(made.signature), {{}, {everyone}}, grant_mode::add, now_of(leute_case(8))));
  group.expect(leute_case(8));

  auto given = grants_of(alice.space, bob_person());
  EXPECT_TRUE(given.objects.empty());
  EXPECT_EQ(given.ids, std::vector{mine.name});
}

TEST_F(leute_test, own_profile_about_a_contact) {
  start();
  name();
  pair();
  EXPECT_EQ(display_name(alice.space, alice.own.person, bob_person()), bob_person().hex());
  const auto& x = leute_case(10);
  profile about;
  about.person = bob_person();
  about.owner = alice.own.person;
  step s{alice.space};
  about.descriptions = {must(store_text(alice.space, person_name_text("Bob (my name for him)")))};
  auto stored = must(store_profile(alice.space, about, now_of(x)));
  auto event = must(profile_arrived(alice.space, alice.own.person, stored.id, random, now_of(x)));
  s.expect(x);
  EXPECT_FALSE(event.new_contact);
  EXPECT_EQ(display_name(alice.space, alice.own.person, bob_person()), x["display_name"]);
  auto all = contacts(alice.space);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].persons, std::vector{bob_person()});
  EXPECT_EQ(sign_keys_of(alice.space, alice.own.person, bob_person()), std::vector{bob.person_keys.signing});
}

/// What a contact brings about other people must not change how these prove who they are.
class foreign_profiles : public leute_test {
protected:
  /// A profile about `person` that Mallory wrote, with endpoint and sign key of hers.
  profile_event plant(const hash& person) {
    profile about;
    about.person = person;
    about.owner = sha256("mallory");
    auto keys = must(store_text(alice.space, keys_text(person, key32{66}, key32{67})));
    about.endpoints = {must(store_text(alice.space, endpoint_text({person, sha256("instance"), keys, keys, "ws://mallory"})))};
    about.descriptions = {must(store_text(alice.space, sign_key_text(key32{67}))), must(store_text(alice.space, person_name_text("Planted")))};
    auto stored = must(store_profile(alice.space, about, 5));
    return must(profile_arrived(alice.space, alice.own.person, stored.id, random, 6));
  }
};

TEST_F(foreign_profiles, do_not_touch_me) {
  start();
  step x{alice.space};
  auto me_before = alice.space.head(my_someone_id());
  EXPECT_TRUE(plant(alice.own.person).is_me);
  EXPECT_EQ(alice.space.head(my_someone_id()), me_before);
  EXPECT_EQ(sign_keys_of(alice.space, alice.own.person, alice.own.person), std::vector{alice.own.person_public.signing});
}

TEST_F(foreign_profiles, give_a_contact_no_route_and_no_key) {
  start();
  pair();
  EXPECT_FALSE(plant(bob_person()).new_contact);
  EXPECT_EQ(sign_keys_of(alice.space, alice.own.person, bob_person()), std::vector{bob.person_keys.signing});
  ASSERT_EQ(known_endpoints(alice.space, alice.own).size(), 1u);
  EXPECT_EQ(known_endpoints(alice.space, alice.own)[0].at.url, bob.url);
  // A name is another matter: it is only shown where nobody knows better.
  EXPECT_EQ(known_name(alice.space, alice.own.person, bob_person()), "Planted");
}

TEST_F(leute_test, many_contacts_are_found_by_their_person) {
  start();
  for (int i = 0; i < 50; ++i) {
    bob.email = "contact" + std::to_string(i) + "@example.com";
    bob.instance_keys.encryption[0] = static_cast<uint8_t>(i);
    must(store_pairing(alice.space, alice.own, bob, alice.as, random, 1700000004000 + i));
  }
  EXPECT_EQ(contacts(alice.space).size(), 50u);
  EXPECT_EQ(known_endpoints(alice.space, alice.own).size(), 50u);
  auto who = someone_of(alice.space, protocol::id_hash_of_person("contact17@example.com"));
  ASSERT_TRUE(who);
  EXPECT_EQ(must(load_someone(alice.space, *who)).identities[0].first, protocol::id_hash_of_person("contact17@example.com"));
  EXPECT_EQ(someone_of(alice.space, alice.own.person), my_someone_id());
  EXPECT_FALSE(someone_of(alice.space, sha256("nobody")));
}

/// pairing.json: both sides of real pairings, where clock and random ids differ; all else is the same to the byte.
TEST(pairing_vectors, objects_of_both_sides) {
  const auto all = testing::load_vectors("pairing.json");
  for (const auto& [mine, other, index] : {std::tuple{"alice", "bob", 5u}, {"bob", "alice", 6u}}) {
    const auto& me = all["parties"][mine];
    const auto& them = all["parties"][other];
    protocol::memory_space space{protocol::standard_recipes()};
    new_instance what;
    what.email = me["personIdObject"]["email"];
    what.name = me["instanceIdObject"]["name"];
    what.person_keys = {key_in(me["personKeysObject"]["publicKey"]), key_in(me["personKeysObject"]["publicSignKey"])};
    what.instance_keys = {key_in(me["instanceKeysObject"]["publicKey"]), key_in(me["instanceKeysObject"]["publicSignKey"])};
    auto own = must(create_instance(space, what, 1));
    EXPECT_EQ(own.instance.hex(), me["instanceId"]);
    EXPECT_EQ(own.person_keys.hex(), me["personKeysHash"]);
    const auto& listed = all["cases"][index]["objects"];
    remote_identity remote;
    remote.email = them["personIdObject"]["email"];
    remote.instance_name = them["instanceIdObject"]["name"];
    remote.person_keys = {key_in(them["personKeysObject"]["publicKey"]), key_in(them["personKeysObject"]["publicSignKey"])};
    remote.instance_keys = {key_in(them["instanceKeysObject"]["publicKey"]), key_in(them["instanceKeysObject"]["publicSignKey"])};
    for (const auto& x : listed)
      if (x["type"] == "OneInstanceEndpoint")
        if (auto read = must(protocol::parse_object(x["content"].get<std::string>(), protocol::standard_recipes())); read.find("url"))
          remote.url = read.text("url");
    scripted_random random;
    auto as = sign_with(own.person, sign_secret_in(me["secretKeys"]["personSign"]));
    must(start_leute(space, own, {}, as, 1));
    must(store_pairing(space, own, remote, as, random, 2));
    std::size_t compared = 0;
    for (const auto& x : listed) {
      auto type = x["type"].get<std::string>();
      if (type == "Someone" || type == "Leute" || type.starts_with("VersionNode"))
        continue;
      EXPECT_EQ(space.read(hash_in(x["hash"])).value_or("missing " + type), x["content"].get<std::string>());
      ++compared;
    }
    EXPECT_EQ(compared, 13u);
  }
}

} // namespace
} // namespace lama::models
