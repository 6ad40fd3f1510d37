#include "protocol/models/channels.hpp"

#include "protocol/limits.hpp"
#include "protocol/models/channel_list.hpp"

#include <algorithm>
#include <cmath>

namespace lama::models {

namespace {

constexpr std::string_view registry_name = "ChannelRegistry";

void write_key(object_writer& out, const channel_key& key) {
  out.text("id", key.id);
  if (key.owner)
    out.id_reference("owner", *key.owner);
}

std::string channel_text(const channel_key& key, const std::optional<hash>& head) {
  object_writer out{"ChannelInfo"};
  write_key(out, key);
  if (head)
    out.object_reference("head", *head);
  return out.finish();
}

channel_key key_in(const object& x) {
  return {x.text("id"), x.reference("owner")};
}

struct channel_state {
  channel_key key;
  std::optional<hash> head;
};

result<channel_state> load_channel(const object_source& from, const hash& id) {
  if (!from.head(id))
    return fail(errc::not_found, "This channel does not exist, you cannot post to it.");
  LAMA_TRY(x, protocol::load_current(from, id));
  if (x.type != "ChannelInfo")
    return fail(errc::bad_input, id.hex() + " is a " + x.type + ", not a channel");
  return channel_state{key_in(x), x.reference("head")};
}

/// Licence, certificate, signature and CreationTime of a drafted entry; answers the signature's name.
result<hash> store_draft(object_space& space, const drafted_entry& draft, const signer& as) {
  LAMA_CHECK(space.put(draft.creation_time_text));
  LAMA_TRY(affirmed, certify(space, certificate::affirmation, draft.certificate_text, as));
  return affirmed.signature;
}

result<posted> post_draft(object_space& space, const hash& channel, const drafted_entry& draft, const signer& as, int64_t now_ms) {
  LAMA_TRY(state, load_channel(space, channel));
  LAMA_TRY(place, detail::find_place(space, state.head, static_cast<double>(draft.timestamp), draft.creation_time));
  posted out{{}, draft.creation_time, draft.payload, draft.timestamp, !place.existing};
  if (place.existing) {
    out.entry = *place.existing;
    return out;
  }
  LAMA_TRY(signature, store_draft(space, draft, as));
  LAMA_TRY(inserted, detail::insert_at(space, place, draft.creation_time, signature));
  out.entry = inserted.entry;
  LAMA_CHECK(protocol::store_version(space, channel_text(state.key, inserted.head), now_ms));
  return out;
}

} // namespace

std::string channel_id_text(const channel_key& key) {
  object_writer out{"ChannelInfo", true};
  write_key(out, key);
  return out.finish();
}

hash channel_id(const channel_key& key) {
  return sha256(channel_id_text(key));
}

result<channel_key> load_channel_key(const object_source& from, const hash& id) {
  auto text = from.read(id);
  if (!text)
    return fail(errc::not_found, "the channel " + id.hex() + " is not known here");
  LAMA_TRY(x, protocol::parse_id_object(*text, from.recipes()));
  if (x.type != "ChannelInfo")
    return fail(errc::bad_input, id.hex() + " is a " + x.type + ", not a channel");
  return key_in(x);
}

result<hash> create_channel(object_space& space, const channel_key& key, int64_t now_ms) {
  auto id = channel_id(key);
  if (!space.head(id))
    LAMA_CHECK(protocol::store_version(space, channel_text(key, std::nullopt), now_ms));
  LAMA_CHECK(register_channel(space, id, now_ms));
  return id;
}

const hash& channel_registry_id() {
  static const hash id = sha256(object_writer{registry_name, true}.text("id", registry_name).finish());
  return id;
}

result<done> register_channel(object_space& space, const hash& id, int64_t now_ms) {
  auto all = registered_channels(space);
  if (std::find(all.begin(), all.end(), id) != all.end())
    return done{};
  all.push_back(id);
  auto text = object_writer{registry_name}.text("id", registry_name).bag("channels", reference_kind::id, std::move(all)).finish();
  LAMA_CHECK(protocol::store_version(space, text, now_ms));
  return done{};
}

std::vector<hash> registered_channels(const object_source& from) {
  auto x = protocol::load_current(from, channel_registry_id());
  return x ? x->references("channels") : std::vector<hash>{};
}

std::vector<hash> channels_named(const object_source& from, std::string_view id) {
  std::vector<hash> out;
  for (const auto& channel : registered_channels(from))
    if (auto key = load_channel_key(from, channel); key && key->id == id)
      out.push_back(channel);
  return out;
}

result<std::optional<hash>> channel_head(const object_source& from, const hash& id) {
  LAMA_TRY(state, load_channel(from, id));
  return state.head;
}

int64_t next_timestamp(const object_source& from, const hash& channel, int64_t now_ms) {
  auto state = load_channel(from, channel);
  auto at = state ? state->head : std::nullopt;
  for (std::size_t steps = 0; at && steps < limits::channel_rebuild; ++steps) {
    auto entry = detail::read_list_entry(from, *at);
    if (!entry)
      break;
    auto time = to_milliseconds(entry->timestamp);
    if (time <= now_ms + clock_tolerance_ms)
      return std::max(now_ms, time + 1);
    at = entry->previous;
  }
  return now_ms;
}

drafted_entry draft_entry(const hash& payload, int64_t timestamp) {
  drafted_entry out;
  out.payload = payload;
  out.timestamp = timestamp;
  out.creation_time_text = object_writer{"CreationTime"}.number("timestamp", static_cast<double>(timestamp)).object_reference("data", payload).finish();
  out.creation_time = sha256(out.creation_time_text);
  out.certificate_text = affirmation_text(out.creation_time);
  out.to_sign = sha256(out.certificate_text);
  return out;
}

result<posted> post(object_space& space, const hash& channel, std::string_view payload_text, const signer& as, int64_t now_ms,
                    const std::optional<int64_t>& timestamp) {
  LAMA_CHECK(load_channel(space, channel));
  LAMA_TRY(payload, store_text(space, payload_text));
  return post_stored(space, channel, payload, as, now_ms, timestamp);
}

result<posted> post_stored(object_space& space, const hash& channel, const hash& payload, const signer& as, int64_t now_ms,
                           const std::optional<int64_t>& timestamp) {
  return post_draft(space, channel, draft_entry(payload, timestamp ? *timestamp : next_timestamp(space, channel, now_ms)), as, now_ms);
}

result<std::vector<posted>> post_many(object_space& space, const hash& channel, const std::vector<timed_payload>& items, const signer& as, int64_t now_ms) {
  std::vector<posted> out;
  LAMA_TRY(state, load_channel(space, channel));
  if (items.empty())
    return out;
  auto head = state.head;
  std::optional<int64_t> last;
  if (head) {
    LAMA_TRY(newest, detail::read_list_entry(space, *head));
    last = to_milliseconds(newest.timestamp);
  }
  for (const auto& item : items) {
    auto draft = draft_entry(item.payload, last ? std::max(item.timestamp, *last + 1) : item.timestamp);
    LAMA_TRY(signature, store_draft(space, draft, as));
    LAMA_TRY(entry, store_text(space, detail::entry_text(draft.creation_time, signature, head)));
    out.push_back({entry, draft.creation_time, draft.payload, draft.timestamp, true});
    head = entry;
    last = draft.timestamp;
  }
  LAMA_CHECK(protocol::store_version(space, channel_text(state.key, head), now_ms));
  return out;
}

} // namespace lama::models
