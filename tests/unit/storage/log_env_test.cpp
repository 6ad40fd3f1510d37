#include "storage/log_env.hpp"

#include "storage/log_tail.hpp"

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

/// The log with room made ahead: what a killed process, a cut write and a flipped bit leave of it.
namespace lama::storage {
namespace {

namespace fs = std::filesystem;

constexpr int records = 190;

std::string key_of(int i) {
  return "key" + std::to_string(i);
}
/// From some bytes to more than a block of the log.
std::string value_of(int i) {
  std::mt19937 random{static_cast<uint32_t>(i)};
  std::string value(i % 50 == 49 ? 40'000 : i == records - 1 ? 1900 : 10 + random() % 2000, '\0');
  for (auto& x : value)
    x = static_cast<char>('a' + random() % 26);
  return value;
}

std::string read_file(const fs::path& from) {
  std::ifstream file{from, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

class log_env_test : public testing::Test {
protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("lama-log-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    auto writer = open(folder_ / "live");
    ASSERT_TRUE(writer);
    leveldb::WriteOptions durable;
    durable.sync = true;
    for (int i = 0; i < records; ++i)
      ASSERT_TRUE(writer->Put(durable, key_of(i), value_of(i)).ok());
    fs::copy(folder_ / "live", folder_ / "killed"); // as a killed process leaves it: nothing was closed
    writer.reset();
    for (const auto& x : fs::directory_iterator{folder_ / "killed"})
      if (x.path().extension() == ".log")
        log_ = x.path();
    content_ = read_file(log_);
  }
  void TearDown() override {
    fs::remove_all(folder_);
  }

  std::unique_ptr<leveldb::DB> open(const fs::path& at) {
    leveldb::Options options;
    options.env = &log_env();
    options.create_if_missing = true;
    options.paranoid_checks = true;
    leveldb::DB* db = nullptr;
    status_ = leveldb::DB::Open(options, at.string(), &db);
    return std::unique_ptr<leveldb::DB>{db};
  }
  std::unique_ptr<leveldb::DB> open_with(const std::string& log) {
    fs::remove_all(folder_ / "damaged");
    fs::copy(folder_ / "killed", folder_ / "damaged");
    std::ofstream{folder_ / "damaged" / log_.filename(), std::ios::binary} << log;
    return open(folder_ / "damaged");
  }
  /// How many of the records are there; -1 where they are not the first ones.
  static int held(leveldb::DB& db) {
    int count = 0;
    std::string value;
    while (count < records && db.Get({}, key_of(count), &value).ok() && value == value_of(count))
      ++count;
    for (int i = count; i < records; ++i)
      if (!db.Get({}, key_of(i), &value).IsNotFound())
        return -1;
    return count;
  }
  /// Where the last record begins: what is left when its end is cut off.
  std::size_t begin_of_last() const {
    auto end = *length_of_log(content_);
    auto cut = content_;
    cut[end - 1] = '\0';
    std::fill(cut.begin() + static_cast<std::ptrdiff_t>((end - 1) / 512 * 512), cut.end(), '\0');
    return *length_of_log(cut);
  }

  fs::path folder_;
  fs::path log_;
  std::string content_;
  leveldb::Status status_;
};

TEST_F(log_env_test, room_is_made_ahead_and_given_back) {
  ASSERT_TRUE(length_of_log(content_));
  EXPECT_LT(*length_of_log(content_) + 1000, content_.size());
  for (const auto& x : fs::directory_iterator{folder_ / "live"})
    if (x.path().extension() == ".log") {
      EXPECT_EQ(fs::file_size(x), *length_of_log(content_)) << "closed in order";
    }
}

TEST_F(log_env_test, all_is_there_after_a_kill) {
  auto db = open(folder_ / "killed");
  ASSERT_TRUE(db) << status_.ToString();
  EXPECT_EQ(held(*db), records);
}

TEST_F(log_env_test, a_last_record_that_lacks_a_sector_is_left_out) {
  auto end = *length_of_log(content_);
  auto begin = begin_of_last();
  ASSERT_GT(end, begin + 1024) << "the test wants a record of several sectors";
  for (auto sector = begin / 512 * 512; sector < end; sector += 512) {
    auto torn = content_;
    auto from = std::max(sector, begin);
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.begin() + static_cast<std::ptrdiff_t>(std::min(sector + 512, end)), '\0');
    ASSERT_EQ(length_of_log(torn), begin) << sector;
    auto db = open_with(torn);
    ASSERT_TRUE(db) << status_.ToString();
    EXPECT_EQ(held(*db), records - 1);
  }
}

TEST_F(log_env_test, a_log_that_ends_anywhere_holds_what_was_written_before) {
  auto end = *length_of_log(content_);
  for (std::size_t cut = 512; cut < end; cut += 512 * 37) {
    auto torn = content_;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(cut), torn.end(), '\0');
    for (const auto& log : {torn, content_.substr(0, cut)}) {
      auto db = open_with(log);
      ASSERT_TRUE(db) << cut << ' ' << status_.ToString();
      EXPECT_GE(held(*db), 0) << cut;
    }
  }
}

TEST_F(log_env_test, a_flipped_bit_is_no_torn_write) {
  auto end = *length_of_log(content_);
  auto begin = begin_of_last();
  for (auto at : {begin, begin + 6, begin + 7, (begin + end) / 2, end - 1, std::size_t{100}, end / 2}) {
    auto damaged = content_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(open_with(damaged)) << at;
    EXPECT_TRUE(status_.IsCorruption()) << at << ' ' << status_.ToString();
  }
}

TEST_F(log_env_test, a_hole_before_the_end_is_damage) {
  auto damaged = content_;
  std::fill(damaged.begin() + 32768, damaged.begin() + 32768 + 512, '\0');
  EXPECT_EQ(length_of_log(damaged), std::nullopt);
  EXPECT_FALSE(open_with(damaged));
  EXPECT_TRUE(status_.IsCorruption());
}

TEST(log_tail, an_empty_log_is_empty) {
  EXPECT_EQ(length_of_log({}), 0u);
  EXPECT_EQ(length_of_log(std::string(4096, '\0')), 0u) << "room was made, nothing came";
  EXPECT_EQ(length_of_log("abc"), 3u) << "LevelDB takes an unfinished header for the end";
}

} // namespace
} // namespace lama::storage
