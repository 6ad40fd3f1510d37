#include "tests/simulation/hostile_stage.hpp"

#include "protocol/models/grants.hpp"
#include "protocol/models/leute.hpp"
#include "protocol/models/profiles.hpp"

namespace lama::simulator {

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

void PrintTo(const forgery& x, std::ostream* to) {
  *to << x.name;
}

namespace {

/// Stores a text and lets Anna have it.
result<done> give(storage::transaction& to, stage& on, const std::string& text) {
  LAMA_TRY(stored, to.put(text));
  LAMA_CHECK(models::grant(to, models::object_target(stored.name), {{on.all.persons[0]}, {}}, models::grant_mode::add, 1'800'000'000'000));
  return done{};
}

/// The same for a new version.
result<done> give_version(storage::transaction& to, stage& on, const protocol::object& content) {
  LAMA_TRY(text, protocol::write_object(content, to.recipes()));
  LAMA_TRY(stored, protocol::store_version(to, text, 1'800'000'000'000));
  LAMA_CHECK(models::grant(to, models::id_target(stored.id), {{on.all.persons[0]}, {}}, models::grant_mode::add, 1'800'000'000'000));
  return give(to, on, text);
}

} // namespace

const std::vector<forgery> forgeries = {
    {"a_list_of_people",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(mine, protocol::load_current(to, models::leute_id()));
       mine.set("other", protocol::list{});
       return give_version(to, on, mine);
     }},
    {"a_someone_who_is_me",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(mine, protocol::load_current(to, models::my_someone_id()));
       mine.set("identities", protocol::map{});
       return give_version(to, on, mine);
     }},
    {"a_profile_of_somebody_else",
     [](storage::transaction& to, stage& on) -> result<done> {
       LAMA_TRY(own, protocol::load_current(to, models::default_profile_of(on.liar)));
       LAMA_CHECK(to.put(models::object_writer{"Person"}.text("email", "somebody@example.org").finish()));
       own.set("personId", on.all.persons[1]);
       own.set("owner", on.all.persons[1]);
       return give_version(to, on, own);
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

} // namespace lama::simulator
