#include "gateway_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

/// What pages are told, and get to know when they come back.
namespace lama::actors {
namespace {

using testing::gateway_rig;
using testing::json;

const json anna{{"username", "anna"}, {"password", "a long password"}};

std::vector<std::string> texts_told(const std::vector<json>& sent) {
  std::vector<std::string> told;
  for (const auto& x : sent)
    if (x.value("method", "") == "update:messageReceived")
      told.push_back(x["params"]["message"]["text"]);
  return told;
}

struct talking_rig : gateway_rig {
  talking_rig() : gateway_rig{side::archive} {
    call("one-core:register", anna);
    conversation = call("action:createConversation", {{"name", "Notes"}})["result"]["conversationId"];
  }
  void write(const std::string& text) {
    auto sent = call("action:sendMessage", {{"conversationId", conversation}, {"text", text}});
    EXPECT_TRUE(sent.contains("result")) << sent;
  }
  json subscribe(net::connection_id socket, const json& params) {
    server.sent[socket].clear();
    say(socket, "events:subscribe", params);
    return server.sent[socket].front().value("result", json{});
  }
  json conversation;
};

TEST(event_feed, keeps_the_newest_and_says_when_some_are_forgotten) {
  event_feed feed{1000};
  EXPECT_EQ(feed.after(1000)->size(), 0u);
  EXPECT_FALSE(feed.after(1001)) << "was never given";
  EXPECT_FALSE(feed.after(999)) << "of an earlier life";
  for (std::size_t i = 0; i < event_feed::most_events + 10; ++i)
    feed.add("m", {{"i", i}});
  EXPECT_FALSE(feed.after(1009));
  EXPECT_EQ(feed.after(1010)->size(), event_feed::most_events);
  EXPECT_EQ(json::parse(*feed.after(feed.last() - 1)->front())["params"]["sequence"], feed.last());
}

TEST(event_feed, is_bounded_by_bytes_too) {
  event_feed feed{0};
  for (int i = 0; i < 10; ++i)
    feed.add("m", {{"text", std::string(event_feed::most_bytes / 4, 'x')}});
  EXPECT_FALSE(feed.after(0));
  EXPECT_LE(feed.after(feed.last() - 3)->size(), 3u);
}

TEST(events, a_page_that_was_away_for_a_moment_misses_nothing) {
  talking_rig rig;
  auto first = rig.open_socket(1);
  auto at = rig.subscribe(first, json::object());
  EXPECT_EQ(at["complete"], true);
  rig.write("seen");
  auto seen = rig.server.sent[first].back()["params"]["sequence"].get<uint64_t>();
  EXPECT_GT(seen, at["sequence"].get<uint64_t>());
  rig.hang_up(first);
  rig.write("while away");
  auto second = rig.open_socket(2);
  auto back = rig.subscribe(second, {{"since", seen}});
  EXPECT_EQ(back["complete"], true);
  EXPECT_THAT(texts_told(rig.server.sent[second]), ::testing::ElementsAre("while away"));
  rig.write("live");
  EXPECT_THAT(texts_told(rig.server.sent[second]), ::testing::ElementsAre("while away", "live")) << "each once";
}

TEST(events, numbers_rise_without_a_gap) {
  talking_rig rig;
  auto socket = rig.open_socket(1);
  auto last = rig.subscribe(socket, json::object())["sequence"].get<uint64_t>();
  rig.server.sent[socket].clear();
  for (const auto* text : {"a", "b", "c"})
    rig.write(text);
  ASSERT_FALSE(rig.server.sent[socket].empty());
  for (const auto& x : rig.server.sent[socket])
    EXPECT_EQ(x["params"]["sequence"].get<uint64_t>(), ++last);
}

TEST(events, who_was_away_for_too_long_is_told_to_ask_anew) {
  talking_rig rig;
  auto first = rig.open_socket(1);
  auto at = rig.subscribe(first, json::object())["sequence"];
  rig.hang_up(first);
  rig.advance(std::chrono::minutes{6});
  rig.write("nobody watches");
  auto second = rig.open_socket(2);
  EXPECT_EQ(rig.subscribe(second, {{"since", at}})["complete"], false);
  EXPECT_EQ(rig.subscribe(second, {{"since", 5}})["complete"], false);
}

TEST(events, a_gateway_that_died_gives_higher_numbers) {
  talking_rig rig;
  auto socket = rig.open_socket(1);
  auto at = rig.subscribe(socket, json::object())["sequence"].get<uint64_t>();
  rig.write("takes its time");
  caf::anon_send_exit(rig.node.context->members->find<caf::actor>("ui-gateway"), caf::exit_reason::unhandled_exception);
  rig.settle();
  rig.advance(std::chrono::seconds{1});
  auto back = rig.subscribe(socket, {{"since", at}});
  EXPECT_EQ(back["complete"], false);
  EXPECT_GT(back["sequence"].get<uint64_t>(), at);
}

TEST(events, settings_objects_and_conversations_are_told) {
  talking_rig rig;
  auto socket = rig.open_socket(1);
  rig.subscribe(socket, json::object());
  rig.server.sent[socket].clear();
  EXPECT_EQ(rig.call("action:updateSettings", {{"theme", "dark"}})["result"]["settings"], (json{{"theme", "dark"}}));
  rig.write("hello");
  rig.advance(std::chrono::seconds{1});
  std::set<std::string> methods;
  std::set<std::string> changed;
  for (const auto& x : rig.server.sent[socket]) {
    methods.insert(x["method"].get<std::string>());
    if (x["method"] == "update:stateChanged")
      for (const auto& what : x["params"]["changed"])
        changed.insert(what.get<std::string>());
    if (x["method"] == "one-core:event:objectCreated") {
      EXPECT_EQ(x["params"]["type"], "LamaSetting") << "the node's own bookkeeping is nobody's business";
    }
  }
  EXPECT_THAT(methods, ::testing::IsSupersetOf(
                           {"update:messageReceived", "one-core:event:channelMessage", "one-core:event:objectCreated", "state:conversationUpdated"}));
  EXPECT_THAT(changed, ::testing::IsSupersetOf({"settings", "conversations"}));
  EXPECT_EQ(rig.call("node:status")["result"]["actors"]["ui-gateway"]["schemaBreaks"], 0);
}

TEST(events, posts_cannot_be_told) {
  talking_rig rig;
  EXPECT_EQ(rig.call("events:subscribe")["error"]["code"], -32004);
}

TEST(settings, are_kept_by_name_and_bounded) {
  talking_rig rig;
  EXPECT_EQ(rig.call("query:getSettings")["result"]["settings"], json::object());
  json odd{{"a", 1}, {"nested", {{"list", {1, "two", nullptr, true}}}}, {"text", "ä"}};
  EXPECT_EQ(rig.call("action:updateSettings", odd)["result"]["settings"], odd);
  EXPECT_EQ(rig.call("action:updateSettings", {{"a", nullptr}})["result"]["settings"].contains("a"), false);
  EXPECT_EQ(rig.call("action:updateSettings", {{"big", std::string(70'000, 'x')}})["error"]["code"], -32602);
  EXPECT_EQ(rig.call("action:updateSettings", {{std::string(200, 'n'), 1}})["error"]["code"], -32602);
  EXPECT_EQ(rig.call("query:getState")["result"]["settings"]["text"], "ä");
}

} // namespace
} // namespace lama::actors
