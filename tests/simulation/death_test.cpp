// Any actor may die while messages flow; it comes back, and nothing is missing.
#include "tests/simulation/scenario.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

/// Index of the side among town::sides().
class death_test : public testing::TestWithParam<std::size_t> {};

TEST_P(death_test, each_actor_dies_in_turn_while_messages_flow) {
  town all{21 + GetParam()};
  auto founded = all.found();
  ASSERT_TRUE(founded) << founded.failure().message;
  auto home = GetParam() / 2;
  auto is_archive = GetParam() % 2 == 0;
  auto& victim = *all.sides()[GetParam()];
  int number = 0;
  for (const auto& role : roles_of(is_archive, all.homes[home]->user)) {
    ASSERT_TRUE(victim.has(role)) << role;
    for (std::size_t from : {0u, 1u}) {
      auto text = role + ": before, " + std::to_string(++number);
      (void)all.send(from, text); // what is refused, nobody waits for
    }
    victim.kill(role);
    all.all.run_for(std::chrono::milliseconds{number});
    for (std::size_t from : {0u, 1u}) {
      auto text = role + ": after, " + std::to_string(++number);
      (void)all.send(from, text); // what is refused, nobody waits for
    }
    all.all.run_for(20s);
    EXPECT_TRUE(victim.has(role)) << role << " did not come back";
    EXPECT_EQ(check_contents(all), problems{}) << "after the death of " << role;
  }
  // Before a death nothing is refused; right after it some may be.
  EXPECT_GE(all.expected.acknowledged(), all.expected.messages.size() / 2);
  EXPECT_EQ(check_stores(all), problems{});
}

/// With a connection dies the chum session that it carries: they are linked.
TEST_P(death_test, connections_die_while_messages_flow) {
  town all{41 + GetParam()};
  auto founded = all.found();
  ASSERT_TRUE(founded) << founded.failure().message;
  auto& victim = *all.sides()[GetParam()];
  int number = 0;
  for (const char* group : {"chum", "ipc", "chum"}) {
    for (std::size_t from : {0u, 1u})
      (void)all.send(from, std::string{group} + ": before, " + std::to_string(++number));
    EXPECT_GE(victim.kill_connections(group), 1u) << group;
    for (std::size_t from : {0u, 1u})
      (void)all.send(from, std::string{group} + ": after, " + std::to_string(++number));
    all.all.run_for(30s);
    EXPECT_EQ(check_contents(all), problems{}) << "after the death of " << group;
  }
  EXPECT_EQ(all.expected.acknowledged(), all.expected.messages.size()) << "what is written on one's own device needs no connection";
  EXPECT_EQ(check_stores(all), problems{});
}

std::string name_of(const testing::TestParamInfo<std::size_t>& info) {
  static constexpr const char* names[] = {"annas_archive", "annas_sparse_instance", "berts_archive", "berts_sparse_instance"};
  return names[info.param];
}

INSTANTIATE_TEST_SUITE_P(each_side, death_test, testing::Values(0u, 1u, 2u, 3u), name_of);

} // namespace
} // namespace lama::simulator
