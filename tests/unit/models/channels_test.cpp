#include "protocol/models/channels.hpp"

#include "protocol/limits.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/import.hpp"
#include "tests/unit/models/fixture.hpp"
#include "tests/unit/versions/counting_space.hpp"

#include <algorithm>

namespace lama::models {
namespace {

const json& channel_case(std::size_t index) {
  static const auto all = testing::load_vectors("channels.json");
  return all["cases"][index];
}

std::vector<channel_entry> all_entries(const object_source& from, const std::vector<hash>& channels, page_request request = {}) {
  request.limit = 1000;
  return must(read_page(from, newest_of(from, channels), request)).entries;
}

class channels_test : public ::testing::Test {
protected:
  std::string message(const std::string& text) {
    return must(chat_message_text({text, alice.own.person, {}, {}}));
  }
  posted say(const hash& channel, const std::string& text, int64_t now, std::optional<int64_t> timestamp = std::nullopt) {
    return must(post(alice.space, channel, message(text), alice.as, now, timestamp));
  }
  hash open(const std::string& id = "vector-channel", std::optional<hash> owner = std::nullopt) {
    return must(create_channel(alice.space, {id, owner}, 1700000001000));
  }
  std::vector<std::string> texts(const hash& channel) {
    std::vector<std::string> out;
    for (const auto& entry : all_entries(alice.space, {channel}))
      out.push_back(must(protocol::load(alice.space, entry.payload)).text("text"));
    return out;
  }
  alice_store alice;
};

TEST_F(channels_test, created_with_and_without_owner) {
  step without{alice.space};
  EXPECT_EQ(open().hex(), channel_case(0)["channel_info_id"]);
  without.expect(channel_case(0));
  step with{alice.space};
  auto owned = must(create_channel(alice.space, {"vector-channel", alice.own.person}, channel_case(1)["now"].get<int64_t>()));
  EXPECT_EQ(owned.hex(), channel_case(1)["channel_info_id"]);
  with.expect(channel_case(1));
  step again{alice.space};
  open();
  again.expect_nothing();
  EXPECT_EQ(registered_channels(alice.space).size(), 2u);
  EXPECT_EQ(channels_named(alice.space, "vector-channel").size(), 2u);
  EXPECT_TRUE(channels_named(alice.space, "vector").empty());
  EXPECT_EQ(must(load_channel_key(alice.space, owned)), (channel_key{"vector-channel", alice.own.person}));
}

TEST_F(channels_test, posts_of_the_vectors) {
  auto channel = open();
  for (std::size_t i = 2; i < 9; ++i) {
    const auto& x = channel_case(i);
    step s{alice.space};
    std::optional<int64_t> timestamp;
    if (x.contains("timestamp"))
      timestamp = x["timestamp"].get<int64_t>();
    auto now = x.contains("now") ? x["now"].get<int64_t>() : 1700000070000;
    auto made = say(channel, x["data"]["text"], now, timestamp);
    EXPECT_EQ(must(channel_head(alice.space, channel))->hex(), x["head"]) << x["name"];
    if (x.contains("new_objects"))
      s.expect(x);
    else
      EXPECT_FALSE(made.is_new);
    if (!x.contains("list_newest_first"))
      continue;
    auto list = all_entries(alice.space, {channel});
    ASSERT_EQ(list.size(), x["list_newest_first"].size());
    for (std::size_t k = 0; k < list.size(); ++k) {
      const auto& expected = x["list_newest_first"][k];
      EXPECT_EQ(list[k].entry.hex(), expected["entry_hash"]);
      EXPECT_EQ(list[k].creation_time.hex(), expected["creation_time_hash"]);
      EXPECT_EQ(list[k].timestamp, expected["creation_time"].get<int64_t>());
    }
  }
}

TEST_F(channels_test, queries_of_the_vectors) {
  auto free_one = open();
  auto mine = open("vector-channel", alice.own.person);
  for (int i = 1; i <= 5; ++i)
    say(free_one, "message " + std::to_string(i), 1700000000000 + i * 10000);
  say(mine, "owned 1", 1700000015000);
  say(mine, "owned 2", 1700000045000);
  say(free_one, "late message", 1700000060000, 1700000025000);
  auto keys = [&](const hash&) { return std::vector{alice.own.person_public.signing}; };
  for (std::size_t i = 9; i <= 14; ++i) {
    const auto& x = channel_case(i);
    const auto& options = x["options"];
    std::vector<hash> channels{free_one, mine};
    if (options.contains("owner"))
      channels = {options["owner"].is_null() ? free_one : mine};
    page_request request;
    request.limit = options.value("count", 1000u);
    if (options.contains("from"))
      request.from = parse_time(options["from"].get<std::string>());
    if (options.contains("to"))
      request.to = parse_time(options["to"].get<std::string>());
    auto page = must(read_page(alice.space, newest_of(alice.space, channels), request, keys));
    auto list = page.entries;
    if (options.value("orderBy", 1) != 2)
      std::reverse(list.begin(), list.end());
    ASSERT_EQ(list.size(), x["result"].size()) << x["name"];
    for (std::size_t k = 0; k < list.size(); ++k) {
      const auto& expected = x["result"][k];
      EXPECT_EQ(list[k].channel.hex() + "_" + list[k].entry.hex(), expected["id"]) << x["name"];
      EXPECT_EQ(list[k].payload.hex(), expected["data_hash"]);
      ASSERT_TRUE(list[k].author);
      EXPECT_EQ(list[k].author->person.hex(), expected["author"]);
      EXPECT_TRUE(list[k].author->verified);
    }
  }
}

TEST_F(channels_test, unknown_channel) {
  auto made = post(alice.space, channel_id({"nowhere", std::nullopt}), message("x"), alice.as, 1);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.failure().message, channel_case(16)["error"].get<std::string>());
  // The id object alone is not enough.
  must(alice.space.put(channel_id_text({"nowhere", std::nullopt})));
  EXPECT_EQ(post(alice.space, channel_id({"nowhere", std::nullopt}), message("x"), alice.as, 1).failure().code, errc::not_found);
}

TEST_F(channels_test, an_entry_older_than_all_goes_to_the_bottom) {
  auto channel = open();
  say(channel, "b", 2000);
  say(channel, "c", 3000);
  auto made = say(channel, "a", 4000, 1000);
  EXPECT_EQ(texts(channel), (std::vector<std::string>{"c", "b", "a"}));
  auto list = all_entries(alice.space, {channel});
  EXPECT_EQ(list.back().entry, made.entry);
  EXPECT_FALSE(list.back().previous);
  for (const auto& entry : list) // whoever had them before knows them again by CreationTime and author
    EXPECT_TRUE(
        author_of(alice.space, entry.creation_time, entry.metadata, [&](const hash&) { return std::vector{alice.own.person_public.signing}; })->verified);
}

TEST_F(channels_test, a_peer_with_the_newer_half_merges_to_the_same_list) {
  auto channel = open();
  say(channel, "b", 2000);
  auto theirs = must(channel_head(alice.space, channel));
  say(channel, "a", 3000, 1000);
  auto ours = must(channel_head(alice.space, channel));
  auto merged = must(protocol::merge_lists(alice.space, theirs, ours));
  EXPECT_EQ(merged, ours);
}

TEST_F(channels_test, time_and_order_agree) {
  auto channel = open();
  EXPECT_EQ(say(channel, "a", 5000).timestamp, 5000);
  EXPECT_EQ(say(channel, "b", 5000).timestamp, 5001);
  EXPECT_EQ(say(channel, "c", 10).timestamp, 5002); // the clock went back
  EXPECT_EQ(say(channel, "a", 10).timestamp, 5003); // the same text is another message
  EXPECT_EQ(texts(channel).size(), 4u);
}

TEST_F(channels_test, a_peer_from_the_future_does_not_take_our_clock_along) {
  auto channel = open();
  say(channel, "now", 5000);
  say(channel, "from the future", 5000, 5000 + 2 * clock_tolerance_ms);
  auto made = say(channel, "after", 6000);
  EXPECT_EQ(made.timestamp, 6000);
  EXPECT_EQ(texts(channel), (std::vector<std::string>{"from the future", "after", "now"}));
}

TEST_F(channels_test, what_is_too_deep_is_refused) {
  auto channel = open();
  for (std::size_t i = 0; i <= limits::channel_rebuild; ++i)
    say(channel, "x", 10'000 + static_cast<int64_t>(i));
  auto head = must(channel_head(alice.space, channel));
  auto refused = post(alice.space, channel, message("old"), alice.as, 1, 5);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::conflict);
  EXPECT_EQ(must(channel_head(alice.space, channel)), head);
  EXPECT_TRUE(post(alice.space, channel, message("just deep enough"), alice.as, 1, 10'001));
}

TEST_F(channels_test, pages_follow_each_other) {
  auto channel = open();
  for (int i = 0; i < 25; ++i)
    say(channel, std::to_string(i), 1000 + i);
  std::vector<int64_t> seen;
  auto at = newest_of(alice.space, {channel});
  page_request request;
  request.limit = 10;
  for (int pages = 0; pages < 3; ++pages) {
    auto page = must(read_page(alice.space, at, request));
    for (const auto& entry : page.entries)
      seen.push_back(entry.timestamp);
    EXPECT_EQ(page.complete(), pages == 2);
    at = page.next;
  }
  ASSERT_EQ(seen.size(), 25u);
  for (std::size_t i = 0; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], 1024 - static_cast<int64_t>(i));
  request.before = 1010;
  EXPECT_EQ(must(read_page(alice.space, newest_of(alice.space, {channel}), request)).entries.front().timestamp, 1009);
}

/// What the sparse store has: a newest part, the rest at the archive.
class gap_test : public channels_test {
protected:
  void SetUp() override {
    room = {open("room", alice.own.person), open("room", sha256("bob"))};
    for (int i = 0; i < 6; ++i)
      say(room[static_cast<std::size_t>(i % 2)], std::to_string(i), 1000 + i);
    // All but the newest two of the first channel stay away: times 1004, 1002 | 1000.
    auto missing = *read(room[0]).at(1).previous;
    for (const auto& name : alice.space.names())
      if (name != missing)
        must(window.put(*alice.space.read(name)));
    window.mark_elsewhere(missing);
    for (const auto& channel : room)
      window.set_head(channel, *alice.space.head(channel), {});
  }
  std::vector<channel_entry> read(const hash& channel) {
    return all_entries(alice.space, {channel});
  }
  std::vector<hash> room;
  protocol::memory_space window{protocol::standard_recipes()};
};

TEST_F(gap_test, one_channel_ends_at_the_gap) {
  auto page = must(read_page(window, newest_of(window, {room[0]}), {}));
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_FALSE(page.complete());
  EXPECT_TRUE(page.next[0].gap);
  EXPECT_EQ(page.next[0].next, page.entries.back().previous);
}

TEST_F(gap_test, a_room_ends_where_one_of_its_channels_does) {
  auto page = must(read_page(window, newest_of(window, room), {}));
  std::vector<int64_t> times;
  for (const auto& entry : page.entries)
    times.push_back(entry.timestamp);
  EXPECT_EQ(times, (std::vector<int64_t>{1005, 1004, 1003, 1002})); // 1001 is there, but 1000 might be newer for all we know
  auto none = must(read_page(window, page.next, {}));
  EXPECT_TRUE(none.entries.empty());
  auto rest = must(read_page(alice.space, page.next, {}));
  EXPECT_EQ(rest.entries.size(), 2u);
  EXPECT_TRUE(rest.complete());
}

TEST_F(gap_test, posting_on_top_needs_the_head_only) {
  auto made = post(window, room[0], message("new"), alice.as, 2000);
  ASSERT_TRUE(made) << made.failure().message;
  EXPECT_EQ(must(read_page(window, newest_of(window, {room[0]}), {})).entries.size(), 3u);
  EXPECT_EQ(post(window, room[0], message("old"), alice.as, 2000, 1).failure().code, errc::not_found);
}

TEST_F(channels_test, many_at_once_make_one_version) {
  auto channel = open();
  say(channel, "first", 1000);
  std::vector<timed_payload> items;
  for (int64_t time : {900, 2000, 2000, 1500})
    items.push_back({must(store_text(alice.space, message("at " + std::to_string(items.size()) + "/" + std::to_string(time)))), time});
  auto version = alice.space.head(channel);
  auto made = must(post_many(alice.space, channel, items, alice.as, 5000));
  std::vector<int64_t> times;
  for (const auto& x : made)
    times.push_back(x.timestamp);
  EXPECT_EQ(times, (std::vector<int64_t>{1001, 2000, 2001, 2002}));
  auto node = must(protocol::load(alice.space, *alice.space.head(channel)));
  EXPECT_EQ(node.reference("prev"), version);
  auto list = all_entries(alice.space, {channel});
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list.front().entry, made.back().entry);
  EXPECT_TRUE(must(post_many(alice.space, channel, {}, alice.as, 6000)).empty());
}

TEST_F(channels_test, the_cost_of_a_post_does_not_grow) {
  protocol::memory_space inner{protocol::standard_recipes()};
  lama::testing::counting_space space{inner};
  auto channel = must(create_channel(space, {"long", std::nullopt}, 1));
  std::size_t early = 0;
  for (int i = 0; i < 300; ++i) {
    space.reset();
    must(post(space, channel, message(std::to_string(i)), alice.as, 1000 + i));
    if (i == 10)
      early = space.accesses();
    if (i > 10) {
      ASSERT_EQ(space.accesses(), early);
    }
  }
}

} // namespace
} // namespace lama::models
