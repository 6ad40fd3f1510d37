#include "tests/simulation/household.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

TEST(node_test, a_new_user_has_two_instances_that_know_each_other) {
  world all{1};
  household anna{all, "anna", 1};
  all.run_for(1s);
  auto state = anna.sign_up();
  ASSERT_TRUE(state) << state.failure().message;
  EXPECT_TRUE(state->paired);
  EXPECT_NE(state->person, state->public_person);
  auto archive = anna.archive.user("anna");
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->me.person, state->public_person);
}

TEST(node_test, two_users_pair_and_chat) {
  world all{2};
  household anna{all, "anna", 1};
  household bert{all, "bert", 2};
  all.run_for(1s);
  auto a = anna.sign_up();
  auto b = bert.sign_up();
  ASSERT_TRUE(a) << a.failure().message;
  ASSERT_TRUE(b) << b.failure().message;
  auto invitation = anna.invite();
  ASSERT_TRUE(invitation) << invitation.failure().message;
  auto paired = bert.accept(*invitation);
  ASSERT_TRUE(paired) << paired.failure().message;
  EXPECT_EQ(*paired, a->public_person);
  all.run_for(20s);
  auto here = anna.conversations(anna.sparse);
  ASSERT_EQ(here.size(), 1u);
  EXPECT_EQ(here, bert.conversations(bert.sparse));
  auto sent = anna.send(here[0], "hello bert");
  ASSERT_TRUE(sent) << sent.failure().message;
  ASSERT_TRUE(bert.send(here[0], "hello anna"));
  all.run_for(10s);
  for (auto* where : {&anna.archive, &anna.sparse, &bert.archive, &bert.sparse}) {
    auto& owner = where == &anna.archive || where == &anna.sparse ? anna : bert;
    auto lines = owner.lines(*where, here[0]);
    ASSERT_EQ(lines.size(), 2u) << "node " << where->index();
    for (const auto& line : lines)
      EXPECT_EQ(line.author, line.text == "hello bert" ? a->public_person : b->public_person);
  }
}

} // namespace
} // namespace lama::simulator
