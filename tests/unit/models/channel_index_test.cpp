#include "protocol/models/channel_index.hpp"

#include "protocol/models/chat.hpp"
#include "tests/unit/models/fixture.hpp"

#include <limits>

namespace lama::models {
namespace {

constexpr auto any = std::numeric_limits<std::size_t>::max();

class channel_index_test : public ::testing::Test {
protected:
  void SetUp() override {
    channel = must(create_channel(alice.space, {"long", alice.own.person}, 1));
  }
  /// Messages at the times first, first + 10, …
  void say(int count, int64_t first) {
    auto payload = must(store_text(alice.space, must(chat_message_text({"x", alice.own.person, {}, {}}))));
    std::vector<timed_payload> items;
    for (int i = 0; i < count; ++i)
      items.push_back({payload, first + 10 * i});
    must(post_many(alice.space, channel, items, alice.as, 1));
  }
  /// The times of the newest ten entries before a time, and how many were walked above them.
  std::pair<std::vector<int64_t>, std::size_t> before(int64_t time, const std::optional<hash>& start) {
    auto at = newest_of(alice.space, {channel});
    if (start)
      at.front().next = start;
    std::size_t above = 0;
    std::vector<int64_t> times;
    for (auto next = at.front().next; next && times.size() < 10;) {
      auto entry = must(read_entry(alice.space, channel, *next));
      if (entry.timestamp < time)
        times.push_back(entry.timestamp);
      else
        ++above;
      next = entry.previous;
    }
    return {times, above};
  }
  void expect_same_pages(const channel_index& index, int64_t from, int64_t to) {
    for (auto time = from; time <= to; time += 777) {
      auto [times, walked] = before(time, index.above(alice.space, time));
      EXPECT_EQ(times, before(time, std::nullopt).first) << time;
      EXPECT_LE(walked, 2 * channel_index::spacing) << time;
    }
  }
  alice_store alice;
  hash channel{};
};

TEST_F(channel_index_test, pages_begin_close_to_where_they_are) {
  say(3000, 10'000);
  channel_index index;
  auto made = index.update(alice.space, channel, any);
  EXPECT_TRUE(made.complete);
  EXPECT_TRUE(made.changed);
  expect_same_pages(index, 9'000, 41'000);
  auto read = channel_index::decode(index.encode());
  EXPECT_EQ(read.encode(), index.encode());
  auto again = read.update(alice.space, channel, 2 * channel_index::spacing);
  EXPECT_TRUE(again.complete);
  EXPECT_FALSE(again.changed) << "nothing is new";
  expect_same_pages(read, 9'000, 41'000);
}

TEST_F(channel_index_test, grows_on_top_and_forgets_what_was_written_anew) {
  say(1000, 10'000);
  channel_index index;
  index.update(alice.space, channel, any);
  say(1200, 100'000);
  EXPECT_TRUE(index.update(alice.space, channel, 1500).complete) << "what was known is not walked again";
  expect_same_pages(index, 9'000, 113'000);
  // One comes in some 400 below the newest: all above are written anew.
  auto text = must(chat_message_text({"late", alice.own.person, {}, {}}));
  must(post(alice.space, channel, text, alice.as, 1, 108'005));
  EXPECT_TRUE(index.update(alice.space, channel, 1000).complete);
  expect_same_pages(index, 9'000, 113'000);
  EXPECT_EQ(before(108'006, index.above(alice.space, 108'006)).first.front(), 108'005);
}

TEST_F(channel_index_test, says_when_a_walk_is_longer_than_allowed) {
  say(1000, 10'000);
  channel_index index;
  auto made = index.update(alice.space, channel, 999);
  EXPECT_FALSE(made.complete);
  EXPECT_FALSE(index.above(alice.space, 10'500));
  EXPECT_TRUE(index.update(alice.space, channel, 1000).complete);
}

TEST_F(channel_index_test, an_old_entry_on_top_of_newer_ones_is_not_skipped) {
  say(1000, 10'000);
  // As a stock peer leaves it: older than all, on top (docs/protocol/04 §4.2).
  auto draft = draft_entry(must(store_text(alice.space, must(chat_message_text({"trap", alice.own.person, {}, {}})))), 5);
  must(alice.space.put(draft.creation_time_text));
  auto head = must(channel_head(alice.space, channel));
  auto top = must(protocol::load(alice.space, *head));
  top.set("data", draft.creation_time);
  top.set("previous", *head);
  auto name = must(store_text(alice.space, must(protocol::write_object(top, alice.space.recipes()))));
  must(protocol::store_version(
      alice.space, object_writer{"ChannelInfo"}.text("id", "long").id_reference("owner", alice.own.person).object_reference("head", name).finish(), 2));
  ASSERT_EQ(must(channel_head(alice.space, channel)), name);
  channel_index index;
  index.update(alice.space, channel, any);
  EXPECT_EQ(before(15'000, index.above(alice.space, 15'000)).first.front(), 5);
  EXPECT_EQ(before(4, index.above(alice.space, 4)).first, std::vector<int64_t>{});
}

TEST_F(channel_index_test, begins_above_the_oldest_after_a_time) {
  say(3000, 10'000);
  channel_index index;
  index.update(alice.space, channel, any);
  for (int64_t time = 0; time < 41'000; time += 499) {
    auto at = newest_of(alice.space, {channel});
    if (auto start = index.above_oldest(alice.space, time, 100))
      at.front().next = start;
    page_request newer;
    newer.limit = 5000;
    newer.from = time + 1;
    auto entries = must(read_page(alice.space, at, newer)).entries;
    auto first = std::max<int64_t>(10'000, time / 10 * 10 + 10);
    auto there = std::min<int64_t>(100, std::max<int64_t>(0, (40'000 - first) / 10));
    ASSERT_GE(static_cast<int64_t>(entries.size()), there) << time;
    EXPECT_LE(entries.size(), 100 + 3 * channel_index::spacing) << time;
    if (there > 0) {
      EXPECT_EQ(entries.back().timestamp, first) << time;
    }
  }
}

TEST_F(channel_index_test, goes_on_where_the_list_broke_off_before) {
  say(2000, 10'000);
  // A device that has the newest 1,000; then the rest comes.
  protocol::memory_space device{protocol::standard_recipes()};
  auto all = newest_of(alice.space, {channel});
  page_request newest;
  newest.limit = 1000;
  auto rest = must(read_page(alice.space, all, newest)).next.front().next;
  for (const auto& name : alice.space.names())
    if (name != *rest)
      must(device.put(*alice.space.read(name)));
  device.mark_elsewhere(*rest);
  device.set_head(channel, *alice.space.head(channel), {});
  channel_index index;
  index.update(device, channel, any);
  auto lowest = index.above(device, 10'000);
  ASSERT_TRUE(lowest);
  EXPECT_GE(must(read_entry(device, channel, *lowest)).timestamp, 20'000);
  must(device.put(*alice.space.read(*rest)));
  EXPECT_TRUE(index.update(device, channel, any).changed);
  expect_same_pages(index, 9'000, 31'000);
}

TEST_F(channel_index_test, what_cannot_be_read_is_made_anew) {
  say(1000, 10'000);
  channel_index index;
  index.update(alice.space, channel, any);
  auto note = index.encode();
  for (const auto& damaged : {std::string{}, std::string{"x"}, note.substr(0, note.size() - 1), std::string{2} + note.substr(1)}) {
    auto read = channel_index::decode(damaged);
    EXPECT_FALSE(read.above(alice.space, 10'500));
    EXPECT_TRUE(read.update(alice.space, channel, any).changed);
    EXPECT_EQ(read.encode(), note);
  }
}

} // namespace
} // namespace lama::models
