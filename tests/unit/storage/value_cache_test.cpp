#include "storage/value_cache.hpp"

#include <gtest/gtest.h>

namespace lama::storage {
namespace {

using value = std::optional<std::string>;
using answer = std::optional<value>;

leveldb::WriteBatch batch_of(const std::string& key, const std::string& content) {
  leveldb::WriteBatch batch;
  batch.Put(key, content);
  return batch;
}

void write(value_cache& cache, const leveldb::WriteBatch& batch) {
  cache.begin_write();
  cache.end_write(batch);
}

TEST(value_cache, knows_what_was_written_and_what_was_read) {
  value_cache cache{1 << 20};
  EXPECT_EQ(cache.find("oA", cache.now()), answer{});
  write(cache, batch_of("oA", "a"));
  EXPECT_EQ(cache.find("oA", cache.now()), answer{value{"a"}});
  cache.offer("hB", std::nullopt, cache.now());
  EXPECT_EQ(cache.find("hB", cache.now()), answer{value{}}) << "an absence is known as well";
  leveldb::WriteBatch gone;
  gone.Delete("oA");
  write(cache, gone);
  EXPECT_EQ(cache.find("oA", cache.now()), answer{value{}});
}

TEST(value_cache, an_earlier_reader_does_not_see_what_came_later) {
  value_cache cache{1 << 20};
  write(cache, batch_of("hA", "1"));
  auto before = cache.now();
  write(cache, batch_of("hA", "2"));
  EXPECT_EQ(cache.find("hA", before), answer{}) << "the database knows it";
  EXPECT_EQ(cache.find("hA", cache.now()), answer{value{"2"}});
  cache.offer("hB", "old", before);
  EXPECT_EQ(cache.find("hB", cache.now()), answer{}) << "it may have been written since";
}

TEST(value_cache, is_not_used_while_a_write_is_under_way) {
  value_cache cache{1 << 20};
  auto before = cache.now();
  cache.begin_write();
  EXPECT_EQ(cache.now(), 0u);
  cache.offer("hA", "1", before);
  cache.end_write(batch_of("hB", "2"));
  EXPECT_EQ(cache.find("hA", cache.now()), answer{});
  EXPECT_GT(cache.now(), before);
}

TEST(value_cache, forgets_after_a_failed_write) {
  value_cache cache{1 << 20};
  write(cache, batch_of("hA", "1"));
  cache.begin_write();
  EXPECT_EQ(cache.now(), 0u) << "until the files are opened again";
  cache.forget_all();
  EXPECT_EQ(cache.find("hA", cache.now()), answer{});
}

TEST(value_cache, keeps_what_is_used_in_bounded_memory) {
  value_cache cache{64 << 10};
  write(cache, batch_of("hA", "mine"));
  for (int i = 0; i < 10'000; ++i) {
    cache.offer("o" + std::to_string(i), std::string(100, 'x'), cache.now());
    if (i % 100 == 0) {
      ASSERT_EQ(cache.find("hA", cache.now()), answer{value{"mine"}}) << i;
    }
  }
  EXPECT_EQ(cache.find("o0", cache.now()), answer{});
  EXPECT_NE(cache.find("o9999", cache.now()), answer{});
}

TEST(value_cache, leaves_out_what_is_large_or_scanned) {
  value_cache cache{1 << 20};
  write(cache, batch_of("oA", "small"));
  write(cache, batch_of("oA", std::string(100'000, 'x')));
  EXPECT_EQ(cache.find("oA", cache.now()), answer{}) << "and what was there before does not stand for it";
  write(cache, batch_of("b1", "a piece of a blob"));
  EXPECT_EQ(cache.find("b1", cache.now()), answer{});
  write(cache, batch_of("hA", "1"));
  write(cache, batch_of("l1", std::string(1 << 20, 'x')));
  EXPECT_EQ(cache.find("hA", cache.now()), answer{}) << "an import empties it";
}

} // namespace
} // namespace lama::storage
