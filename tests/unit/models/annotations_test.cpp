#include "protocol/models/annotations.hpp"

#include "protocol/models/deliveries.hpp"
#include "protocol/models/search.hpp"
#include "tests/unit/models/fixture.hpp"

#include <algorithm>

namespace lama::models {
namespace {

class annotations_test : public ::testing::Test {
protected:
  annotations_test() {
    scripted_random random;
    as_me = sign_with(me, protocol::make_signing_keys(random).secret_key);
    channel = must(create_channel(space, {"room", me}, 1));
    message = write("hello", me, 1000);
    theirs = write("mine", bob, 2000);
  }
  hash write(const std::string& text, const hash& sender, int64_t time) {
    return must(post(space, channel, must(chat_message_text({text, sender, {}, {}})), as_me, time, time)).creation_time;
  }
  void say(annotation_kind kind, const std::string& text, int64_t time, const hash& author) {
    must(space.put(text_of(lama_annotation{"room", message, author, kind, text, time})));
  }
  result<lama_annotation> change(annotation_kind kind, const std::string& text, int64_t now = 5000) {
    return annotate(space, "room", message, kind, text, me, now);
  }

  protocol::memory_space space{protocol::standard_recipes()};
  hash me = sha256("me");
  hash bob = sha256("bob");
  signer as_me;
  hash channel, message, theirs;
};

constexpr auto edit = annotation_kind::edit;
constexpr auto deletion = annotation_kind::delete_this;

TEST_F(annotations_test, a_text_reads_back) {
  lama_annotation x{"room", message, me, edit, "better", 5000};
  auto back = must(read_annotation(must(protocol::parse_object(text_of(x), protocol::standard_recipes()))));
  EXPECT_EQ(back.conversation, x.conversation);
  EXPECT_EQ(back.message, message);
  EXPECT_EQ(back.author, me);
  EXPECT_EQ(back.kind, edit);
  EXPECT_EQ(back.text, "better");
  EXPECT_EQ(back.time, 5000);
}

TEST_F(annotations_test, the_newest_edit_counts_and_a_deletion_ends_it) {
  EXPECT_FALSE(change_of(space, message, me));
  say(edit, "second", 3000, me);
  say(edit, "first", 2000, me); // came later
  ASSERT_TRUE(change_of(space, message, me));
  EXPECT_EQ(change_of(space, message, me)->text, "second");
  EXPECT_EQ(change_of(space, message, me)->time, 3000);
  say(deletion, "", 2500, me);
  say(edit, "after all", 9000, me);
  EXPECT_TRUE(change_of(space, message, me)->deleted);
  EXPECT_EQ(change_of(space, message, me)->text, "");
}

TEST_F(annotations_test, every_order_of_arrival_gives_the_same) {
  std::vector<lama_annotation> all{{"room", message, me, edit, "a", 3000}, {"room", message, me, edit, "b", 3000}, {"room", message, me, edit, "c", 2000}};
  std::vector<int> order{0, 1, 2};
  std::optional<std::string> seen;
  do {
    protocol::memory_space other{protocol::standard_recipes()};
    for (const auto& name : space.names())
      must(other.put(*space.read(name)));
    for (auto i : order)
      must(other.put(text_of(all[static_cast<std::size_t>(i)])));
    auto text = change_of(other, message, me)->text;
    EXPECT_EQ(seen.value_or(text), text);
    seen = text;
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(annotations_test, what_others_say_of_a_message_does_not_count) {
  say(deletion, "", 3000, bob);
  EXPECT_FALSE(change_of(space, message, me));
}

TEST_F(annotations_test, only_ones_own_messages_are_changed) {
  EXPECT_EQ(annotate(space, "room", theirs, edit, "x", me, 1).failure().code, errc::forbidden);
  EXPECT_EQ(annotate(space, "room", sha256("nothing"), edit, "x", me, 1).failure().code, errc::not_found);
  EXPECT_EQ(change(edit, "").failure().code, errc::bad_input);
  EXPECT_TRUE(change(deletion, ""));
}

TEST_F(annotations_test, edits_of_one_millisecond_keep_their_order) {
  auto first = must(change(edit, "one"));
  must(space.put(text_of(first)));
  auto second = must(change(edit, "two"));
  EXPECT_GT(second.time, first.time);
  must(space.put(text_of(second)));
  EXPECT_EQ(change_of(space, message, me)->text, "two");
}

TEST_F(annotations_test, what_was_deleted_is_not_changed_again) {
  must(space.put(text_of(must(change(deletion, "")))));
  EXPECT_EQ(change(edit, "x").failure().code, errc::conflict);
  EXPECT_EQ(change(deletion, "").failure().code, errc::conflict);
}

TEST_F(annotations_test, an_imported_message_stays) {
  auto content = must(space.put(must(chat_message_text({"old", me, {}, {}})))).name;
  auto line = post(space, channel, text_of(lama_imported_message{"elsewhere", "Me", 1, content}), as_me, 1, 100);
  EXPECT_EQ(annotate(space, "room", must(std::move(line)).creation_time, edit, "x", me, 1).failure().code, errc::conflict);
}

TEST_F(annotations_test, what_the_archive_refused_does_not_count) {
  auto x = must(change(edit, "no"));
  auto name = must(space.put(text_of(x))).name;
  auto wrapped = draft_entry(name, x.time);
  must(space.put(wrapped.creation_time_text));
  must(space.put(text_of(lama_receipt{wrapped.creation_time, false, "not everybody's node understands it", std::nullopt})));
  EXPECT_FALSE(change_of(space, message, me));
}

TEST_F(annotations_test, how_far_somebody_read_changes_no_message) {
  must(space.put(text_of(must(annotate_read(space, "room", message, me, 5000)))));
  EXPECT_FALSE(change_of(space, message, me));
}

TEST_F(annotations_test, reading_never_goes_back) {
  lama_conversation x;
  x.id = "room";
  x.title = "Room";
  x.kind = "group";
  must(protocol::store_version(space, text_of(x), 1));
  auto read_time = [&] { return must(read_conversation(must(protocol::load_current(space, conversation_id("room"))))).read_time; };
  must(mark_read(space, must(annotate_read(space, "room", theirs, me, 1)), 2));
  EXPECT_EQ(read_time(), 2000);
  must(mark_read(space, must(annotate_read(space, "room", message, me, 3)), 4));
  EXPECT_EQ(read_time(), 2000);
}

TEST_F(annotations_test, new_in_a_list_is_what_the_former_one_lacks) {
  auto head = [&] { return must(channel_head(space, channel)); };
  auto former = head();
  auto newest = write("newest", me, 9000);
  auto between = write("between", me, 1500); // the entries above are written anew
  write("not mine", bob, 8000);
  EXPECT_EQ(newly_delivered(space, head(), former, me, 100), (std::vector{newest, between}));
  EXPECT_EQ(newly_delivered(space, head(), head(), me, 100), std::vector<hash>{});
  EXPECT_EQ(newly_delivered(space, head(), std::nullopt, me, 100), (std::vector{newest, between, message}));
}

TEST_F(annotations_test, delivered_is_what_a_node_said_it_has) {
  EXPECT_FALSE(is_delivered(space, message));
  must(note_delivered(space, me, std::nullopt, "room", bob, {message}, as_me, 1));
  EXPECT_TRUE(is_delivered(space, message));
  EXPECT_TRUE(is_delivered_to(space, message, bob));
  EXPECT_FALSE(is_delivered_to(space, message, me));
}

TEST(word_search, finds_words_whatever_their_case_and_accents) {
  EXPECT_TRUE(word_search{"cafe STRASSE"}.finds("In der Stra\u00dfe das Caf\u00e9"));
  EXPECT_TRUE(word_search{"stra\u00dfe"}.finds("STRASSE"));
  EXPECT_FALSE(word_search{"cafe tea"}.finds("Caf\u00e9"));
  EXPECT_TRUE(word_search{"  \n"}.empty());
  EXPECT_TRUE(word_search{"\xff"}.finds("a \xff byte that is no text"));
}

} // namespace
} // namespace lama::models
