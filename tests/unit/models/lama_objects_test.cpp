#include "protocol/models/lama_objects.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

/// Writes, stores, reads: the recipe rules the text.
object stored(const std::string& text) {
  protocol::memory_space space{protocol::standard_recipes()};
  auto put = must(space.put(text));
  return must(protocol::load(space, put.name));
}

hash id_of(const std::string& text) {
  protocol::memory_space space{protocol::standard_recipes()};
  return must(space.put(text)).id.value_or(hash{});
}

TEST(lama_objects, contact) {
  lama_contact x{sha256("p"), "Bob <b>", "contact", sha256("i"), 1700000000000, true, protocol::json{{"b", 1}, {"a", {1, 2}}}};
  auto text = must(text_of(x));
  auto back = must(read_contact(stored(text)));
  EXPECT_EQ(back.person, x.person);
  EXPECT_EQ(back.name, x.name);
  EXPECT_EQ(back.instance, x.instance);
  EXPECT_EQ(back.since, x.since);
  EXPECT_TRUE(back.mine);
  EXPECT_EQ(back.about_node, x.about_node);
  EXPECT_EQ(id_of(text), contact_id(x.person));

  lama_contact bare{sha256("p"), "", "ai", std::nullopt, 0, false, std::nullopt};
  auto again = must(read_contact(stored(must(text_of(bare)))));
  EXPECT_FALSE(again.instance);
  EXPECT_FALSE(again.mine);
  EXPECT_FALSE(again.about_node);
}

TEST(lama_objects, conversation) {
  lama_conversation x;
  x.id = "a<->b";
  x.title = "Bob";
  x.kind = "direct";
  x.participants = {sha256("2"), sha256("1"), sha256("2")};
  x.channel = sha256("c");
  x.last = sha256("l");
  x.last_text = "hi";
  x.last_time = 17;
  x.count = 3;
  x.state = "closed";
  x.imported_from = "file";
  x.imported = true;
  auto text = text_of(x);
  auto back = must(read_conversation(stored(text)));
  EXPECT_EQ(back.id, x.id);
  EXPECT_EQ(back.participants.size(), 2u);
  EXPECT_EQ(back.channel, x.channel);
  EXPECT_EQ(back.last, x.last);
  EXPECT_EQ(back.last_text, x.last_text);
  EXPECT_EQ(back.last_time, x.last_time);
  EXPECT_EQ(back.count, x.count);
  EXPECT_EQ(back.state, x.state);
  EXPECT_EQ(back.imported_from, x.imported_from);
  EXPECT_TRUE(back.imported);
  EXPECT_EQ(id_of(text), conversation_id(x.id));

  lama_conversation bare;
  bare.id = "x";
  auto again = must(read_conversation(stored(text_of(bare))));
  EXPECT_FALSE(again.channel || again.last || again.last_text || again.last_time || again.count || again.state || again.imported_from || again.imported);
}

TEST(lama_objects, outbox_entry) {
  lama_outbox_entry x{"hi", sha256("ct"), true, {{"z", "1"}, {"a", "<2>"}}};
  auto back = must(read_outbox_entry(stored(must(text_of(x)))));
  EXPECT_EQ(back.conversation, x.conversation);
  EXPECT_EQ(back.message, x.message);
  EXPECT_TRUE(back.needs_ai);
  EXPECT_EQ(back.flags, x.flags);
  auto bare = must(read_outbox_entry(stored(must(text_of(lama_outbox_entry{"hi", sha256("ct"), false, {}})))));
  EXPECT_FALSE(bare.needs_ai);
  EXPECT_TRUE(bare.flags.empty());
}

TEST(lama_objects, receipt) {
  auto refused = must(read_receipt(stored(text_of(lama_receipt{sha256("m"), false, "why", std::nullopt}))));
  EXPECT_FALSE(refused.accepted);
  EXPECT_EQ(refused.reason, "why");
  auto accepted = must(read_receipt(stored(text_of(lama_receipt{sha256("m"), true, std::nullopt, sha256("p")}))));
  EXPECT_TRUE(accepted.accepted);
  EXPECT_FALSE(accepted.reason);
  EXPECT_EQ(accepted.posted, sha256("p"));
}

TEST(lama_objects, imports_and_settings) {
  auto line = must(read_imported_message(stored(text_of(lama_imported_message{"s", "a", 7, sha256("m")}))));
  EXPECT_EQ(line.line, 7);
  EXPECT_EQ(line.author, "a");
  EXPECT_EQ(line.message, sha256("m"));
  lama_import progress{"i", "s", "c", 9, "running"};
  auto text = text_of(progress);
  EXPECT_EQ(must(read_import(stored(text))).lines, 9);
  EXPECT_EQ(id_of(text), import_id("i"));
  auto setting = must(text_of(lama_setting{"theme", {{"dark", true}}}));
  EXPECT_EQ(must(read_setting(stored(setting))).content, (protocol::json{{"dark", true}}));
  EXPECT_EQ(id_of(setting), setting_id("theme"));
}

TEST(lama_objects, another_type_is_an_error) {
  auto receipt = stored(text_of(lama_receipt{sha256("m"), true, std::nullopt, std::nullopt}));
  EXPECT_EQ(read_contact(receipt).failure().code, errc::bad_input);
  EXPECT_EQ(read_conversation(receipt).failure().code, errc::bad_input);
  EXPECT_EQ(read_outbox_entry(receipt).failure().code, errc::bad_input);
  EXPECT_EQ(read_imported_message(receipt).failure().code, errc::bad_input);
  EXPECT_EQ(read_import(receipt).failure().code, errc::bad_input);
  EXPECT_EQ(read_setting(receipt).failure().code, errc::bad_input);
}

} // namespace
} // namespace lama::models
