#include "protocol/models/text_index.hpp"

#include "tests/unit/models/fixture.hpp"

#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"

namespace lama::models {
namespace {

TEST(text_index, a_block_is_read_as_it_was_written) {
  std::vector<indexed_text> texts{{sha256("a"), 5, "hello"}, {sha256("b"), -7, ""}, {sha256("c"), 1'700'000'000'000, std::string(5000, 'x')}};
  auto block = encode_block(texts);
  auto read = decode_block(block);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ((*read)[i].message, texts[i].message);
    EXPECT_EQ((*read)[i].time, texts[i].time);
    EXPECT_EQ((*read)[i].text, texts[i].text);
  }
  EXPECT_TRUE(decode_block("")->empty());
}

TEST(text_index, a_damaged_block_is_none) {
  auto block = encode_block({{sha256("a"), 5, "hello"}});
  for (std::size_t length = 1; length < block.size(); ++length)
    EXPECT_FALSE(decode_block(std::string_view{block}.substr(0, length))) << length;
  block[40] = '\xff'; // the text's length
  EXPECT_FALSE(decode_block(block));
}

TEST(text_index, a_state_that_cannot_be_read_is_none_yet) {
  index_state x{12, sha256("entry")};
  auto read = decode_index_state(encode(x));
  EXPECT_EQ(read.blocks, 12u);
  EXPECT_EQ(read.newest, x.newest);
  for (const auto* text : {"", "12", "12 ", "x abc", "12 abc"})
    EXPECT_EQ(decode_index_state(text).blocks, 0u) << text;
}

TEST(text_index, entries_say_what_their_messages_and_their_edits_say) {
  protocol::memory_space space{protocol::standard_recipes()};
  scripted_random random;
  auto keys = protocol::make_signing_keys(random);
  auto anna = sha256("anna");
  auto as = sign_with(anna, keys.secret_key);
  auto talk = must(create_channel(space, {"talk", anna}, 1));
  auto beside = must(create_channel(space, annotations_of("talk", anna), 1));
  auto message = must(post(space, talk, must(chat_message_text({"Grüße AUS Wien", anna, {}, {}})), as, 5000));
  lama_annotation edit{"talk", message.creation_time, anna, annotation_kind::edit, "Grüße aus GRAZ", 9000};
  auto changed = must(post(space, beside, text_of(edit), as, 9000));
  auto first = text_of_entry(space, must(read_entry(space, talk, message.entry)));
  EXPECT_EQ(first.text, "grusse aus wien");
  EXPECT_EQ(first.message, message.creation_time);
  auto second = text_of_entry(space, must(read_entry(space, beside, changed.entry)));
  EXPECT_EQ(second.text, "grusse aus graz");
  EXPECT_EQ(second.message, message.creation_time) << "what is found is the message";
  EXPECT_EQ(second.time, 5000);
}

TEST(text_index, a_walk_stops_where_it_is_told_and_goes_on_from_there) {
  protocol::memory_space space{protocol::standard_recipes()};
  scripted_random random;
  auto keys = protocol::make_signing_keys(random);
  auto anna = sha256("anna");
  auto talk = must(create_channel(space, {"talk", anna}, 1));
  std::vector<hash> names;
  for (int i = 0; i < 10; ++i)
    names.push_back(
        must(post(space, talk, must(chat_message_text({std::to_string(i), anna, {}, {}})), sign_with(anna, keys.secret_key), 1000 * (i + 1))).entry);
  std::vector<hash> seen;
  auto see = [&seen](const hash& name, const channel_entry&) { seen.push_back(name); };
  auto on = walk_entries(space, talk, names[9], names[2], 4, see);
  EXPECT_EQ(on.next, names[5]);
  EXPECT_FALSE(on.met);
  on = walk_entries(space, talk, on.next, names[2], 100, see);
  EXPECT_TRUE(on.met);
  EXPECT_FALSE(on.next);
  EXPECT_EQ(seen, (std::vector<hash>(names.rbegin(), names.rbegin() + 7)));
  on = walk_entries(space, talk, names[3], sha256("elsewhere"), 100, see);
  EXPECT_FALSE(on.met);
  EXPECT_FALSE(on.next) << "the end";
  EXPECT_TRUE(walk_entries(space, talk, sha256("elsewhere"), {}, 100, see).broken);
}

} // namespace
} // namespace lama::models
