#include "actors/sync_figures/lag_marks.hpp"
#include "actors/sync_figures/rate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lama::actors {
namespace {

using namespace std::chrono_literals;

TEST(lag_marks, tell_nothing_before_the_other_instance_was_met) {
  lag_marks marks;
  marks.written(10, 1000);
  EXPECT_FALSE(marks.knows());
  EXPECT_EQ(marks.behind(), 0u);
  EXPECT_EQ(marks.waited_ms(99'000), 0);
  EXPECT_EQ(marks.to_note(99'000), "");
}

TEST(lag_marks, age_is_that_of_the_oldest_entry_that_waits) {
  lag_marks marks;
  marks.held(5, 0);
  marks.written(8, 10'000);
  marks.written(9, 20'000);
  EXPECT_EQ(marks.behind(), 4u);
  EXPECT_EQ(marks.waited_ms(25'000), 15'000);
  marks.held(8, 25'000);
  EXPECT_EQ(marks.behind(), 1u);
  EXPECT_EQ(marks.waited_ms(25'000), 5'000);
  marks.held(9, 25'000);
  EXPECT_EQ(marks.behind(), 0u);
  EXPECT_EQ(marks.waited_ms(90'000), 0);
}

TEST(lag_marks, many_marks_of_a_long_time_apart_stay_few_and_never_say_less_than_is_true) {
  lag_marks marks;
  marks.held(0, 0);
  constexpr uint64_t entries = 100'000;
  for (uint64_t i = 1; i <= entries; ++i)
    marks.written(i, static_cast<int64_t>(i) * 2000);
  EXPECT_EQ(marks.behind(), entries);
  EXPECT_EQ(marks.waited_ms(200'000'000), 200'000'000 - 2000);
  marks.held(entries - 1, 200'000'000);
  EXPECT_EQ(marks.behind(), 1u);
  EXPECT_GE(marks.waited_ms(200'000'000), 0);
}

TEST(lag_marks, what_the_other_instance_lost_waits_from_when_that_was_told) {
  lag_marks marks;
  marks.written(100, 1000);
  marks.held(100, 2000);
  marks.held(0, 50'000);
  EXPECT_EQ(marks.behind(), 100u);
  EXPECT_EQ(marks.waited_ms(51'000), 1000);
}

TEST(lag_marks, survive_a_start) {
  lag_marks marks;
  marks.held(5, 0);
  marks.written(8, 10'000);
  auto note = marks.to_note(30'000);
  EXPECT_EQ(note, "5 10000");
  auto again = lag_marks::from_note(note, 8);
  EXPECT_EQ(again.behind(), 3u);
  EXPECT_EQ(again.waited_ms(40'000), 30'000);
  again.written(9, 40'000);
  EXPECT_EQ(again.waited_ms(40'000), 30'000);
}

TEST(lag_marks, a_note_that_cannot_be_read_says_nothing) {
  for (const auto* text : {"", "x", "5", "5 ", "5 x", "-1 5", "5 5 5", "99999999999999999999999 1"})
    EXPECT_FALSE(lag_marks::from_note(text, 8).knows()) << text;
  EXPECT_EQ(lag_marks::from_note("500 1000", 8).behind(), 0u) << "of a store that was longer once";
}

struct hand_clock {
  using duration = std::chrono::milliseconds;
  using time_point = std::chrono::time_point<hand_clock, duration>;
};

TEST(rate, is_of_the_last_ten_seconds) {
  rate<hand_clock> x;
  hand_clock::time_point start{};
  for (int i = 0; i < 100; ++i)
    x.add(3, start + 100ms * i);
  EXPECT_DOUBLE_EQ(x.a_second(start + 9900ms), 30.0);
  EXPECT_DOUBLE_EQ(x.a_second(start + 15s), 12.0) << "seconds 6 to 9 are left";
  EXPECT_DOUBLE_EQ(x.a_second(start + 1h), 0.0);
}

} // namespace
} // namespace lama::actors
