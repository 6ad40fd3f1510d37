#include "tests/unit/sync/fixture.hpp"

#include "protocol/models/annotations.hpp"
#include "protocol/sync/wire.hpp"

/// Types of ours between friends: they leave where the other node says that it takes them, and nowhere else.
namespace lama::protocol::sync::testing {

class shared_types : public ::testing::Test {
protected:
  shared_types() {
    bob.put_person("alice@example.com");
    talk = alice.make_channel("talk", alice.person);
    message = alice.post(talk, "hello").creation_time;
    beside = alice.make_channel("lama.annotations.talk", alice.person);
    models::lama_annotation said{"talk", message, alice.person, models::annotation_kind::edit, "better", 1};
    annotation = alice.put(models::text_of(said));
    auto keys = models::sign_with(alice.person, make_signing_keys(random).secret_key);
    alice.change([&](storage::transaction& to) -> result<done> {
      LAMA_CHECK(models::post(to, beside, models::text_of(said), keys, 1'800'000'000'000));
      return done{};
    });
    alice.grant_id(talk, bob.person);
    alice.grant_id(beside, bob.person);
  }

  void meet(std::vector<std::string> bobs) {
    auto stock_alone = [](std::vector<std::string> also) {
      return [also](session_config& x) {
        x.may_leave = is_stock_type;
        x.shared_types = also;
      };
    };
    connect(alice, bob, stock_alone({"LamaAnnotation"}), stock_alone(std::move(bobs)));
    run(alice, bob);
    EXPECT_FALSE(alice.closed);
    EXPECT_FALSE(bob.closed);
    EXPECT_EQ(bob.messages(talk), std::vector<std::string>{"hello"});
  }

  seeded_random random{9};
  node alice{"alice@example.com", 1};
  node bob{"bob@example.com", 2};
  hash talk{}, beside{}, message{}, annotation{};
};

TEST_F(shared_types, leave_for_a_node_that_takes_them) {
  meet({"LamaAnnotation"});
  EXPECT_TRUE(bob.has(annotation));
}

TEST_F(shared_types, stay_where_the_other_node_is_older) {
  meet({});
  EXPECT_FALSE(bob.has(annotation));
}

TEST_F(shared_types, a_node_cannot_ask_for_more_than_is_shared) {
  alice.put_version(object_writer{"LamaSetting"}.text("key", "a").text("value", "1").finish());
  auto id = sha256(object_writer{"LamaSetting", true}.text("key", "a").finish());
  alice.grant_id(id, bob.person);
  meet({"LamaAnnotation", "LamaSetting"});
  EXPECT_FALSE(bob.has(id));
}

TEST_F(shared_types, a_window_does_not_cut_what_is_said_of_messages) {
  for (int i = 0; i < 10; ++i)
    alice.post(beside, "entry " + std::to_string(i));
  connect(alice, bob, {}, [](session_config& x) {
    x.entry_window = 2;
    x.accepts_elsewhere = true;
    x.shared_types = {"LamaAnnotation"};
  });
  run(alice, bob);
  EXPECT_EQ(bob.entries(beside).size(), 11u);
}

TEST(Hello, NamesTypesWithinLimits) {
  hello x;
  x.store_id = "s";
  x.types = {"LamaAnnotation"};
  auto text = write_hello(x);
  ASSERT_TRUE(read_hello(text));
  EXPECT_EQ(read_hello(text)->types, x.types);
  text.erase("types");
  ASSERT_TRUE(read_hello(text)) << "the first nodes did not say it";
  text["types"] = nlohmann::json::array({5, std::string(1000, 'x'), "A"});
  ASSERT_TRUE(read_hello(text));
  EXPECT_EQ(read_hello(text)->types, std::vector<std::string>{"A"});
  text["types"] = nlohmann::json(std::vector<std::string>(1000, "A"));
  EXPECT_FALSE(read_hello(text));
}

} // namespace lama::protocol::sync::testing
