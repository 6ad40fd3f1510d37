// Edits and deletions between two users' nodes: everybody ends with the same, whoever was cut off meanwhile, and nobody changes another's words.
#include "protocol/models/annotations.hpp"
#include "protocol/models/deliveries.hpp"
#include "tests/simulation/hostile_stage.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

constexpr auto edit = models::annotation_kind::edit;
constexpr auto deletion = models::annotation_kind::delete_this;

class annotations_test : public testing::Test {
protected:
  void SetUp() override {
    auto founded = all.found();
    ASSERT_TRUE(founded) << founded.failure().message;
    all.all.run_for(5s);
  }
  hash send(std::size_t home, const std::string& text) {
    auto sent = all.send(home, text);
    EXPECT_TRUE(sent) << text;
    return sent ? *sent : hash{};
  }
  result<actors::message_changed> change(std::size_t home, const hash& message, models::annotation_kind kind, const std::string& text = {}) {
    auto& where = all.homes[home]->sparse;
    auto outbox = where.members().find<actors::outbox_actor>("outbox/" + all.homes[home]->user);
    return where.ask<actors::message_changed>(outbox, actors::change_message{all.direct, message, kind, text, {}});
  }
  void cut_all(bool mend) {
    auto sides = all.sides();
    for (std::size_t a = 0; a < sides.size(); ++a)
      for (std::size_t b = a + 1; b < sides.size(); ++b)
        mend ? all.all.lines().mend(sides[a]->index(), sides[b]->index()) : all.all.lines().cut(sides[a]->index(), sides[b]->index());
  }
  /// What all four instances show of a message: its text, or "deleted"; "differs" where they do not agree.
  std::string shown(const hash& message, std::size_t sender) {
    std::optional<std::string> seen;
    for (auto* where : all.sides()) {
      auto& home = where == &all.anna().archive || where == &all.anna().sparse ? all.anna() : all.bert();
      auto view = where->user(home.user)->store->read();
      auto change = models::change_of(*view, message, all.persons[sender]);
      auto text = !change ? std::string{"as sent"} : change->deleted ? "deleted" : change->text;
      if (seen && *seen != text)
        return "differs: " + *seen + " and " + text;
      seen = text;
    }
    return *seen;
  }

  town all{41};
};

TEST_F(annotations_test, an_edit_and_a_deletion_reach_everybody) {
  auto first = send(0, "hello bert");
  auto second = send(1, "hello anna");
  all.all.run_for(10s);
  auto changed = change(0, first, edit, "hello Bert!");
  ASSERT_TRUE(changed) << changed.failure().message;
  ASSERT_TRUE(change(1, second, deletion));
  all.all.run_for(10s);
  EXPECT_EQ(shown(first, 0), "hello Bert!");
  EXPECT_EQ(shown(second, 1), "deleted");
  EXPECT_EQ(check_stores(all), problems{});
}

TEST_F(annotations_test, what_was_changed_while_all_were_cut_off_becomes_one) {
  auto mine = send(0, "one");
  auto his = send(1, "two");
  all.all.run_for(10s);
  cut_all(false);
  ASSERT_TRUE(change(0, mine, edit, "one, again"));
  ASSERT_TRUE(change(1, his, edit, "two, again"));
  all.all.run_for(60s);
  ASSERT_TRUE(change(0, mine, edit, "one, at last"));
  ASSERT_TRUE(change(1, his, deletion));
  auto offline = send(0, "written while away");
  ASSERT_TRUE(change(0, offline, edit, "written and changed while away"));
  EXPECT_NE(shown(mine, 0), "one, at last") << "they are cut off";
  cut_all(true);
  all.all.run_for(120s);
  EXPECT_EQ(shown(mine, 0), "one, at last");
  EXPECT_EQ(shown(his, 1), "deleted");
  EXPECT_EQ(shown(offline, 0), "written and changed while away");
  EXPECT_EQ(check_contents(all), problems{});
  EXPECT_EQ(check_stores(all), problems{});
}

TEST_F(annotations_test, anothers_message_is_refused_at_once) {
  auto his = send(1, "mine");
  all.all.run_for(10s);
  auto changed = change(0, his, deletion);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.failure().code, errc::forbidden);
}

TEST_F(annotations_test, a_message_is_delivered_when_the_others_node_has_it) {
  all.all.lines().cut(all.anna().archive.index(), all.bert().archive.index());
  auto message = send(0, "hello bert");
  all.all.run_for(20s);
  auto delivered = [&](side& where) { return models::is_delivered(*where.user("anna")->store->read(), message); };
  EXPECT_FALSE(delivered(all.anna().archive));
  all.all.lines().mend(all.anna().archive.index(), all.bert().archive.index());
  all.all.run_for(120s);
  EXPECT_TRUE(delivered(all.anna().archive));
  EXPECT_TRUE(delivered(all.anna().sparse));
}

TEST_F(annotations_test, how_far_one_read_comes_to_the_archive_and_to_nobody_else) {
  auto message = send(1, "read me");
  all.all.run_for(10s);
  ASSERT_TRUE(change(0, message, models::annotation_kind::read));
  all.all.run_for(10s);
  for (auto* where : {&all.anna().archive, &all.anna().sparse}) {
    auto view = where->user("anna")->store->read();
    auto conversation = models::read_conversation(*protocol::load_current(*view, models::conversation_id(all.direct)));
    ASSERT_TRUE(conversation);
    EXPECT_TRUE(conversation->read_time);
  }
  auto bert = all.bert().archive.user("bert")->store->read();
  EXPECT_TRUE(bert->objects_of_type("LamaAnnotation", 10).names.empty());
}

/// Mallory's archive says things of Anna's message: in her name, and in its own.
TEST(hostile_annotations_test, nobody_changes_what_another_wrote) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto room = models::one_to_one_id(on.all.persons[0], on.liar);
  on.all.expected.messages["I owe you nothing"] = {room, 0, {0}, false, {}, true};
  auto message = on.all.anna().send(room, "I owe you nothing");
  ASSERT_TRUE(message) << message.failure().message;
  on.all.all.run_for(20s);
  on.forge([&](storage::transaction& to) -> result<done> {
    auto context = on.mallory.archive.user("mallory");
    auto now = on.mallory.archive.clock().now_ms();
    LAMA_TRY(channel, models::open_annotations(to, room, on.liar, {{on.all.persons[0]}, {}}, now));
    for (const auto& author : {on.liar, on.all.persons[0]}) {
      models::lama_annotation forged{room, *message, author, edit, "I owe you everything", now};
      LAMA_CHECK(models::post(to, channel, models::text_of(forged), context->keys->as(on.liar), now));
    }
    return done{};
  });
  on.all.all.run_for(60s);
  for (auto* where : {&on.all.anna().archive, &on.all.anna().sparse})
    EXPECT_FALSE(models::change_of(*where->user("anna")->store->read(), *message, on.all.persons[0]));
  EXPECT_TRUE(on.all.anna().archive.user("anna")->store->read()->referrers(*message, "LamaAnnotation").empty())
      << "what is about another's message is not even stored";
  // And all go on talking.
  ASSERT_TRUE(on.all.send(0, "hello bert"));
  on.all.all.run_for(30s);
  EXPECT_EQ(check_stores(on.all), problems{});
}

} // namespace
} // namespace lama::simulator
