#include "gateway_rig.hpp"

#include "protocol/models/text_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

/// query:search over the archive's index of folded texts.
namespace lama::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;

class search_test : public ::testing::Test {
protected:
  search_test() {
    rig.call("one-core:register", {{"username", "anna"}, {"password", "a long password"}});
    conversation = rig.call("action:createConversation", {{"name", "Notes"}})["result"]["conversationId"];
  }
  void write(int from, int to) {
    for (int i = from; i < to; ++i)
      ASSERT_TRUE(rig.call("action:sendMessage", {{"conversationId", conversation}, {"text", "Müller says " + std::to_string(i) + '.'}}).contains("result"));
  }
  json ask(const std::string& text, json more = json::object()) {
    more["text"] = text;
    auto answer = rig.call("query:search", more);
    EXPECT_TRUE(answer.contains("result")) << answer;
    return answer["result"];
  }
  std::vector<std::string> texts(const json& answer) {
    std::vector<std::string> all;
    for (const auto& x : answer["messages"])
      all.push_back(x["text"]);
    return all;
  }
  /// Until the index has done what it can.
  uint64_t index() {
    for (int i = 0; i < 100; ++i)
      rig.advance(std::chrono::milliseconds{200});
    return rig.call("node:status")["result"]["actors"]["search-index/anna"]["blocks"].get<uint64_t>();
  }

  testing::gateway_rig rig{side::archive};
  std::string conversation;
};

TEST_F(search_test, answers_the_same_with_blocks_and_without) {
  write(0, 300);
  const std::vector<std::string> questions{"muller 7", "SAYS 299.", "says 0.", "says", "walrus"};
  std::vector<json> before;
  for (const auto& x : questions)
    before.push_back(ask(x, {{"limit", 20}}));
  EXPECT_THAT(texts(before[1]), ElementsAre("Müller says 299."));
  EXPECT_EQ(before[3]["messages"].size(), 20u);
  EXPECT_EQ(before[3]["more"], true);
  EXPECT_THAT(texts(before[4]), IsEmpty());
  EXPECT_EQ(index(), 300 / models::entries_a_block);
  for (std::size_t i = 0; i < questions.size(); ++i)
    EXPECT_EQ(ask(questions[i], {{"limit", 20}}), before[i]) << questions[i];
  // What came since stands before the blocks.
  write(300, 310);
  EXPECT_THAT(texts(ask("says 305.")), ElementsAre("Müller says 305."));
  EXPECT_THAT(texts(ask("says 5.")).size(), 31u) << "5, 15, … 305";
}

TEST_F(search_test, goes_on_from_where_it_was) {
  write(0, 300);
  index();
  std::vector<std::string> all;
  json more = json::object();
  more["limit"] = 70;
  for (int i = 0; i < 10; ++i) {
    auto answer = ask("says", more);
    for (auto& x : texts(answer))
      if (all.empty() || all.back() != x) // the last one of a page may come again
        all.push_back(std::move(x));
    if (answer["more"] == false)
      break;
    more["before"] = answer["before"];
  }
  ASSERT_EQ(all.size(), 300u);
  EXPECT_EQ(all.front(), "Müller says 299.");
  EXPECT_EQ(all.back(), "Müller says 0.");
}

TEST_F(search_test, finds_what_a_message_says_now) {
  write(0, 260);
  auto found = ask("says 3.")["messages"];
  ASSERT_EQ(found.size(), 26u);
  auto third = found.back()["messageHash"];
  auto fourth = ask("says 4.")["messages"].back()["messageHash"];
  auto edited = rig.call("action:editMessage", {{"conversationId", conversation}, {"messageHash", third}, {"text", "a walrus"}});
  ASSERT_TRUE(edited.contains("result")) << edited;
  ASSERT_TRUE(rig.call("action:deleteMessage", {{"conversationId", conversation}, {"messageHash", fourth}}).contains("result"));
  for (auto indexed : {false, true}) {
    if (indexed) {
      EXPECT_GE(index(), 2u);
    }
    EXPECT_THAT(texts(ask("walrus")), ElementsAre("a walrus"));
    EXPECT_EQ(ask("walrus")["messages"][0]["messageHash"], third);
    EXPECT_EQ(ask("says 3.")["messages"].size(), 25u);
    EXPECT_EQ(ask("says 4.")["messages"].size(), 25u);
  }
}

TEST_F(search_test, looks_into_the_conversation_that_is_named) {
  write(0, 3);
  auto other = rig.call("action:createConversation", {{"name", "Other"}})["result"]["conversationId"];
  ASSERT_TRUE(rig.call("action:sendMessage", {{"conversationId", other}, {"text", "Müller elsewhere"}}).contains("result"));
  EXPECT_EQ(ask("müller")["messages"].size(), 4u);
  EXPECT_THAT(texts(ask("müller", {{"conversationId", other}})), ElementsAre("Müller elsewhere"));
}

} // namespace
} // namespace lama::actors
