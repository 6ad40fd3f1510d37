#include "protocol/policy/sync_strategy.hpp"

#include <gtest/gtest.h>

#include <set>

/// The table of strategies, held against the types and against the table of who may bring what.
namespace lama::protocol::policy {
namespace {

const std::vector<const recipe*>& all_types() {
  static const auto types = standard_recipes().all();
  return types;
}

strategy usual(std::string_view type) {
  return strategy_table{}.of(type, standard_recipes());
}

TEST(strategies, every_type_has_one_that_fits_it) {
  for (const auto* type : all_types()) {
    auto found = usual(type->name);
    if (!type->versioned) {
      EXPECT_EQ(found, strategy::append_only) << type->name;
    } else {
      EXPECT_NE(found, strategy::append_only) << type->name;
    }
  }
}

TEST(strategies, types_of_users_are_written_by_one) {
  auto recipes = recipe_table::on_top_of(standard_recipes());
  ASSERT_TRUE(recipes.add_line("Note: title*: string; text: string"));
  ASSERT_TRUE(recipes.add_line("Mark: says: string"));
  strategy_table table;
  auto note = explain("Note", table, recipes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->strategy, strategy::last_write);
  EXPECT_EQ(explain("Mark", table, recipes)->strategy, strategy::append_only);
}

TEST(strategies, every_line_names_a_type_once) {
  std::set<std::string_view> seen;
  for (const auto& line : policy::strategies()) {
    EXPECT_TRUE(standard_recipes().find(line.type)) << line.type;
    EXPECT_TRUE(seen.insert(line.type).second) << line.type;
    EXPECT_FALSE(line.why.empty()) << line.type;
  }
}

TEST(strategies, those_of_the_design) {
  EXPECT_EQ(usual("ChatMessage"), strategy::append_only);
  EXPECT_EQ(usual("LamaConversation"), strategy::last_write);
  EXPECT_EQ(usual("Profile"), strategy::merge);
  EXPECT_EQ(usual("Settings"), strategy::instance_local);
  EXPECT_EQ(usual("TypeOfSomebodyElse"), strategy::append_only);
}

/// A version of what is local is taken from nobody, and what is taken is not called local.
TEST(strategies, local_is_what_nobody_may_bring) {
  parties between;
  for (const auto* type : all_types())
    for (auto from : {origin::archive_of_mine, origin::sparse_of_mine, origin::contact}) {
      between.from = from;
      auto judged = judge(between, {role::version, type->name, nullptr}).verdict;
      if (usual(type->name) == strategy::instance_local) {
        EXPECT_EQ(judged, verdict::denied) << type->name;
      } else if (from == origin::archive_of_mine) {
        EXPECT_EQ(judged, reach_of(from, type->name) == reach::any ? verdict::allowed : judged) << type->name;
        EXPECT_NE(reach_of(from, type->name), reach::never) << type->name;
      }
    }
}

TEST(strategies, a_configuration_may_keep_a_type_here) {
  strategy_table table;
  ASSERT_TRUE(table.set("News", "instance-local", standard_recipes()));
  EXPECT_EQ(table.of("News", standard_recipes()), strategy::instance_local);
  EXPECT_EQ(usual("News"), strategy::append_only);
  parties between;
  between.from = origin::archive_of_mine;
  EXPECT_EQ(judge(between, {role::root, "News", nullptr}).verdict, verdict::allowed);
  between.strategies = &table;
  auto judged = judge(between, {role::child, "News", nullptr});
  EXPECT_EQ(judged.verdict, verdict::denied);
  EXPECT_NE(judged.reason.find("configuration"), std::string_view::npos);
  EXPECT_EQ(judge(between, {role::child, "DiaryEntry", nullptr}).verdict, verdict::allowed);
  ASSERT_TRUE(table.set("News", "append-only", standard_recipes())); // and take it back
  EXPECT_EQ(judge(between, {role::child, "News", nullptr}).verdict, verdict::allowed);
}

TEST(strategies, a_configuration_may_not_choose_what_others_would_not_do) {
  strategy_table table;
  auto refusal = [&](const char* type, const char* wanted) {
    auto done = table.set(type, wanted, standard_recipes());
    return done ? errc{} : done.failure().code;
  };
  EXPECT_EQ(refusal("NoSuchType", "merge"), errc::bad_input);
  EXPECT_EQ(refusal("News", "sometimes"), errc::bad_input);
  EXPECT_EQ(refusal("ChatMessage", "last-write"), errc::conflict);
  EXPECT_EQ(refusal("Profile", "last-write"), errc::conflict);
  EXPECT_EQ(refusal("Settings", "merge"), errc::conflict); // it would let others write mine
  EXPECT_EQ(refusal("LamaConversation", "instance-local"), errc::conflict);
  EXPECT_EQ(refusal("VersionNodeEdge", "instance-local"), errc::conflict);
  EXPECT_EQ(refusal("Settings", "instance-local"), errc{});
  auto told = table.set("Profile", "last-write", standard_recipes());
  EXPECT_NE(told.failure().message.find("merge"), std::string::npos);
}

TEST(strategies, are_explained) {
  strategy_table table;
  auto chat = *explain("ChatMessage", table, standard_recipes());
  EXPECT_EQ(chat.strategy, strategy::append_only);
  ASSERT_EQ(chat.rules.size(), 3u);
  EXPECT_EQ(chat.rules[0].from, "my archive");
  EXPECT_EQ(chat.rules[0].reach, "all");
  EXPECT_EQ(chat.rules[2].reach, "as part of another object that may come");
  auto groups = *explain("Group", table, standard_recipes());
  EXPECT_EQ(groups.strategy, strategy::instance_local);
  for (const auto& rule : groups.rules)
    EXPECT_EQ(rule.reach, "nothing");
  ASSERT_TRUE(table.set("Profile", "instance-local", standard_recipes()));
  auto kept = *explain("Profile", table, standard_recipes());
  EXPECT_TRUE(kept.configured);
  EXPECT_EQ(kept.rules[1].reach, "nothing");
  EXPECT_EQ(explain("NoSuchType", table, standard_recipes()).failure().code, errc::not_found);
  for (const auto* type : all_types())
    EXPECT_TRUE(explain(type->name, table, standard_recipes())) << type->name;
}

} // namespace
} // namespace lama::protocol::policy
