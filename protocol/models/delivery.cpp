// The archive's side of the outbox. Declared in outbox.hpp.
#include "protocol/models/channel_list.hpp"
#include "protocol/models/outbox.hpp"

#include "protocol/limits.hpp"

namespace lama::models {

namespace {

channel_key receipts_key(const user_persons& who) {
  return {std::string{receipts_channel}, who.archive};
}

/// The entry, if our sparse instance made it.
result<lama_outbox_entry> authentic_entry(const object_source& from, const outbox_policy& policy, const hash& channel, const hash& entry) {
  LAMA_TRY(key, load_channel_key(from, channel));
  if (!is_outbox(key, policy.who))
    return fail(errc::forbidden, "the channel " + key.id + " is no outbox of this user's sparse instance");
  auto pinned = [&](const hash& person) { return person == policy.who.sparse ? std::vector{policy.sparse_sign_key} : std::vector<key32>{}; };
  LAMA_TRY(found, read_entry(from, channel, entry, pinned));
  for (const auto& name : found.metadata)
    if (!from.contains(name))
      return fail(errc::not_found, "the signature of outbox entry " + entry.hex() + " is not here yet");
  if (!found.author || found.author->person != policy.who.sparse || !found.author->verified)
    return fail(errc::forbidden, "the outbox entry " + entry.hex() + " is not signed by this user's sparse instance");
  LAMA_TRY(content, protocol::load(from, found.payload));
  auto read = read_outbox_entry(content);
  if (!read)
    return fail(errc::forbidden, "the outbox entry " + entry.hex() + " holds a " + content.type);
  return read;
}

/// A message goes on only with all that it refers to: a peer that asks for a child that is not here gets no message of the channel at all.
result<done> check_attachments(const object_source& from, const std::vector<hash>& names) {
  for (const auto& name : names) {
    LAMA_TRY(x, protocol::load(from, name));
    auto blob = x.reference("data");
    if (x.type != "BlobDescriptor" || !blob)
      return fail(errc::forbidden, "an attachment of it is no BlobDescriptor");
    if (!from.contains(*blob))
      return fail(errc::not_found, "the file " + x.text("name") + " is not here yet");
  }
  return done{};
}

/// Where the message goes; a failure's text is the reason of the refusal.
result<hash> destination(const object_source& from, const outbox_policy& policy, const lama_outbox_entry& entry, const hash& payload) {
  LAMA_TRY(content, protocol::load(from, payload));
  auto message = read_chat_message(content);
  if (!message)
    return fail(errc::forbidden, "it is no chat message");
  if (message->sender != policy.who.archive)
    return fail(errc::forbidden, "its sender is not this user");
  if (message->text.size() > limits::chat_text_bytes || message->attachments.size() > limits::chat_attachments)
    return fail(errc::forbidden, "it is too large");
  LAMA_CHECK(check_attachments(from, message->attachments));
  LAMA_CHECK(check_attachments(from, message->thumbnails));
  auto known = protocol::load_current(from, conversation_id(entry.conversation));
  auto conversation = known ? read_conversation(*known) : result<lama_conversation>{known.failure()};
  if (!conversation)
    return fail(errc::forbidden, "the conversation " + entry.conversation + " is not known to the archive");
  if (!conversation->channel || conversation->state == "closed" || conversation->imported || !from.head(*conversation->channel))
    return fail(errc::forbidden, "the conversation " + conversation->title + " takes no new messages");
  return *conversation->channel;
}

/// The message at its own time, where the channel can take it there, else at a new one.
result<drafted_entry> draft_for(const object_source& from, const hash& channel, const hash& creation_time, const detail::creation_time& when, int64_t now_ms) {
  auto time = to_milliseconds(when.timestamp);
  auto out = draft_entry(when.payload, time);
  LAMA_TRY(head, channel_head(from, channel));
  auto place = detail::find_place(from, head, static_cast<double>(time), creation_time);
  if (!place && place.failure().code != errc::conflict)
    return std::move(place).failure();
  if (place && out.creation_time == creation_time && time <= now_ms + clock_tolerance_ms)
    return out;
  return draft_entry(when.payload, next_timestamp(from, channel, now_ms));
}

} // namespace

result<delivery_plan> plan_delivery(const object_source& from, const outbox_policy& policy, const hash& outbox_channel, const hash& outbox_entry,
                                    int64_t now_ms) {
  delivery_plan out;
  LAMA_TRY(entry, authentic_entry(from, policy, outbox_channel, outbox_entry));
  out.entry = entry;
  if (auto known = policy.receipt_of ? policy.receipt_of(entry.message) : std::nullopt) {
    out.outcome = outbox_outcome::repeated;
    out.known_receipt = *known;
    return out;
  }
  LAMA_TRY(when, detail::read_creation_time(from, entry.message));
  auto channel = destination(from, policy, entry, when.payload);
  if (!channel && channel.failure().code != errc::forbidden)
    return std::move(channel).failure();
  if (channel) {
    out.outcome = outbox_outcome::post;
    out.conversation_channel = *channel;
    LAMA_TRY(message, draft_for(from, *channel, entry.message, when, now_ms));
    out.message = message;
    out.receipt = {entry.message, true, std::nullopt, out.message.creation_time};
    out.to_sign.push_back(out.message.to_sign);
  } else {
    out.receipt = {entry.message, false, channel.failure().message, std::nullopt};
  }
  out.receipt_entry = draft_entry(sha256(text_of(out.receipt)), next_timestamp(from, channel_id(receipts_key(policy.who)), now_ms));
  out.to_sign.push_back(out.receipt_entry.to_sign);
  return out;
}

result<delivery> carry_out(object_space& space, const delivery_plan& plan, const outbox_policy& policy, const signer& as, int64_t now_ms) {
  delivery out{plan.known_receipt, std::nullopt};
  if (plan.outcome == outbox_outcome::repeated)
    return out;
  if (plan.outcome == outbox_outcome::post) {
    LAMA_TRY(message, post_stored(space, plan.conversation_channel, plan.message.payload, as, now_ms, plan.message.timestamp));
    out.message = message;
  }
  LAMA_TRY(receipts, open_receipts(space, policy.who, now_ms));
  LAMA_TRY(receipt, post(space, receipts, text_of(plan.receipt), as, now_ms, plan.receipt_entry.timestamp));
  out.receipt = receipt.payload;
  return out;
}

result<hash> open_receipts(object_space& space, const user_persons& who, int64_t now_ms) {
  auto key = receipts_key(who);
  auto id = channel_id(key);
  if (space.head(id))
    return id;
  LAMA_TRY(made, create_channel(space, key, now_ms));
  LAMA_CHECK(grant(space, id_target(made), {{who.sparse}, {}}, grant_mode::add, now_ms));
  return made;
}

} // namespace lama::models
