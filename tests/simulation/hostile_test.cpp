// A contact whose archive brings what it should not: nothing of it takes effect, and honest people go on talking.
#include "tests/simulation/checkers.hpp"

#include "protocol/models/chat.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/leute.hpp"
#include "protocol/models/profiles.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

/// Anna, whom it is against, Bert, whom she knows, and Mallory, whom she met.
struct stage {
  town all{31};
  household mallory{all.all, "mallory", 77};
  hash liar{}; ///< Mallory's public person

  void set() {
    auto founded = all.found();
    ASSERT_TRUE(founded) << founded.failure().message;
    auto state = mallory.sign_up();
    ASSERT_TRUE(state);
    liar = state->public_person;
    auto invitation = all.anna().invite();
    ASSERT_TRUE(invitation);
    ASSERT_TRUE(mallory.accept(*invitation));
    all.expected.conversations[models::one_to_one_id(all.persons[0], liar)] = {{0}};
    all.all.run_for(10s);
  }

  /// Mallory's archive writes whatever it likes into its own store.
  void forge(std::function<result<done>(storage::transaction&)> change) {
    auto writer = mallory.archive.members().find<actors::object_store_actor>("object-store/mallory");
    auto written = mallory.archive.ask<actors::transacted>(writer, actors::transact{"forge", std::move(change)});
    ASSERT_TRUE(written) << written.failure().message;
  }
};

/// What must not change at Anna's.
struct belongings {
  std::vector<hash> contacts;
  std::vector<std::string> endpoints;
  std::vector<std::pair<std::string, hash>> topics;
  std::optional<hash> leute;
  std::optional<hash> me;
  std::vector<hash> granted; ///< to Mallory
  std::vector<std::string> conversations;

  friend bool operator==(const belongings&, const belongings&) = default;
};

belongings belongings_of(household& anna, const hash& liar) {
  belongings x;
  auto context = anna.archive.user("anna");
  if (!context)
    return x;
  auto view = context->store->read();
  for (const auto& contact : models::contacts(*view))
    x.contacts.insert(x.contacts.end(), contact.persons.begin(), contact.persons.end());
  for (const auto& known : models::known_endpoints(*view, context->me))
    x.endpoints.push_back(known.at.person.hex() + known.at.url.value_or(""));
  x.topics = models::known_topics(*view);
  x.leute = view->head(models::leute_id());
  x.me = view->head(models::my_someone_id());
  auto granted = models::grants_of(*view, liar);
  x.granted = granted.ids;
  x.granted.insert(x.granted.end(), granted.objects.begin(), granted.objects.end());
  x.conversations = anna.conversations(anna.sparse);
  return x;
}

struct forgery {
  const char* name;
  std::function<result<done>(storage::transaction&, stage&)> write;
};

void PrintTo(const forgery& x, std::ostream* to) {
  *to << x.name;
}

/// Stores a text and lets Anna have it.
result<done> give(storage::transaction& to, stage& on, const std::string& text) {
  LAMA_TRY(stored, to.put(text));
  LAMA_CHECK(models::grant(to, models::object_target(stored.name), {{on.all.persons[0]}, {}}, models::grant_mode::add, 1'800'000'000'000));
  return done{};
}

const forgery forgeries[] = {
    {"a_list_of_people",
     [](storage::transaction& to, stage& on) {
       return give(to, on,
                   models::object_writer{"Leute"}
                       .text("appId", "one.leute")
                       .id_reference("me", models::my_someone_id())
                       .bag("other", models::reference_kind::id, {})
                       .bag("group", models::reference_kind::id, {})
                       .finish());
     }},
    {"a_someone_who_is_me",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(mine, protocol::load_current(to, models::my_someone_id()));
       LAMA_TRY(text, protocol::write_object(mine, to.recipes()));
       return give(to, on, text);
     }},
    {"a_profile_of_somebody_else",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(own, protocol::load_current(to, models::default_profile_of(on.liar)));
       own.set("personId", on.all.persons[1]);
       own.set("owner", on.all.persons[1]);
       LAMA_CHECK(to.put(models::object_writer{"Person"}.text("email", "somebody@example.org").finish()));
       LAMA_TRY(text, protocol::write_object(own, to.recipes()));
       return give(to, on, text);
     }},
    {"a_topic_on_another_channel",
     [](storage::transaction& to, stage& on) -> result<done> {
       // Under the name of the room that Anna and Mallory share: the channel of Anna and Bert.
       LAMA_TRY(channel, models::create_channel(to, {on.all.direct, {}}, 1'800'000'000'000));
       return give(to, on, models::topic_text({std::nullopt, models::one_to_one_id(on.all.persons[0], on.liar), channel}));
     }},
    {"a_topic_for_a_room_of_others",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(channel, models::create_channel(to, {on.all.direct, on.liar}, 1'800'000'000'000));
       return give(to, on, models::topic_text({std::nullopt, on.all.direct, channel}));
     }},
    {"a_version_of_a_channel_of_others",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(channel, models::create_channel(to, {on.all.direct, {}}, 1'800'000'000'000));
       auto context = on.mallory.archive.user("mallory");
       LAMA_TRY(text, models::chat_message_text({"forged", on.all.persons[1], {}, {}}));
       LAMA_CHECK(models::post(to, channel, text, context->keys->as(on.liar), 1'800'000'000'000));
       LAMA_CHECK(models::grant(to, models::id_target(channel), {{on.all.persons[0]}, {}}, models::grant_mode::add, 1'800'000'000'000));
       LAMA_TRY(current, protocol::load_current(to, channel));
       LAMA_TRY(version, protocol::write_object(current, to.recipes()));
       return give(to, on, version);
     }},
    {"an_outbox_of_annas",
     [](storage::transaction& to, stage& on) -> result<done> {
       auto sparse = on.all.anna().sparse.user("anna")->me.person;
       LAMA_TRY(channel, models::create_channel(to, {"lama.outbox.1", sparse}, 1'800'000'000'000));
       auto context = on.mallory.archive.user("mallory");
       LAMA_TRY(text, models::chat_message_text({"forged", on.all.persons[0], {}, {}}));
       LAMA_CHECK(models::post(to, channel, text, context->keys->as(on.liar), 1'800'000'000'000));
       LAMA_CHECK(models::grant(to, models::id_target(channel), {{on.all.persons[0]}, {}}, models::grant_mode::add, 1'800'000'000'000));
       LAMA_TRY(current, protocol::load_current(to, channel));
       LAMA_TRY(version, protocol::write_object(current, to.recipes()));
       return give(to, on, version);
     }},
    {"settings",
     [](storage::transaction& to, stage& on) -> result<done> {
       protocol::object x;
       x.type = "Settings";
       x.set("id", std::string{"one.settings"});
       x.set("properties", protocol::map{});
       LAMA_TRY(text, protocol::write_object(x, to.recipes()));
       return give(to, on, text);
     }},
};

class hostile_test : public testing::TestWithParam<forgery> {};

TEST_P(hostile_test, takes_no_effect) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto before = belongings_of(on.all.anna(), on.liar);
  ASSERT_EQ(before.contacts.size(), 3u) << "Bert, Mallory, and the own sparse instance";
  on.forge([&on](storage::transaction& to) { return GetParam().write(to, on); });
  on.all.all.run_for(30s);
  ASSERT_TRUE(on.all.send(0, "hello bert"));
  ASSERT_TRUE(on.all.send(1, "hello anna"));
  on.all.all.run_for(30s);
  EXPECT_EQ(belongings_of(on.all.anna(), on.liar), before);
  EXPECT_EQ(check_messages(on.all), problems{});
  EXPECT_EQ(check_authors(on.all), problems{});
  EXPECT_EQ(check_stores(on.all), problems{});
}

INSTANTIATE_TEST_SUITE_P(each_forgery, hostile_test, testing::ValuesIn(forgeries), [](const auto& x) { return std::string{x.param.name}; });

TEST(hostile_contact_test, a_message_in_bobs_name_is_not_shown_as_his) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto room = models::one_to_one_id(on.all.persons[0], on.liar);
  on.all.expected.messages["pay Mallory"] = {room, 1, {0}, false, {}, false};
  seeded_random chance{5};
  auto forged = models::sign_with(on.all.persons[1], protocol::make_signing_keys(chance).secret_key);
  on.forge([&](storage::transaction& to) -> result<done> {
    LAMA_TRY(text, models::chat_message_text({"pay Mallory", on.all.persons[1], {}, {}}));
    LAMA_CHECK(models::post(to, models::channel_id({room, {}}), text, forged, on.mallory.archive.clock().now_ms()));
    return done{};
  });
  on.all.all.run_for(30s);
  for (const auto& line : on.all.anna().lines(on.all.anna().archive, room))
    EXPECT_FALSE(line.verified) << line.text;
}

TEST(hostile_contact_test, an_invitation_is_good_once) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  household eve{on.all.all, "eve", 88};
  on.all.all.run_for(1s);
  ASSERT_TRUE(eve.sign_up());
  auto invitation = on.all.bert().invite();
  ASSERT_TRUE(invitation);
  ASSERT_TRUE(on.mallory.accept(*invitation));
  auto again = eve.accept(*invitation);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.failure().code, errc::offline);
  on.all.all.run_for(10s);
  auto view = on.all.bert().archive.user("bert")->store->read();
  EXPECT_FALSE(models::someone_of(*view, eve.archive.user("eve")->me.person));
}

TEST(hostile_contact_test, an_old_invitation_is_good_for_nothing) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto invitation = on.all.bert().invite();
  ASSERT_TRUE(invitation);
  on.all.all.run_for(16min);
  EXPECT_FALSE(on.mallory.accept(*invitation));
  auto view = on.all.bert().archive.user("bert")->store->read();
  EXPECT_FALSE(models::someone_of(*view, on.liar));
}

} // namespace
} // namespace lama::simulator
