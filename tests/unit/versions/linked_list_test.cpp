#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/lists.hpp"

#include <gtest/gtest.h>

/// Lists of which a part is held elsewhere, and what an insertion does at the ends (docs/protocol/01 §5.5, 04 §4.2).
namespace lama::protocol {
namespace {

using namespace lama::testing;

struct linked_list : ::testing::Test {
  memory_space whole{standard_recipes()};

  hash list_of(const std::vector<double>& times) {
    return *build_list(whole, times);
  }

  struct part {
    hash head;
    int count; ///< of the newest entries
  };

  /// A space that holds these parts; the entries below them are elsewhere.
  std::unique_ptr<memory_space> windows(const std::vector<part>& parts) {
    auto space = std::make_unique<memory_space>(standard_recipes());
    for (auto& [head, count] : parts) {
      auto entries = entries_of(whole, head);
      for (int i = 0; i < count; ++i) {
        put(*space, *whole.read(*load(whole, entries[i])->reference("data")));
        put(*space, *whole.read(entries[i]));
      }
      space->mark_elsewhere(entries[count]);
    }
    return space;
  }
};

TEST_F(linked_list, an_absent_list_gives_the_other) {
  auto head = list_of({1, 2});
  EXPECT_EQ(*merge_lists(whole, head, {}), head);
  EXPECT_EQ(*merge_lists(whole, {}, head), head);
  EXPECT_EQ(*merge_lists(whole, {}, {}), std::nullopt);
}

TEST_F(linked_list, merges_within_a_window_what_parts_within_it) {
  auto first = list_of({1, 2, 3, 4, 6});
  auto second = list_of({1, 2, 3, 5});
  auto expected = *merge_lists(whole, first, second);
  auto space = windows({{first, 3}, {second, 3}});
  auto merged = merge_lists(*space, first, second);
  ASSERT_TRUE(merged) << merged.failure().message;
  EXPECT_EQ(*merged, expected);
  EXPECT_EQ(times_of(whole, expected), (std::vector<double>{6, 5, 4, 3, 2, 1}));
}

TEST_F(linked_list, merges_where_both_windows_end_before_the_same_entry) {
  auto first = list_of({1, 2, 4, 6});
  auto second = list_of({1, 2, 3, 5});
  auto expected = *merge_lists(whole, first, second);
  auto space = windows({{first, 2}, {second, 2}});
  for (auto swapped : {false, true}) {
    auto merged = swapped ? merge_lists(*space, second, first) : merge_lists(*space, first, second);
    ASSERT_TRUE(merged) << merged.failure().message;
    EXPECT_EQ(*merged, expected);
  }
}

TEST_F(linked_list, one_window_may_end_before_the_other) {
  auto base = list_of({1, 2});
  auto first = *insert_entry(whole, base, put_time(whole, 9), {});
  auto second = list_of({1, 2, 3, 4, 5, 6});
  auto expected = *merge_lists(whole, first, second);
  auto space = windows({{first, 1}, {second, 4}});
  ASSERT_FALSE(space->contains(base));
  auto merged = merge_lists(*space, first, second);
  ASSERT_TRUE(merged) << merged.failure().message;
  EXPECT_EQ(*merged, expected);
}

TEST_F(linked_list, refuses_when_the_lists_part_before_the_window) {
  auto first = list_of({1, 2, 4, 6});
  auto second = list_of({1, 3, 5, 7});
  auto space = windows({{first, 2}, {second, 2}});
  auto names = space->names();
  auto merged = merge_lists(*space, first, second);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.failure().code, errc::not_found);
  EXPECT_EQ(space->names(), names);
}

TEST_F(linked_list, refuses_when_a_short_list_ends_below_the_window) {
  auto first = list_of({5, 6, 8, 9});
  auto second = list_of({7});
  auto space = windows({{first, 2}});
  put(*space, *whole.read(*load(whole, second)->reference("data")));
  put(*space, *whole.read(second));
  EXPECT_FALSE(merge_lists(*space, first, second));
  EXPECT_FALSE(merge_lists(*space, second, first));
}

TEST_F(linked_list, a_missing_entry_is_no_window) {
  auto first = list_of({1, 2, 3});
  auto second = list_of({1, 2, 4});
  memory_space space{standard_recipes()};
  for (auto& head : {first, second}) {
    put(space, *whole.read(*load(whole, head)->reference("data")));
    put(space, *whole.read(head));
  }
  EXPECT_FALSE(merge_lists(space, first, second));
}

TEST_F(linked_list, inserts_into_a_window) {
  auto head = list_of({1, 2, 3, 4});
  auto expected = *insert_entry(whole, head, put_time(whole, 3.5), {});
  auto space = windows({{head, 2}});
  EXPECT_EQ(*insert_entry(*space, head, put_time(*space, 3.5), {}), expected);
}

TEST_F(linked_list, inserts_on_top_what_is_older_than_the_window) {
  auto head = list_of({1, 2, 3, 4});
  auto space = windows({{head, 2}});
  auto inserted = insert_entry(*space, head, put_time(*space, 1.5), {});
  ASSERT_TRUE(inserted);
  EXPECT_EQ(load(*space, *inserted)->reference("previous"), head);
}

TEST_F(linked_list, does_not_add_twice_whatever_the_metadata) {
  std::vector<double> times{1, 2, 3};
  auto head = list_of(times);
  auto signature = put_time(whole, 77);
  for (auto time : times)
    EXPECT_EQ(*insert_entry(whole, head, put_time(whole, time), {signature}), head);
}

TEST_F(linked_list, refuses_what_is_no_list) {
  auto time = put_time(whole, 1);
  EXPECT_FALSE(merge_lists(whole, time, list_of({1})));
  EXPECT_FALSE(insert_entry(whole, {}, list_of({1}), {}));
  EXPECT_FALSE(insert_entry(whole, {}, hash{}, {}));
}

} // namespace
} // namespace lama::protocol
