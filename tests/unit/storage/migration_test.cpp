#include "protocol/versions/versions.hpp"
#include "storage/files.hpp"
#include "storage/keys.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <fstream>
#include <sstream>

namespace lama::storage::testing {
namespace {

/// A store as the last program of schema 1 left it: texts, a signature, blobs in one piece and in two, three versions, a note, a mark, evicted objects.
const std::filesystem::path fixture = std::filesystem::path{LAMA_SOURCE_DIR} / "tests/unit/storage/schema_1";

std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream{file, std::ios::binary}.rdbuf();
  return bytes.str();
}

void expect_content(store& x) {
  expect_clean(x);
  EXPECT_EQ(x.last_sequence(), 17u);
  EXPECT_EQ(x.object_count(), 12u);
  auto view = x.read();
  EXPECT_EQ(view->read(sha256(chat_text("hello"))), chat_text("hello"));
  EXPECT_EQ(view->read(sha256("abc")), "abc");
  EXPECT_EQ(view->read(sha256(noise(70'000))), noise(70'000));
  EXPECT_EQ(view->referrers(sha256(chat_text("hello")), "Signature").size(), 1u);
  auto current = protocol::current_data(*view, person_id("alice@example.com"));
  ASSERT_TRUE(current);
  EXPECT_EQ(view->read(*current), person_text("alice@example.com", "Alice 2"));
  EXPECT_EQ(view->note("some/note"), "kept");
  for (const auto& name : {sha256("somewhere"), sha256(chat_text("evicted")), sha256(license_text("last"))})
    EXPECT_TRUE(view->elsewhere(name));
  EXPECT_FALSE(view->trouble());
}

void put_fixture_on(simulator::env& disk) {
  for (const auto& entry : std::filesystem::directory_iterator{fixture})
    ASSERT_TRUE(leveldb::WriteStringToFile(&disk, bytes_of(entry.path()), "/store/" + entry.path().filename().string()).ok());
  for (const auto& name : disk.names()) {
    leveldb::WritableFile* file = nullptr;
    ASSERT_TRUE(disk.NewAppendableFile(name, &file).ok());
    EXPECT_TRUE(file->Sync().ok());
    delete file;
  }
}

TEST(migration_test, an_older_store_is_brought_up_to_date_and_a_copy_of_it_is_left) {
  lama::testing::scratch_folder scratch;
  auto folder = scratch.path() / "store";
  std::filesystem::copy(fixture, folder);
  {
    auto opened = store::open(folder);
    ASSERT_TRUE(opened) << opened.failure().message;
    expect_content(**opened);
    put_all(**opened, {license_text("new")});
  }
  // The copy is what the older program would open.
  EXPECT_EQ(bytes_of(folder / "schema-1" / "CURRENT").substr(0, 9), "MANIFEST-");
  std::filesystem::copy(folder / "schema-1", scratch.path() / "again");
  auto again = store::open(scratch.path() / "again");
  ASSERT_TRUE(again) << again.failure().message;
  expect_content(**again);
  EXPECT_FALSE((*again)->read()->contains(sha256(license_text("new"))));
  auto opened = store::open(folder);
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->read()->contains(sha256(license_text("new"))));
}

TEST(migration_test, whatever_write_fails_the_older_store_is_still_there_and_is_migrated_next_time) {
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure at write " + std::to_string(n));
    disk_store it{4u << 20};
    put_fixture_on(it.disk);
    if (HasFatalFailure())
      return;
    it.disk.fail_after(n);
    auto opened = it.open();
    auto reached = it.disk.failing();
    it.close();
    it.disk.crash(n % 31);
    ASSERT_TRUE(it.open());
    expect_content(*it);
    if (HasFailure())
      return;
    if (!reached) {
      EXPECT_TRUE(opened);
      EXPECT_GT(n, 10u);
      break;
    }
    ASSERT_LT(n, 500u);
  }
}

TEST(migration_test, without_room_for_the_copy_nothing_is_changed) {
  int refusals = 0;
  for (uint64_t free = 0;; free += 10'000) {
    SCOPED_TRACE(free);
    disk_store it{4u << 20};
    put_fixture_on(it.disk);
    it.disk.fill_up(free);
    auto opened = it.open();
    it.disk.heal();
    if (opened)
      break;
    ++refusals;
    EXPECT_EQ(opened.failure().code, errc::no_space) << opened.failure().message;
    ASSERT_TRUE(it.open());
    expect_content(*it);
  }
  EXPECT_GT(refusals, 5);
}

} // namespace
} // namespace lama::storage::testing
