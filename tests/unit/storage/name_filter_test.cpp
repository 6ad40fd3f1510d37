#include "storage/name_filter.hpp"

#include "protocol/hash.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <gtest/gtest.h>

namespace lama::storage {
namespace {

hash name_of(int i) {
  return sha256(std::to_string(i));
}

leveldb::WriteBatch batch_of(int from, int to) {
  leveldb::WriteBatch batch;
  for (int i = from; i < to; ++i)
    batch.Put(slice(keys::object(name_of(i))), "x");
  return batch;
}

TEST(name_filter, sends_everybody_to_the_database_until_it_is_complete) {
  name_filter filter;
  EXPECT_TRUE(filter.may_hold(keys::object(name_of(1))));
  filter.complete();
  EXPECT_FALSE(filter.may_hold(keys::object(name_of(1))));
  EXPECT_TRUE(filter.may_hold(keys::note("user"))) << "it knows nothing of notes";
}

TEST(name_filter, never_denies_what_was_written_and_rarely_sends_anybody_in_vain) {
  name_filter filter;
  constexpr int names = 200'000; // more than its first layer takes
  for (int i = 0; i < names; i += 1000)
    filter.add(batch_of(i, i + 1000));
  filter.complete();
  int in_vain = 0;
  for (int i = 0; i < names; ++i) {
    ASSERT_TRUE(filter.may_hold(keys::object(name_of(i)))) << i;
    in_vain += filter.may_hold(keys::object(name_of(names + i)));
  }
  EXPECT_LT(in_vain, names / 40);
}

TEST(name_filter, tells_a_head_from_an_object_of_the_same_name) {
  name_filter filter;
  filter.complete();
  filter.add(batch_of(1, 2));
  EXPECT_TRUE(filter.may_hold(keys::object(name_of(1))));
  EXPECT_FALSE(filter.may_hold(keys::head(name_of(1))));
}

} // namespace
} // namespace lama::storage
