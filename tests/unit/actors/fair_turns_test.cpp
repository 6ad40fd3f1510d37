#include "actors/ui_gateway/fair_turns.hpp"

#include "gateway_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lama::actors {
namespace {

using ::testing::ElementsAre;

class fair_turns_test : public ::testing::Test {
protected:
  void pile_up(const std::string& client, int count) {
    for (int i = 1; i <= count; ++i)
      turns.add(client, 10, [this, client, i] { done.push_back(client + std::to_string(i)); });
  }
  /// Takes as many turns as there are; a piece ends at once where `ends`.
  void take(std::size_t most, bool ends = true) {
    for (std::size_t i = 0; i < most; ++i) {
      auto piece = turns.next();
      if (!piece)
        return;
      (*piece)();
      if (ends)
        turns.ended(done.back().substr(0, 1));
    }
  }

  fair_turns turns{{.most_of_one = 2, .most_together = 5, .fair_bytes = 100, .most_bytes = 5000}};
  std::vector<std::string> done;
};

TEST_F(fair_turns_test, clients_go_in_turn_whatever_they_piled_up) {
  pile_up("a", 4);
  pile_up("b", 1);
  pile_up("c", 2);
  take(100);
  EXPECT_THAT(done, ElementsAre("a1", "b1", "c1", "a2", "c2", "a3", "a4"));
  EXPECT_EQ(turns.waiting(), 0u);
  EXPECT_EQ(turns.under_way(), 0u);
}

TEST_F(fair_turns_test, who_comes_late_does_not_wait_for_what_others_piled_up) {
  pile_up("a", 100);
  pile_up("b", 100);
  take(10);
  done.clear();
  pile_up("c", 1);
  take(3);
  EXPECT_THAT(done, ElementsAre("c1", "a6", "b6"));
}

TEST_F(fair_turns_test, who_was_away_has_saved_up_no_turns) {
  pile_up("a", 100);
  pile_up("b", 1);
  take(50);
  done.clear();
  pile_up("b", 50);
  take(4);
  EXPECT_THAT(done, ElementsAre("b1", "a50", "b2", "a51"));
}

TEST_F(fair_turns_test, who_was_given_much_waits_until_the_others_had_as_much) {
  pile_up("a", 3);
  pile_up("b", 5);
  take(1);
  turns.charge("a", 3);
  take(100);
  EXPECT_THAT(done, ElementsAre("a1", "b1", "b2", "b3", "b4", "a2", "b5", "a3"));
}

TEST_F(fair_turns_test, what_was_given_is_remembered_while_one_asks_for_nothing) {
  pile_up("a", 1);
  take(1, false);
  turns.charge("a", 2);
  turns.ended("a");
  pile_up("b", 4);
  pile_up("a", 1);
  take(100);
  EXPECT_THAT(done, ElementsAre("a1", "b1", "b2", "b3", "a1", "b4"));
}

TEST_F(fair_turns_test, of_two_that_were_given_the_same_the_one_that_has_just_come_is_first) {
  // Both have had much, and go on only because nobody else is there; then somebody is.
  for (const auto* client : {"a", "b"}) {
    pile_up(client, 2);
    take(1);
    turns.charge(client, 10);
  }
  take(1);
  EXPECT_EQ(done.back(), "a2");
  pile_up("c", 1);
  take(2);
  EXPECT_THAT(done, ElementsAre("a1", "b1", "a2", "c1", "b2"));
}

TEST_F(fair_turns_test, clients_that_come_once_are_not_kept) {
  for (int i = 0; i < 5000; ++i) {
    auto name = "client " + std::to_string(i);
    ASSERT_TRUE(turns.add(name, 10, [] {}));
    ASSERT_TRUE(turns.next());
    turns.charge(name, i % 2 ? 0 : 100);
    turns.ended(name);
  }
  EXPECT_LT(turns.clients(), 1025u);
}

TEST_F(fair_turns_test, who_holds_more_than_its_share_is_refused_when_all_is_used_up) {
  ASSERT_TRUE(turns.add("a", 4990, [] {})) << "there is room";
  EXPECT_FALSE(turns.add("a", 11, [] {}));
  EXPECT_TRUE(turns.add("b", 100, [] {})) << "its share";
  EXPECT_FALSE(turns.add("b", 1, [] {}));
  EXPECT_EQ(turns.waiting_bytes(), 5090u);
  turns.forget("a");
  EXPECT_EQ(turns.waiting_bytes(), 100u);
  EXPECT_TRUE(turns.add("b", 4900, [] {}));
}

TEST_F(fair_turns_test, a_client_with_much_under_way_waits_for_its_own) {
  pile_up("a", 4);
  pile_up("b", 2);
  take(100, false);
  EXPECT_THAT(done, ElementsAre("a1", "b1", "a2", "b2"));
  EXPECT_FALSE(turns.can_go_on());
  turns.ended("b");
  EXPECT_FALSE(turns.can_go_on()) << "it has nothing left";
  turns.ended("a");
  take(100, false);
  EXPECT_EQ(done.back(), "a3");
}

TEST_F(fair_turns_test, all_together_have_a_limit) {
  for (const auto* client : {"a", "b", "c", "d", "e", "f"})
    pile_up(client, 1);
  take(100, false);
  EXPECT_EQ(done.size(), 5u);
  turns.ended("a");
  take(100, false);
  EXPECT_EQ(done.size(), 6u);
}

TEST_F(fair_turns_test, the_rest_of_what_was_begun_comes_before_what_is_piled_up) {
  pile_up("a", 2);
  turns.add_first("a", [this] { done.push_back("a0"); });
  take(100);
  EXPECT_THAT(done, ElementsAre("a0", "a1", "a2"));
}

TEST_F(fair_turns_test, who_is_gone_leaves_nothing_behind) {
  pile_up("a", 3);
  pile_up("b", 1);
  take(1, false);
  turns.forget("a");
  take(100, false);
  EXPECT_THAT(done, ElementsAre("a1", "b1"));
  turns.ended("a");
  turns.ended("b");
  turns.ended("nobody");
  EXPECT_EQ(turns.under_way(), 0u);
  EXPECT_EQ(turns.waiting(), 0u);
}

TEST(fair_gateway, calls_that_one_page_piled_up_delay_another_by_one_of_them) {
  testing::gateway_rig rig{side::archive};
  rig.open_socket(1);
  rig.open_socket(2);
  rig.settle();
  rig.server.order.clear();
  rig.pile_up(1, "one-core:init", 50);
  rig.pile_up(2, "one-core:init", 2);
  rig.settle();
  ASSERT_EQ(rig.server.order.size(), 52u);
  EXPECT_THAT((std::vector(rig.server.order.begin(), rig.server.order.begin() + 5)), ElementsAre(1, 2, 1, 2, 1));
  EXPECT_EQ(rig.server.granted[1], 50u);
}

TEST(fair_gateway, a_batch_takes_a_turn_for_each_of_its_calls) {
  testing::gateway_rig rig{side::archive};
  rig.open_socket(1);
  rig.open_socket(2);
  rig.settle();
  rig.server.order.clear();
  rig.pile_up_batch(1, "one-core:init", 50);
  rig.pile_up(2, "one-core:init", 1);
  rig.settle();
  EXPECT_THAT(rig.server.order, ElementsAre(2, 1)) << "the page with one call did not wait for the batch";
  EXPECT_EQ(rig.server.sent[1].back().size(), 50u);
}

} // namespace
} // namespace lama::actors
