#include "protocol/sync/recent.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lama::protocol::sync {
namespace {

hash name(int i) {
  return sha256(std::to_string(i));
}

TEST(Recent, RemembersAtLeastItsCapacityAndForgetsWhatIsOld) {
  recent_hashes names{100};
  for (int i = 0; i < 1000; ++i)
    names.insert(name(i));
  for (int i = 900; i < 1000; ++i)
    EXPECT_TRUE(names.contains(name(i))) << i;
  for (int i = 0; i < 700; ++i)
    EXPECT_FALSE(names.contains(name(i))) << i;
}

TEST(Recent, UseKeepsAlive) {
  recent_hashes names{100};
  names.insert(name(-1));
  for (int i = 0; i < 1000; ++i) {
    names.insert(name(i));
    if (i % 50 == 0) {
      EXPECT_TRUE(names.contains(name(-1))) << i;
    }
  }
}

TEST(Recent, TheLatestValueCounts) {
  recent<int> values{2};
  values.set(name(1), 1);
  values.set(name(2), 2);
  values.set(name(3), 3); // 1 and 2 are old now
  values.set(name(1), 4);
  EXPECT_EQ(*values.find(name(1)), 4);
  EXPECT_EQ(*values.find(name(2)), 2);
  values.erase(name(2));
  EXPECT_EQ(values.find(name(2)), nullptr);
  values.clear();
  EXPECT_EQ(values.find(name(1)), nullptr);
}

} // namespace
} // namespace lama::protocol::sync
