// How far one instance is behind the other, as both see it.
#include "actors/sync_figures/interface.hpp"
#include "tests/simulation/household.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

class lag_test : public testing::Test {
protected:
  void SetUp() override {
    all_.run_for(1s);
    ASSERT_TRUE(anna_.sign_up());
    auto made = anna_.create_later("notes", {});
    all_.run_for(5s);
    ASSERT_TRUE(*made && **made);
    ASSERT_EQ(anna_.conversations(anna_.sparse).size(), 1u);
    conversation_ = anna_.conversations(anna_.sparse)[0];
  }

  actors::sync_figures figures(side& where) {
    auto handle = where.members().find<actors::sync_figures_actor>("sync-figures/anna");
    auto told = where.ask<actors::sync_figures>(handle, actors::get_sync_figures{});
    EXPECT_TRUE(told);
    return told ? *told : actors::sync_figures{};
  }

  world all_{7};
  household anna_{all_, "anna", 1};
  std::string conversation_;
};

TEST_F(lag_test, instances_that_are_in_step_are_not_behind) {
  ASSERT_TRUE(anna_.send(conversation_, "hello"));
  auto busy = figures(anna_.archive);
  all_.run_for(20s);
  for (auto* where : {&anna_.sparse, &anna_.archive}) {
    auto x = figures(*where);
    EXPECT_TRUE(x.knows_other);
    EXPECT_EQ(x.other_behind, 0u) << "node " << where->index();
    EXPECT_EQ(x.other_behind_ms, 0);
    EXPECT_EQ(x.entries_a_second, 0) << "it is quiet since more than ten seconds";
    EXPECT_GT(x.objects, 0u);
    EXPECT_GT(x.bytes, 0u);
  }
  EXPECT_GT(busy.entries_a_second, 0);
  EXPECT_GT(busy.commits_a_second, 0);
}

TEST_F(lag_test, an_archive_that_is_away_falls_behind_and_catches_up) {
  all_.run_for(20s);
  anna_.archive.stop();
  all_.run_for(1s);
  ASSERT_TRUE(anna_.send(conversation_, "one"));
  all_.run_for(60s);
  ASSERT_TRUE(anna_.send(conversation_, "two"));
  auto away = figures(anna_.sparse);
  EXPECT_TRUE(away.knows_other);
  EXPECT_GT(away.other_behind, 0u);
  EXPECT_GE(away.other_behind_ms, 60'000);
  EXPECT_LT(away.other_behind_ms, 65'000);
  anna_.archive.restart();
  all_.run_for(60s);
  auto back = figures(anna_.sparse);
  EXPECT_EQ(back.other_behind, 0u);
  EXPECT_EQ(back.other_behind_ms, 0);
}

TEST_F(lag_test, how_far_the_other_is_survives_a_start) {
  all_.run_for(20s);
  anna_.archive.stop();
  ASSERT_TRUE(anna_.send(conversation_, "one"));
  all_.run_for(60s);
  auto before = figures(anna_.sparse);
  anna_.sparse.stop();
  anna_.sparse.restart();
  all_.run_for(1s);
  ASSERT_TRUE(anna_.log_in());
  auto after = figures(anna_.sparse);
  EXPECT_TRUE(after.knows_other);
  EXPECT_GE(after.other_behind, before.other_behind);
  EXPECT_GE(after.other_behind_ms, 60'000);
}

TEST_F(lag_test, an_actor_that_died_knows_again_what_the_connection_tells_next) {
  all_.run_for(20s);
  anna_.sparse.kill("sync-figures/anna");
  all_.run_for(5s);
  ASSERT_TRUE(anna_.send(conversation_, "one"));
  all_.run_for(20s);
  auto x = figures(anna_.sparse);
  EXPECT_TRUE(x.knows_other);
  EXPECT_EQ(x.other_behind, 0u);
}

} // namespace
} // namespace lama::simulator
