#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"

#include <utility>

namespace lama::actors::channels {

namespace {

/// Persons of one conversation.
constexpr std::size_t most_participants = 1000;

json conversation_json(const user_context& user, const std::string& id) {
  auto view = user.store->read();
  auto current = protocol::load_current(*view, models::conversation_id(id));
  auto read = current ? models::read_conversation(*current) : result<models::lama_conversation>{current.failure()};
  return read ? viewer{user, *view}.conversation(*read) : json{};
}

json all_conversations(const user_context& user, const storage::snapshot& from) {
  viewer views{user, from};
  auto all = json::array();
  for (const auto& x : conversations_of(from))
    all.push_back(views.conversation(x));
  return all;
}

json all_contacts(const user_context& user, const storage::snapshot& from) {
  viewer views{user, from};
  auto all = json::array();
  for (const auto& x : contacts_of(from))
    all.push_back(views.contact(x));
  return all;
}

} // namespace

void create(gateway_pointer self, const call_scope& x) {
  create_conversation request;
  LAMA_PARAMETER(name, optional_text(x, "name"));
  if (name.size() > 256)
    return x.fail(bad_parameter("name", "a name has at most 256 bytes"));
  request.name = std::move(name);
  const auto& list = x["participants"];
  if (!list.is_null() && (!list.is_array() || list.size() > most_participants))
    return x.fail(bad_parameter("participants", "participants must be a list of at most " + std::to_string(most_participants) + " person ids"));
  for (const auto& item : list) {
    auto person = item.is_string() ? hash::from_hex(item.get_ref<const std::string&>()) : std::nullopt;
    if (!person)
      return x.fail(bad_parameter("participants", "each participant is a person's id: 64 hex digits"));
    request.participants.push_back(*person);
  }
  LAMA_PARAMETER(named, optional_text(x, "requestId"));
  request.request = std::move(named);
  if (request.name.empty() && request.participants.size() != 1)
    return x.fail(bad_parameter("name", "a conversation needs a name, or one participant"));
  self->request(self->state.context->members->find<conversations_actor>(x.user->role("conversations")), self->state.deadline(), std::move(request))
      .then(
          [x](const conversation_created& made) {
            x.done({{"conversationId", made.conversation}, {"conversation", conversation_json(*x.user, made.conversation)}});
          },
          x.failed());
}

void one_conversation(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(id, text_parameter(x, "conversationId"));
  auto found = conversation_json(*x.user, id);
  if (found.is_null())
    return x.fail(lama::fail(errc::not_found, "There is no conversation " + id.substr(0, 200) + " here."));
  x.done({{"conversation", std::move(found)}});
}

void conversations(gateway_pointer, const call_scope& x) {
  x.done({{"conversations", all_conversations(*x.user, *x.user->store->read())}});
}

void contacts(gateway_pointer, const call_scope& x) {
  x.done({{"contacts", all_contacts(*x.user, *x.user->store->read())}});
}

void whole_state(gateway_pointer self, const call_scope& x) {
  ask_connections(self, x.user->user, [self, x](const result<json>& connections) {
    ask_bridge(self, [self, x, connections](bool bridge_connected) {
      auto view = x.user->store->read();
      const auto& settings = x.user->environment->settings;
      auto sync = sync_state(self, *x.user, bridge_connected);
      json state{{"user",
                  {{"username", x.user->user},
                   {"personId", x.user->public_person().hex()},
                   {"name", viewer{*x.user, *view}.name_of(x.user->public_person())},
                   {"ownerId", x.user->me.person.hex()},
                   {"instanceId", x.user->me.instance.hex()}}},
                 {"conversations", all_conversations(*x.user, *view)},
                 {"contacts", all_contacts(*x.user, *view)},
                 {"connections", connections ? (*connections)["connections"] : json::array()},
                 {"sync", std::move(sync)},
                 {"ai", {{"models", json::array()}}},
                 {"queue", queued_calls(self, x.user->user)},
                 {"settings", settings_of(*view)},
                 {"node", {{"side", to_string(settings.which)}, {"version", settings.version}, {"channelWindow", settings.channel_window}}}};
      x.done(std::move(state));
    });
  });
}

} // namespace lama::actors::channels
