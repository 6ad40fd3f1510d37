// Each checker finds nothing in an honest world, and finds what it is for in a damaged one.
#include "tests/simulation/checkers.hpp"

#include "protocol/models/channels.hpp"
#include "protocol/models/chat.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

/// Is there a problem that says this?
testing::AssertionResult finds(const problems& found, const std::string& what) {
  if (std::ranges::any_of(found, [&](const auto& x) { return x.find(what) != x.npos; }))
    return testing::AssertionSuccess();
  auto failed = testing::AssertionFailure() << "nothing says '" << what << "'; there is:";
  for (const auto& x : found)
    failed << "\n  " << x;
  return failed;
}

testing::AssertionResult clean(const problems& found) {
  auto failed = testing::AssertionFailure();
  for (const auto& x : found)
    failed << "\n  " << x;
  return found.empty() ? testing::AssertionSuccess() : failed;
}

class checkers_test : public testing::Test {
protected:
  void SetUp() override {
    auto founded = all.found();
    ASSERT_TRUE(founded) << founded.failure().message;
  }

  void crash_and_log_in(side& where, household& home) {
    where.crash(0);
    where.restart();
    all.all.run_for(2s);
    auto state = home.log_in();
    ASSERT_TRUE(state) << state.failure().message;
  }

  /// Runs this on the writer of a side, as nobody should.
  void tamper(side& where, household& home, std::function<result<done>(storage::transaction&)> change) {
    auto writer = where.members().find<actors::object_store_actor>("object-store/" + home.user);
    auto written = where.ask<actors::transacted>(writer, actors::transact{"tamper", std::move(change)});
    ASSERT_TRUE(written) << written.failure().message;
  }

  town all{7};
};

TEST_F(checkers_test, an_honest_world_has_no_problems) {
  ASSERT_TRUE(all.send(0, "hello bert"));
  ASSERT_TRUE(all.send(1, "hello anna"));
  all.all.run_for(10s);
  EXPECT_TRUE(clean(check_contents(all)));
  EXPECT_TRUE(clean(check_stores(all)));
}

TEST_F(checkers_test, messages_that_do_not_arrive_are_missed) {
  all.all.lines().cut(all.anna().archive.index(), all.bert().archive.index()); // sync is off
  ASSERT_TRUE(all.send(0, "hello bert"));
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_messages(all), "bert's archive lacks 'hello bert'"));
  EXPECT_TRUE(finds(check_messages(all), "bert's sparse instance lacks 'hello bert'"));
}

TEST_F(checkers_test, an_acknowledgement_before_the_write_is_noticed) {
  auto& anna = all.anna();
  anna.sparse.stop();
  anna.sparse.write_without_sync();
  anna.sparse.restart();
  all.all.run_for(2s);
  ASSERT_TRUE(anna.log_in());
  all.all.lines().cut(anna.sparse.index(), anna.archive.index());
  ASSERT_TRUE(all.send(0, "hello bert"));
  crash_and_log_in(anna.sparse, anna);
  all.all.lines().mend(anna.sparse.index(), anna.archive.index());
  all.all.run_for(30s);
  EXPECT_TRUE(finds(check_messages(all), "lacks 'hello bert', which was acknowledged"));
}

TEST_F(checkers_test, a_message_that_nobody_asked_for_is_noticed) {
  ASSERT_TRUE(all.anna().send(all.direct, "behind the oracle's back"));
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_messages(all), "nobody asked for: 'behind the oracle's back'"));
}

TEST_F(checkers_test, a_message_that_is_there_twice_is_noticed) {
  ASSERT_TRUE(all.send(0, "hello bert"));
  all.all.run_for(1s);
  ASSERT_TRUE(all.anna().send(all.direct, "hello bert"));
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_messages(all), "bert's sparse instance has 'hello bert' 2 times"));
}

TEST_F(checkers_test, a_message_that_is_not_acknowledged_must_be_everywhere_or_nowhere) {
  all.all.lines().cut(all.anna().archive.index(), all.bert().archive.index());
  ASSERT_TRUE(all.send(0, "hello bert"));
  all.expected.messages["hello bert"].acknowledged = false;
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_messages(all), "'hello bert', not acknowledged, is on 2 sides only"));
}

TEST_F(checkers_test, a_forged_author_is_noticed) {
  // Bert's name under a message on Anna's archive, signed with a key that is not his.
  all.expected.messages["I owe you 1000"] = {all.direct, 1, {0, 1}, false, {}, true};
  seeded_random chance{1};
  auto forged = models::sign_with(all.persons[1], protocol::make_signing_keys(chance).secret_key);
  tamper(all.anna().archive, all.anna(), [&](storage::transaction& to) -> result<done> {
    LAMA_TRY(text, models::chat_message_text({"I owe you 1000", all.persons[1], {}, {}}));
    LAMA_CHECK(models::post(to, models::channel_id({all.direct, {}}), text, forged, all.anna().archive.clock().now_ms()));
    return done{};
  });
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_authors(all), "anna's archive cannot verify the author of 'I owe you 1000'"));
  EXPECT_TRUE(finds(check_authors(all), "bert's sparse instance cannot verify the author of 'I owe you 1000'"));
}

TEST_F(checkers_test, a_message_under_another_name_is_noticed) {
  ASSERT_TRUE(all.send(0, "hello"));
  all.expected.messages["hello"].author = 1;
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_authors(all), "wrong author of 'hello'"));
  EXPECT_TRUE(finds(check_authors(all), "wrong sender of 'hello'"));
}

TEST_F(checkers_test, an_outbox_that_nobody_empties_is_noticed) {
  all.all.lines().cut(all.anna().archive.index(), all.anna().sparse.index());
  ASSERT_TRUE(all.send(0, "hello bert"));
  all.all.run_for(10s);
  EXPECT_TRUE(finds(check_receipts(all), "anna's sparse instance has 1 outbox entries without receipt"));
}

TEST_F(checkers_test, a_conversation_that_nobody_made_is_noticed) {
  auto created = all.anna().create_later("Secret", {all.persons[1]});
  all.all.run_for(10s);
  ASSERT_TRUE(*created && **created);
  EXPECT_TRUE(finds(check_people(all), "anna's sparse instance lists a conversation that nobody made"));
}

TEST_F(checkers_test, a_conversation_that_is_not_shown_is_noticed) {
  all.expected.conversations["a room that is not there"] = {{0, 1}};
  EXPECT_TRUE(finds(check_people(all), "bert's sparse instance does not list the conversation"));
}

TEST_F(checkers_test, connections_left_over_are_noticed) {
  for (int i = 0; i < 3; ++i)
    all.bert().archive.network().connect("ws://node0:8765", {[](auto) {}, [](auto, auto) {}, [](auto, auto, auto) {}}, 10'000);
  all.all.run_for(1s);
  EXPECT_TRUE(finds(check_leftovers(all), "anna's archive has"));
  EXPECT_TRUE(finds(check_leftovers(all), "bert's archive has"));
}

TEST_F(checkers_test, a_flipped_bit_is_noticed) {
  ASSERT_TRUE(all.send(0, std::string(20'000, 'x')));
  all.all.run_for(10s);
  auto& archive = all.bert().archive;
  archive.stop();
  for (const auto& name : archive.disk().names())
    if (name.ends_with(".log"))
      archive.disk().flip_bit(name, 9 * 8 * archive.disk().used() / 10);
  EXPECT_TRUE(finds(check_stores(all), "bert's archive"));
}

TEST_F(checkers_test, an_upload_left_over_is_noticed) {
  auto& sparse = all.anna().sparse;
  auto writer = sparse.members().find<actors::object_store_actor>("object-store/anna");
  auto begun = sparse.ask<actors::blob_begun>(writer, actors::begin_blob{});
  ASSERT_TRUE(begun);
  ASSERT_TRUE(sparse.ask<actors::ok>(writer, actors::append_blob{begun->upload, std::string(3 << 20, 'x')}));
  EXPECT_TRUE(finds(check_stores(all), "anna's sparse instance has 1 uploads left over"));
}

TEST_F(checkers_test, a_side_that_is_down_is_noticed) {
  all.anna().archive.crash(0);
  EXPECT_TRUE(finds(check_messages(all), "anna's archive is not there"));
}

} // namespace
} // namespace lama::simulator
