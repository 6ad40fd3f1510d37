#include "storage/keys.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <leveldb/db.h>

#include <unistd.h>

namespace lama::storage::testing {
namespace {

class opening_test : public ::testing::Test {
protected:
  std::filesystem::path path() const {
    return folder_.path() / "deep" / "store";
  }
  void write_raw(std::string_view key, const std::string& value) const {
    std::filesystem::create_directories(path());
    leveldb::Options options;
    options.create_if_missing = true;
    leveldb::DB* db = nullptr;
    ASSERT_TRUE(leveldb::DB::Open(options, path().string(), &db).ok());
    std::unique_ptr<leveldb::DB> owner{db};
    ASSERT_TRUE(db->Put({}, {key.data(), key.size()}, value).ok());
  }
  errc refusal() const {
    auto opened = store::open(path());
    EXPECT_FALSE(opened);
    return opened ? errc::internal : opened.failure().code;
  }

  lama::testing::scratch_folder folder_;
};

TEST_F(opening_test, the_folder_is_made_and_private) {
  ASSERT_TRUE(store::open(path()));
  EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(opening_test, a_store_that_is_open_says_in_which_process) {
  auto first = store::open(path());
  ASSERT_TRUE(first);
  auto second = store::open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.failure().code, errc::locked);
  EXPECT_NE(second.failure().message.find("this process itself"), std::string::npos) << second.failure().message;
}

TEST_F(opening_test, another_process_is_named_by_its_id) {
  int ready[2];
  int over[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(over), 0);
  auto child = fork();
  if (child == 0) {
    char byte = 0;
    auto opened = store::open(path());
    auto told = write(ready[1], &byte, 1);
    auto ended = read(over[0], &byte, 1);
    _exit(opened && told == 1 && ended == 1 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  auto refused = store::open(path());
  ASSERT_EQ(write(over[1], &byte, 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::locked);
  EXPECT_NE(refused.failure().message.find("process " + std::to_string(child)), std::string::npos) << refused.failure().message;
  for (auto end : {ready[0], ready[1], over[0], over[1]})
    close(end);
  EXPECT_TRUE(store::open(path())); // the lock went with the process
}

TEST_F(opening_test, a_newer_schema_is_refused_and_left_alone) {
  put_all(**store::open(path()), {license_text("a")});
  write_raw(keys::schema, std::to_string(schema_version + 1));
  EXPECT_EQ(refusal(), errc::unsupported);
  write_raw(keys::schema, std::to_string(schema_version));
  auto again = store::open(path());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->object_count(), 1u);
}

TEST_F(opening_test, a_database_of_somebody_else_is_refused) {
  write_raw("theirs", "x");
  EXPECT_EQ(refusal(), errc::corrupt);
}

TEST_F(opening_test, an_unreadable_schema_is_refused) {
  write_raw(keys::schema, "zero");
  EXPECT_EQ(refusal(), errc::corrupt);
}

TEST_F(opening_test, data_without_the_file_current_is_not_thrown_away) {
  put_all(**store::open(path()), {license_text("a")});
  auto current = path() / "CURRENT";
  std::filesystem::rename(current, path() / "kept");
  EXPECT_EQ(refusal(), errc::corrupt);
  std::filesystem::rename(path() / "kept", current);
  auto again = store::open(path());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->object_count(), 1u);
}

} // namespace
} // namespace lama::storage::testing
