#include "actors/ui_gateway/shown_files.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lama::actors {
namespace {

using nlohmann::json;

hash named(std::string_view text) {
  return sha256(text);
}

json message(std::string_view entry, std::initializer_list<std::string_view> files) {
  json x{{"text", "look"}, {"entry", {{"channel", named("channel").hex()}, {"hash", named(entry).hex()}}}, {"attachments", json::array()}};
  for (auto file : files)
    x["attachments"].push_back({{"blob", named(file).hex()}});
  return x;
}

TEST(shown_files_test, are_found_by_their_user_only) {
  shown_files shown;
  shown.remember("anna", json::array({message("first", {"a", "b"}), message("second", {"c"})}));
  ASSERT_TRUE(shown.find("anna", named("b")));
  EXPECT_EQ(shown.find("anna", named("b"))->entry, named("first"));
  EXPECT_EQ(shown.find("anna", named("b"))->channel, named("channel"));
  EXPECT_EQ(shown.find("anna", named("c"))->entry, named("second"));
  EXPECT_FALSE(shown.find("ben", named("b")));
  EXPECT_FALSE(shown.find("anna", named("d")));
}

TEST(shown_files_test, stand_where_they_were_shown_last) {
  shown_files shown;
  shown.remember("anna", json::array({message("first", {"a"})}));
  shown.remember("anna", json::array({message("rebuilt", {"a"})}));
  EXPECT_EQ(shown.find("anna", named("a"))->entry, named("rebuilt"));
  EXPECT_EQ(shown.size(), 1u);
}

TEST(shown_files_test, are_forgotten_from_the_oldest_on) {
  shown_files shown;
  for (std::size_t i = 0; i <= shown_files::most; ++i)
    shown.remember("anna", json::array({message("entry", {std::to_string(i)})}));
  EXPECT_EQ(shown.size(), shown_files::most);
  EXPECT_FALSE(shown.find("anna", named("0")));
  EXPECT_TRUE(shown.find("anna", named("1")));
}

TEST(shown_files_test, what_is_no_message_is_left_out) {
  shown_files shown;
  auto no_channel = message("x", {"a"});
  no_channel["entry"].erase("channel");
  auto odd_file = message("x", {});
  odd_file["attachments"] = json::array({1, json{{"blob", "short"}}, json::array()});
  shown.remember("anna", json::array({no_channel, odd_file, 7, nullptr, json{{"text", "no file"}}}));
  shown.remember("anna", json{{"messages", 1}});
  EXPECT_EQ(shown.size(), 0u);
}

} // namespace
} // namespace lama::actors
