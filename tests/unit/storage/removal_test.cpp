#include "storage/removal.hpp"

#include "storage/restore.hpp"
#include "storage/store.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace lama::storage {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder})
    names.insert(entry.path().filename());
  return names;
}

class removal_test : public ::testing::Test {
protected:
  void make(const std::string& user) {
    fs::create_directories(users_ / user / "inner");
    std::ofstream{users_ / user / "CURRENT"} << "a file";
    std::ofstream{users_ / user / "inner" / "file"} << "another";
  }

  lama::testing::scratch_folder scratch_;
  fs::path users_ = scratch_.path() / "archive";
};

TEST_F(removal_test, takes_one_store_and_leaves_the_others) {
  make("anna");
  make("bert");
  ASSERT_TRUE(remove_store(users_ / "anna", system_random()));
  EXPECT_EQ(names_in(users_), std::set<std::string>{"bert"});
  EXPECT_EQ(remove_store(users_ / "anna", system_random()).failure().code, errc::not_found);
  EXPECT_TRUE(fs::exists(users_ / "bert" / "inner" / "file"));
}

TEST_F(removal_test, what_a_crash_left_goes_and_nothing_else) {
  make("anna");
  make(".removed-bert-0123456789abcdef"); // renamed, and not deleted yet
  make(std::string{restoring_prefix} + "carl");
  fs::remove(users_ / ".removed-bert-0123456789abcdef" / "CURRENT"); // or in part
  make(".kept");
  std::ofstream{users_ / "node.key"} << "key";
  remove_leftovers(users_);
  EXPECT_EQ(names_in(users_), (std::set<std::string>{"anna", ".kept", "node.key"}));
  EXPECT_TRUE(fs::exists(users_ / "anna" / "inner" / "file"));
  remove_leftovers(users_ / "nowhere"); // before the first user
}

TEST_F(removal_test, follows_no_link_out_of_the_folder) {
  make("anna");
  auto outside = scratch_.path() / "outside";
  fs::create_directory(outside);
  std::ofstream{outside / "file"} << "not the user's";
  fs::create_directory_symlink(outside, users_ / "anna" / "link");
  fs::create_directory_symlink(outside, users_ / ".removed-link");
  ASSERT_TRUE(remove_store(users_ / "anna", system_random()));
  remove_leftovers(users_);
  EXPECT_TRUE(fs::exists(outside / "file"));
  EXPECT_TRUE(names_in(users_).empty());
}

TEST_F(removal_test, a_new_store_can_be_made_in_its_place) {
  { ASSERT_TRUE(store::open(users_ / "anna")); }
  ASSERT_TRUE(remove_store(users_ / "anna", system_random()));
  auto again = store::open(users_ / "anna");
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->read()->last_sequence(), 0u);
}

} // namespace
} // namespace lama::storage
