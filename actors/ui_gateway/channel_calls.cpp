#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"

#include <algorithm>
#include <utility>

/// one-core:channel:*: conversations as programs of the former app know them, by their channel.
namespace lama::actors::channels {

namespace {

/// Messages that one question may skip: it walks over them.
constexpr std::size_t most_skipped = 100'000;
constexpr std::size_t most_channel_messages = 1000;

std::optional<models::lama_conversation> conversation_of(const user_context& user, const hash& channel) {
  auto view = user.store->read();
  auto key = models::load_channel_key(*view, channel);
  auto current = key ? protocol::load_current(*view, models::conversation_id(key->id)) : result<protocol::object>{key.failure()};
  auto read = current ? models::read_conversation(*current) : result<models::lama_conversation>{current.failure()};
  return read ? std::optional{std::move(*read)} : std::nullopt;
}

json channel_json(const hash& channel, const models::lama_conversation& x) {
  return {{"channelId", channel.hex()},
          {"conversationId", x.id},
          {"name", x.title},
          {"type", x.kind},
          {"takesMessages", x.channel.has_value() && x.state != "closed" && !x.imported}};
}

lama::error no_channel(const hash& channel) {
  return lama::fail(errc::not_found, "There is no channel " + channel.hex() + " here.");
}

} // namespace

void make_channel(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "name"));
  create_conversation request;
  request.name = std::move(name);
  self->request(self->state.context->members->find<conversations_actor>(x.user->role("conversations")), self->state.deadline(), std::move(request))
      .then(
          [x](const conversation_created& made) {
            auto view = x.user->store->read();
            auto current = protocol::load_current(*view, models::conversation_id(made.conversation));
            auto read = current ? models::read_conversation(*current) : result<models::lama_conversation>{current.failure()};
            if (!read || !read->channel)
              return x.fail(lama::fail(errc::internal, "a conversation was made, but has no channel"));
            x.done({{"channelId", read->channel->hex()}, {"channel", channel_json(*read->channel, *read)}});
          },
          x.failed());
}

void join_channel(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(channel, hash_parameter(x, "channelId"));
  if (auto found = conversation_of(*x.user, channel))
    return x.done({{"success", true}, {"channel", channel_json(channel, *found)}});
  x.done({{"success", false}, {"error", "This channel is not shared with you: ask its owner, or pair with an invitation."}});
}

void post_to_channel(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(channel, hash_parameter(x, "channelId"));
  auto found = conversation_of(*x.user, channel);
  if (!found)
    return x.fail(no_channel(channel));
  const auto& message = x["message"];
  json request = message.is_string() ? json{{"text", message}} : message;
  request["conversationId"] = found->id;
  auto as_message = x;
  as_message.parameters = std::make_shared<const json>(std::move(request));
  as_message.answer = [x](call_outcome outcome) {
    if (outcome.content)
      outcome.content->erase("conversation");
    x.answer(std::move(outcome));
  };
  send(self, as_message);
}

void channel_messages(gateway_pointer, const call_scope& x) {
  LAMA_PARAMETER(channel, hash_parameter(x, "channelId"));
  LAMA_PARAMETER(limit, count_parameter(x, "limit", 50, most_channel_messages));
  const auto& given = x["offset"];
  auto skip = given.is_number_unsigned() ? std::min<uint64_t>(given.get<uint64_t>(), most_skipped) : 0;
  auto found = conversation_of(*x.user, channel);
  if (!found)
    return x.fail(no_channel(channel));
  auto view = x.user->store->read();
  viewer views{*x.user, *view};
  auto at = models::newest_of(*view, {channel});
  for (uint64_t skipped = 0; skipped < skip && !at.empty();) {
    models::page_request request;
    request.limit = static_cast<std::size_t>(std::min<uint64_t>(skip - skipped, most_channel_messages));
    LAMA_PARAMETER(page, models::read_page(*view, at, request));
    if (page.entries.empty())
      return x.done({{"messages", json::array()}});
    skipped += page.entries.size();
    at = page.next;
  }
  models::page_request request;
  request.limit = limit;
  LAMA_PARAMETER(page, models::read_page(*view, at, request, views.keys()));
  auto messages = json::array();
  for (auto entry = page.entries.rbegin(); entry != page.entries.rend(); ++entry)
    if (auto shown = views.message(found->id, *entry))
      messages.push_back(std::move(*shown));
  x.done({{"messages", std::move(messages)}});
}

} // namespace lama::actors::channels
