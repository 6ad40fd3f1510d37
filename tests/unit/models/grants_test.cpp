#include "protocol/models/grants.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

class grants_test : public ::testing::Test {
protected:
  bool change(const grant_target& target, const std::vector<hash>& persons, grant_mode mode) {
    return must(grant(space, target, {persons, {}}, mode, ++now));
  }
  std::set<hash> persons(const grant_target& target) {
    auto all = granted_to(space, target).persons;
    return {all.begin(), all.end()};
  }
  protocol::memory_space space{protocol::standard_recipes()};
  int64_t now = 0;
  hash alice = sha256("alice"), bob = sha256("bob"), carol = sha256("carol");
  grant_target thing = object_target(sha256("thing")), all_of_it = id_target(sha256("thing"));
};

TEST_F(grants_test, add_is_a_union_and_writes_once) {
  EXPECT_TRUE(change(thing, {alice, alice}, grant_mode::add));
  EXPECT_TRUE(change(thing, {bob}, grant_mode::add));
  EXPECT_FALSE(change(thing, {bob, alice}, grant_mode::add));
  EXPECT_EQ(persons(thing), (std::set{alice, bob}));
  EXPECT_EQ(granted_to(space, thing).persons.size(), 2u);
}

TEST_F(grants_test, access_to_an_object_and_to_an_id_are_two_things) {
  change(thing, {alice}, grant_mode::add);
  EXPECT_TRUE(persons(all_of_it).empty());
  change(all_of_it, {bob}, grant_mode::add);
  EXPECT_EQ(persons(thing), std::set{alice});
  EXPECT_EQ(grants_of(space, alice).objects, std::vector{thing.name});
  EXPECT_TRUE(grants_of(space, alice).ids.empty());
  EXPECT_EQ(grants_of(space, bob).ids, std::vector{thing.name});
}

TEST_F(grants_test, only_the_latest_version_counts) {
  change(all_of_it, {alice, bob}, grant_mode::add);
  change(all_of_it, {bob}, grant_mode::replace);
  EXPECT_TRUE(grants_of(space, alice).ids.empty());
  EXPECT_EQ(grants_of(space, bob).ids.size(), 1u);
  change(all_of_it, {}, grant_mode::replace);
  EXPECT_TRUE(grants_of(space, bob).ids.empty());
  EXPECT_TRUE(change(all_of_it, {alice}, grant_mode::add)); // old content in a new version
  EXPECT_EQ(grants_of(space, alice).ids.size(), 1u);
}

TEST_F(grants_test, remove_takes_out_only_these) {
  EXPECT_FALSE(change(thing, {alice}, grant_mode::remove));
  change(thing, {alice, bob, carol}, grant_mode::add);
  EXPECT_TRUE(change(thing, {alice, carol}, grant_mode::remove));
  EXPECT_EQ(persons(thing), std::set{bob});
  EXPECT_FALSE(change(thing, {alice}, grant_mode::remove));
}

TEST_F(grants_test, what_is_granted_about_a_person_is_not_granted_to_it) {
  change(id_target(alice), {bob}, grant_mode::add);
  EXPECT_TRUE(grants_of(space, alice).ids.empty());
  EXPECT_EQ(grants_of(space, bob).ids, std::vector{alice});
}

} // namespace
} // namespace lama::models
