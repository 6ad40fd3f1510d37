#include "actors/conversations/listing.hpp"

#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/lama_objects.hpp"
#include "protocol/models/leute.hpp"

#include <algorithm>

namespace lama::actors {

namespace {

/// Whoever enters a room of somebody else's gets a channel of their own in it, shared with those who are known to be there: nobody else
/// can make it (protocol/policy), and what we write goes into it.
result<done> join_room(storage::transaction& to, const user_context& user, const models::topic& topic) {
  const auto& me = user.me.person;
  auto now = user.environment->clock->now_ms();
  LAMA_TRY(founder, models::load_channel_key(to, topic.channel));
  if (models::one_to_one_persons(topic.id) || !founder.owner || founder.owner == me)
    return done{};
  LAMA_TRY(mine, models::create_channel(to, {topic.id, me}, now));
  models::audience members{models::room_members(to, topic.id), {}};
  members.persons.push_back(*founder.owner);
  LAMA_CHECK(models::grant(to, models::id_target(mine), members, models::grant_mode::add, now));
  return done{};
}

void describe(models::lama_conversation& x, const protocol::object_source& from, const user_context& user, const models::topic& topic,
              const std::vector<hash>& channels) {
  const auto& me = user.me.person;
  x.channel = topic.channel;
  if (auto pair = models::one_to_one_persons(topic.id)) {
    auto other = pair->first == me ? pair->second : pair->first;
    x.kind = "direct";
    x.participants = {me, other};
    x.title = models::display_name(from, me, other);
    return;
  }
  x.kind = "group";
  x.participants = {me};
  for (const auto& channel : channels)
    if (auto key = models::load_channel_key(from, channel); key && key->owner && *key->owner != me)
      x.participants.push_back(*key->owner);
  x.title = topic.name.value_or(topic.id);
  // New messages go into our own channel of the room.
  models::channel_key own{topic.id, me};
  if (std::ranges::find(channels, models::channel_id(own)) != channels.end())
    x.channel = models::channel_id(own);
}

void describe_newest(models::lama_conversation& x, const protocol::object_source& from, const std::vector<hash>& channels) {
  models::page_request newest;
  newest.limit = 1;
  auto page = models::read_page(from, models::newest_of(from, channels), newest);
  if (!page || page->entries.empty())
    return;
  const auto& entry = page->entries.front();
  x.last = entry.creation_time;
  x.last_time = entry.timestamp;
  auto payload = protocol::load(from, entry.payload);
  if (payload && payload->type == "LamaImportedMessage")
    payload = protocol::load(from, payload->reference("message").value_or(hash{}));
  if (payload)
    if (auto message = models::read_chat_message(*payload)) {
      auto change = models::change_of(from, entry.creation_time, message->sender);
      x.last_text = models::preview(change ? change->text : message->text);
      if (change && change->deleted)
        x.last_text.reset();
    }
}

/// Nobody who has the messages may be left with what they said before.
bool all_take_changes(const storage::transaction& from, const user_context& user, const models::lama_conversation& x) {
  return !x.imported &&
         std::ranges::all_of(x.participants, [&](const hash& person) { return person == user.me.person || from.note(takes_changes_note(person)).has_value(); });
}

/// Who is in the conversation now has what was said of its messages before. The device has everybody's.
result<done> share_annotations(storage::transaction& to, const user_context& user, const models::lama_conversation& x) {
  auto now = user.environment->clock->now_ms();
  auto mine = models::channel_id(models::annotations_of(x.id, user.me.person));
  models::audience others{x.participants, {}};
  std::erase(others.persons, user.me.person);
  if (x.takes_changes && to.head(mine))
    LAMA_CHECK(models::grant(to, models::id_target(mine), others, models::grant_mode::add, now));
  if (user.partner)
    for (const auto& channel : models::channels_named(to, models::annotations_of(x.id, user.me.person).id))
      LAMA_CHECK(models::grant(to, models::id_target(channel), {{user.partner->person}, {}}, models::grant_mode::add, now));
  return done{};
}

} // namespace

result<std::vector<std::string>> take_topics(storage::transaction& to, const user_context& user, const std::vector<hash>& topics) {
  std::vector<std::string> ids;
  for (const auto& name : topics) {
    auto topic = models::load_topic(to, name);
    if (!topic)
      continue;
    auto taken = models::topic_arrived(to, user.me.person, std::nullopt, name, user.environment->clock->now_ms());
    if (taken && taken->entered)
      LAMA_CHECK(join_room(to, user, *topic));
    if (!taken)
      user.environment->log(log_warning, "conversations", "a topic is not entered: " + taken.failure().message);
    else if (taken->entered)
      ids.push_back(topic->id);
  }
  return ids;
}

result<done> refresh_conversation(storage::transaction& to, const user_context& user, const std::string& id) {
  auto channels = models::channels_named(to, id);
  auto now = user.environment->clock->now_ms();
  auto conversation = models::conversation_id(id);
  models::lama_conversation x;
  if (auto former = protocol::load_current(to, conversation))
    if (auto read = models::read_conversation(*former))
      x = *read;
  x.id = id;
  if (auto name = models::find_topic(to, id)) {
    LAMA_TRY(topic, models::load_topic(to, *name));
    describe(x, to, user, topic, channels);
  } else if (!x.imported) {
    return done{}; // an import describes itself, when it begins
  }
  describe_newest(x, to, channels);
  x.takes_changes = all_take_changes(to, user, x);
  LAMA_CHECK(protocol::store_version(to, models::text_of(x), now)); // an equal version writes nothing
  LAMA_CHECK(share_annotations(to, user, x));
  if (!user.partner)
    return done{};
  models::audience partner{{user.partner->person}, {}};
  LAMA_CHECK(models::grant(to, models::id_target(conversation), partner, models::grant_mode::add, now));
  for (const auto& channel : channels)
    LAMA_CHECK(models::grant(to, models::id_target(channel), partner, models::grant_mode::add, now));
  return done{};
}

std::string takes_changes_note(const hash& person) {
  return "takes-changes/" + person.hex();
}

std::vector<std::string> all_conversations(const storage::snapshot& from) {
  std::vector<std::string> ids;
  std::string after;
  do {
    auto page = from.objects_of_type("LamaConversation", 1000, after);
    for (const auto& name : page.names)
      if (auto current = protocol::load_current(from, name))
        if (auto read = models::read_conversation(*current); read && read->imported)
          ids.push_back(read->id);
    after = page.next;
  } while (!after.empty());
  for (const auto& [id, topic] : models::known_topics(from))
    ids.push_back(id);
  return ids;
}

} // namespace lama::actors
