#include "tests/unit/sync/fixture.hpp"

namespace lama::protocol::sync::testing {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Two friends who share one channel, each granting it to the other: both write, both merge.
class Friends : public ::testing::Test {
protected:
  Friends() {
    channel = alice.make_channel("talk");
    bob.make_channel("talk");
    for (auto [from, to] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
      from->put_person("alice@example.com");
      from->put_person("bob@example.com");
      from->grant_id(channel, to->person);
    }
  }

  void meet() {
    connect(alice, bob);
    run(alice, bob);
    EXPECT_FALSE(alice.closed) << alice.closed->message;
    EXPECT_FALSE(bob.closed) << bob.closed->message;
    EXPECT_EQ(alice.data_of(channel), bob.data_of(channel));
  }

  static constexpr int64_t minute = 60'000;
  static constexpr int64_t start = 1'800'000'000'000;
  node alice{"alice@example.com", 1};
  node bob{"bob@example.com", 2};
  hash channel{};
};

TEST_F(Friends, MergeWhatBothWroteApart) {
  alice.post(channel, "a1", start);
  bob.post(channel, "b1", start + minute);
  alice.post(channel, "a2", start + 2 * minute);
  meet();
  EXPECT_THAT(alice.messages(channel), ElementsAre("a2", "b1", "a1"));
  EXPECT_EQ(bob.messages(channel), alice.messages(channel));
}

TEST_F(Friends, ComeToRest) {
  alice.post(channel, "a1", start);
  bob.post(channel, "b1", start + minute);
  connect(alice, bob);
  EXPECT_LT(run(alice, bob, 1000), 40u);
  EXPECT_EQ(run(alice, bob), 0u);
}

TEST_F(Friends, AnEchoIsNotSent) {
  meet();
  bob.received_names.clear();
  alice.received_names.clear();
  alice.post(channel, "hello", start);
  run(alice, bob);
  EXPECT_EQ(bob.messages(channel).front(), "hello");
  // The merge at bob gives the data that alice has: nothing to bring back.
  EXPECT_THAT(alice.received_names, ::testing::IsEmpty());
}

TEST_F(Friends, AnEchoIsNotSentInALaterSessionEither) {
  alice.post(channel, "hello", start);
  meet();
  disconnect(alice, bob);
  alice.received_names.clear();
  bob.received_names.clear();
  meet();
  EXPECT_THAT(alice.received_names, ::testing::IsEmpty());
  EXPECT_THAT(bob.received_names, ::testing::IsEmpty());
}

TEST_F(Friends, RebuiltEntriesTravelWithoutTheirMessages) {
  for (int i = 0; i < 30; ++i)
    alice.post(channel, "a" + std::to_string(i), start + i * minute);
  meet();
  disconnect(alice, bob);
  auto late = bob.post(channel, "late", start + 20 * minute + 1);
  alice.received_names.clear();
  meet();
  EXPECT_EQ(alice.messages(channel).size(), 31u);
  EXPECT_THAT(alice.received_names, ::testing::Contains(late.payload));
  // Ten entries stand above the new one; each is one object, their messages and signatures are known.
  EXPECT_LE(alice.received_names.size(), 10u + 12u);
  EXPECT_THAT(alice.received_names, ::testing::Not(::testing::Contains(alice.entries(channel).back())));
}

TEST_F(Friends, TalkWhileConnected) {
  meet();
  for (int i = 0; i < 10; ++i) {
    alice.post(channel, "a" + std::to_string(i), start + 2 * i * minute);
    bob.post(channel, "b" + std::to_string(i), start + (2 * i + 1) * minute);
    run(alice, bob);
  }
  EXPECT_EQ(alice.data_of(channel), bob.data_of(channel));
  EXPECT_EQ(alice.messages(channel).size(), 20u);
}

TEST_F(Friends, CutAnywhereTheyConvergeAfterwards) {
  for (std::size_t cut = 0; cut < 12; ++cut) {
    alice.post(channel, "a" + std::to_string(cut), start + static_cast<int64_t>(2 * cut) * minute);
    bob.post(channel, "b" + std::to_string(cut), start + static_cast<int64_t>(2 * cut + 1) * minute);
    connect(alice, bob);
    run(alice, bob, cut);
    disconnect(alice, bob);
  }
  meet();
  EXPECT_EQ(alice.messages(channel).size(), 24u);
  EXPECT_TRUE(alice.store().verify().problems.empty());
  EXPECT_TRUE(bob.store().verify().problems.empty());
}

TEST_F(Friends, AdoptTakesTheOtherSidesVersionWhateverWasHere) {
  auto text = [](std::string_view name) { return object_writer{"Person"}.text("email", "x@example.com").text("name", name).finish(); };
  auto id = alice.put_version(text("from alice"));
  bob.put_version(text("from bob"));
  alice.grant_id(id, bob.person);
  connect(alice, bob, {}, as_sparse());
  run(alice, bob);
  EXPECT_EQ(bob.data_of(id), alice.data_of(id));
  // … also when it goes back to what was before.
  alice.put_version(text("second"));
  run(alice, bob);
  alice.put_version(text("from alice"));
  run(alice, bob);
  EXPECT_EQ(bob.data_of(id), alice.data_of(id));
}

TEST_F(Friends, MergeKeepsTheNewerWhereAdoptWouldNot) {
  auto text = [](std::string_view name) { return object_writer{"Person"}.text("email", "x@example.com").text("name", name).finish(); };
  auto id = alice.put_version(text("older"));
  for (int i = 0; i < 5; ++i)
    bob.put_version(text("newer" + std::to_string(i)));
  auto newest = bob.data_of(id);
  alice.grant_id(id, bob.person);
  connect(alice, bob);
  run(alice, bob);
  EXPECT_EQ(bob.data_of(id), newest);
}

} // namespace lama::protocol::sync::testing
