#include "storage/table_salvage.hpp"

#include "storage/table_format.hpp"
#include "tests/unit/storage/damaged_store.hpp"

#include <leveldb/filter_policy.h>
#include <leveldb/table.h>
#include <leveldb/table_builder.h>

#include <memory>
#include <utility>
#include <vector>

namespace lama::storage::testing {
namespace {

class string_file final : public leveldb::WritableFile {
public:
  leveldb::Status Append(const leveldb::Slice& x) override {
    bytes.append(x.data(), x.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override {
    return leveldb::Status::OK();
  }
  leveldb::Status Flush() override {
    return leveldb::Status::OK();
  }
  leveldb::Status Sync() override {
    return leveldb::Status::OK();
  }
  std::string bytes;
};

using entries = std::vector<std::pair<std::string, std::string>>;

std::string internal(std::string key, uint64_t sequence) {
  auto trailer = sequence << 8 | 1;
  for (int i = 0; i < 8; ++i)
    key.push_back(static_cast<char>(trailer >> (8 * i)));
  return key;
}

/// Keys of 24 bytes; values of 10 to 400, and each 50th of 20,000.
entries some_entries(int count) {
  entries all;
  for (int i = 0; i < count; ++i) {
    auto key = sha256(std::to_string(i)).hex().substr(0, 16);
    all.emplace_back("k" + std::to_string(1'000'000 + i) + key, noise(i % 50 == 49 ? 20'000 : 10 + i * 7 % 390, static_cast<uint32_t>(i)));
  }
  for (auto& [key, value] : all)
    key = internal(key, 77);
  return all;
}

std::string table_of(const entries& all, bool compressed = true) {
  std::unique_ptr<const leveldb::FilterPolicy> filter{leveldb::NewBloomFilterPolicy(10)};
  leveldb::Options options;
  options.filter_policy = filter.get();
  options.compression = compressed ? leveldb::kSnappyCompression : leveldb::kNoCompression;
  string_file file;
  leveldb::TableBuilder builder{options, &file};
  for (const auto& [key, value] : all)
    builder.Add(key, value);
  EXPECT_TRUE(builder.Finish().ok());
  return std::move(file.bytes);
}

class memory_file final : public leveldb::RandomAccessFile {
public:
  explicit memory_file(std::string_view bytes) : bytes_(bytes) {
    // nop
  }
  leveldb::Status Read(uint64_t offset, std::size_t n, leveldb::Slice* result, char*) const override {
    auto piece = bytes_.substr(offset, n);
    *result = {piece.data(), piece.size()};
    return leveldb::Status::OK();
  }

private:
  std::string_view bytes_;
};

entries read_table(std::string_view bytes) {
  memory_file file{bytes};
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* opened = nullptr;
  auto status = leveldb::Table::Open(options, &file, bytes.size(), &opened);
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::unique_ptr<leveldb::Table> table{opened};
  entries all;
  if (!table)
    return all;
  leveldb::ReadOptions checked;
  checked.verify_checksums = true;
  std::unique_ptr<leveldb::Iterator> i{table->NewIterator(checked)};
  for (i->SeekToFirst(); i->Valid(); i->Next())
    all.emplace_back(i->key().ToString(), i->value().ToString());
  EXPECT_TRUE(i->status().ok());
  return all;
}

void damage_at(std::string& table, std::size_t at) {
  table[at] = static_cast<char>(table[at] ^ 16);
}

block_handle index_of(const std::string& table) {
  // The footer: two handles of two numbers each.
  auto end = std::string_view{table}.substr(table.size() - footer_bytes);
  for (std::size_t meta = 2; meta < 20; ++meta)
    for (std::size_t index = 2; index < 20; ++index)
      if (auto first = decode_handle(end.substr(0, meta)), second = decode_handle(end.substr(meta, index)); first && second && second->offset == first->end())
        return *second;
  ADD_FAILURE() << "no index";
  return {};
}

class tables : public ::testing::TestWithParam<bool> {};

TEST_P(tables, all_is_found_again_without_the_index) {
  auto all = some_entries(3000);
  auto sound = table_of(all, GetParam());
  auto expected = read_table(sound);
  auto index = index_of(sound);
  for (auto at : {index.offset, index.offset + index.size / 2, index.offset + index.size + 2, sound.size() - 3}) {
    auto damaged = sound;
    damage_at(damaged, at);
    auto mended = mend_table(damaged);
    ASSERT_TRUE(mended);
    EXPECT_EQ(mended->bytes.size(), sound.size());
    EXPECT_EQ(mended->skipped, 0u);
    EXPECT_EQ(read_table(mended->bytes), expected);
  }
  // Nothing but its data is there.
  auto cut = sound;
  std::fill(cut.begin() + static_cast<std::ptrdiff_t>(index.offset), cut.end(), '\0');
  auto mended = mend_table(cut);
  ASSERT_TRUE(mended);
  EXPECT_EQ(read_table(mended->bytes), expected);
}

TEST_P(tables, damaged_blocks_are_left_out_and_those_behind_them_found) {
  auto all = some_entries(3000);
  auto sound = table_of(all, GetParam());
  auto expected = read_table(sound);
  auto damaged = sound;
  damage_at(damaged, index_of(sound).offset + 5);
  damage_at(damaged, 100); // the first block
  damage_at(damaged, sound.size() / 3);
  auto mended = mend_table(damaged);
  ASSERT_TRUE(mended);
  EXPECT_GT(mended->skipped, 1000u);
  auto found = read_table(mended->bytes);
  EXPECT_TRUE(std::ranges::includes(expected, found));
  EXPECT_GT(found.size(), expected.size() - 300);
  EXPECT_LT(found.size(), expected.size() - 5);
}

INSTANTIATE_TEST_SUITE_P(compressed_or_not, tables, ::testing::Bool());

TEST(table_salvage, of_what_is_no_table_nothing_is_made) {
  EXPECT_FALSE(mend_table(""));
  EXPECT_FALSE(mend_table(std::string(5, '\0')));
  EXPECT_FALSE(mend_table(std::string(20'000, '\0')));
  EXPECT_FALSE(mend_table(noise(20'000)));
  auto sound = table_of(some_entries(20));
  for (std::size_t size = 0; size < sound.size(); size += 101)
    if (auto mended = mend_table(std::string_view{sound}.substr(0, size))) {
      EXPECT_EQ(mended->bytes.size(), size);
      read_table(mended->bytes);
    }
}

TEST(table_salvage, a_short_key_stands_between_two) {
  auto a = internal("abcdefgh12345678aaaaaaaa", 5);
  auto b = internal("abcxefgh12345678aaaaaaaa", 6);
  auto between = key_between(a, b);
  EXPECT_TRUE(comes_before(a, between));
  EXPECT_TRUE(comes_before(between, b));
  EXPECT_LT(between.size(), a.size());
  auto next = internal("abcdefgh12345678aaaaaaab", 6);
  EXPECT_EQ(key_between(a, next), a);
  auto older = internal("abcdefgh12345678aaaaaaaa", 4);
  EXPECT_TRUE(comes_before(a, older));
  EXPECT_EQ(key_between(a, older), a);
}

class salvage_test : public damaged_store_test {
protected:
  salvage_test() {
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      for (int i = 0; i < 200; ++i)
        LAMA_CHECK(to.put(chat_text("line " + std::to_string(i))));
      return done{};
    }));
    it_.close();
    EXPECT_TRUE(it_.open()); // what stood in the log now stands in a table
    before_ = contents();
    it_.close();
    saved_ = it_.disk.save();
    auto names = it_.disk.names();
    table_ = *std::ranges::find_if(names, [](const std::string& x) { return x.ends_with(".ldb"); });
    EXPECT_TRUE(it_.disk.GetFileSize(table_, &size_).ok());
  }

  /// But for how the type index is cut into lists.
  std::map<std::string, std::string> contents() {
    auto all = dump();
    std::erase_if(all, [](const auto& x) { return x.first.starts_with('t'); });
    return all;
  }

  std::map<std::string, std::string> before_;
  decltype(std::declval<simulator::env>().save()) saved_;
  std::string table_;
  uint64_t size_ = 0;
};

TEST_F(salvage_test, a_store_is_whole_after_a_repair_whatever_bit_of_its_table_s_end_flipped) {
  int kept = 0;
  for (uint64_t byte = size_ - 1000; byte < size_; byte += 3) {
    SCOPED_TRACE(byte);
    it_.disk.restore(saved_);
    ASSERT_TRUE(it_.disk.flip_bit(table_, byte * 8 + byte % 8));
    auto outcome = it_.repair();
    ASSERT_TRUE(outcome) << outcome.failure().message;
    EXPECT_EQ(outcome->after.problem_count, 0u) << outcome->after.problems.front();
    kept += !outcome->kept.empty();
    if (!outcome->kept.empty()) {
      EXPECT_NE(outcome->told.front().find("was damaged"), std::string::npos) << outcome->told.front();
    }
    ASSERT_TRUE(it_.open());
    ASSERT_TRUE(contents() == before_);
    it_.close();
  }
  EXPECT_GT(kept, 100);
}

TEST_F(salvage_test, whatever_write_fails_a_repair_that_is_begun_again_finds_everything) {
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure at write " + std::to_string(n));
    it_.disk.restore(saved_);
    ASSERT_TRUE(it_.disk.flip_bit(table_, (size_ - 300) * 8));
    it_.disk.fail_after(n);
    auto outcome = it_.repair();
    auto reached = it_.disk.failing();
    it_.disk.run_background();
    it_.disk.crash(n % 97);
    outcome = it_.repair();
    ASSERT_TRUE(outcome) << outcome.failure().message;
    EXPECT_EQ(outcome->after.problem_count, 0u) << outcome->after.problems.front();
    ASSERT_TRUE(it_.open());
    ASSERT_TRUE(contents() == before_);
    it_.close();
    if (!reached) {
      EXPECT_GT(n, 20u);
      return;
    }
    ASSERT_LT(n, 1000u);
  }
}

} // namespace
} // namespace lama::storage::testing
