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

result<lama_conversation> conversation_of(const object_source& from, const std::string& id) {
  auto known = protocol::load_current(from, conversation_id(id));
  auto read = known ? read_conversation(*known) : result<lama_conversation>{known.failure()};
  if (!read)
    return fail(errc::forbidden, "the conversation " + id + " is not known to the archive");
  return read;
}

/// The annotation as it is to be posted: about the message as that was posted.
result<lama_annotation> checked_annotation(const object_source& from, const outbox_policy& policy, const lama_outbox_entry& entry, const object& content) {
  auto refused = [](const error& why) { return fail(errc::forbidden, why.message); };
  auto read = read_annotation(content);
  if (!read)
    return refused(read.failure());
  if (read->author != policy.who.archive || read->conversation != entry.conversation)
    return fail(errc::forbidden, "it is not this user's, or of another conversation");
  if (auto known = policy.receipt_of ? policy.receipt_of(read->message) : std::nullopt)
    if (auto receipt = protocol::load(from, *known))
      if (auto told = read_receipt(*receipt)) {
        if (!told->accepted)
          return fail(errc::forbidden, "the message itself was refused");
        read->message = told->posted.value_or(read->message);
      }
  auto allowed = annotate(from, read->conversation, read->message, read->kind, read->text, read->author, read->time);
  // The annotation itself is here already, and may be the deletion that is in its way.
  if (!allowed && allowed.failure().code != errc::conflict)
    return refused(allowed.failure());
  return read;
}

/// How far the user has read is between their own instances.
result<done> plan_read_mark(const object_source& from, const outbox_policy& policy, lama_annotation mark, delivery_plan& out) {
  if (mark.author != policy.who.archive || mark.conversation != out.entry.conversation)
    return fail(errc::forbidden, "it is not this user's, or of another conversation");
  LAMA_CHECK(conversation_of(from, mark.conversation));
  out.read_mark = std::move(mark);
  return done{};
}

/// An annotation goes beside the conversation, to all who are in it.
result<done> plan_annotation(const object_source& from, const outbox_policy& policy, const object& content, delivery_plan& out) {
  if (auto read = read_annotation(content); read && read->kind == annotation_kind::read)
    return plan_read_mark(from, policy, std::move(*read), out);
  LAMA_TRY(annotation, checked_annotation(from, policy, out.entry, content));
  LAMA_TRY(conversation, conversation_of(from, out.entry.conversation));
  if (auto takes = check_takes_changes(conversation); !takes)
    return fail(errc::forbidden, takes.failure().message);
  out.payload_text = text_of(annotation);
  out.conversation_channel = channel_id(annotations_of(conversation.id, policy.who.archive));
  out.share_with.persons = conversation.participants;
  std::erase(out.share_with.persons, policy.who.archive);
  out.share_with.persons.push_back(policy.who.sparse);
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
  LAMA_TRY(conversation, conversation_of(from, entry.conversation));
  if (!conversation.channel || conversation.state == "closed" || conversation.imported || !from.head(*conversation.channel))
    return fail(errc::forbidden, "the conversation " + conversation.title + " takes no new messages");
  return *conversation.channel;
}

/// The message at its own time, where the channel can take it there, else at a new one.
result<drafted_entry> draft_for(const object_source& from, const hash& channel, const hash& creation_time, const detail::creation_time& when, int64_t now_ms) {
  auto time = to_milliseconds(when.timestamp);
  auto out = draft_entry(when.payload, time);
  if (!from.head(channel))
    return out; // it is made with this entry
  LAMA_TRY(head, channel_head(from, channel));
  auto place = detail::find_place(from, head, static_cast<double>(time), creation_time);
  if (!place && place.failure().code != errc::conflict)
    return std::move(place).failure();
  if (place && out.creation_time == creation_time && time <= now_ms + clock_tolerance_ms)
    return out;
  return draft_entry(when.payload, next_timestamp(from, channel, now_ms));
}

/// Says in the plan where the entry's payload goes.
result<done> route(const object_source& from, const outbox_policy& policy, const hash& payload, delivery_plan& out) {
  LAMA_TRY(content, protocol::load(from, payload));
  if (content.type == "LamaAnnotation")
    return plan_annotation(from, policy, content, out);
  LAMA_TRY(channel, destination(from, policy, out.entry, payload));
  out.conversation_channel = channel;
  return done{};
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
  auto routed = route(from, policy, when.payload, out);
  if (!routed && routed.failure().code != errc::forbidden)
    return std::move(routed).failure();
  if (routed) {
    out.outcome = outbox_outcome::post;
    if (!out.payload_text.empty())
      when.payload = sha256(out.payload_text);
    out.receipt = {entry.message, true, std::nullopt, std::nullopt};
    if (!out.read_mark) {
      LAMA_TRY(message, draft_for(from, out.conversation_channel, entry.message, when, now_ms));
      out.message = message;
      out.receipt.posted = out.message.creation_time;
      out.to_sign.push_back(out.message.to_sign);
    }
  } else {
    out.receipt = {entry.message, false, routed.failure().message, std::nullopt};
  }
  out.receipt_entry = draft_entry(sha256(text_of(out.receipt)), next_timestamp(from, channel_id(receipts_key(policy.who)), now_ms));
  out.to_sign.push_back(out.receipt_entry.to_sign);
  return out;
}

result<delivery> carry_out(object_space& space, const delivery_plan& plan, const outbox_policy& policy, const signer& as, int64_t now_ms) {
  delivery out{plan.known_receipt, std::nullopt};
  if (plan.outcome == outbox_outcome::repeated)
    return out;
  if (plan.outcome == outbox_outcome::post && plan.read_mark) {
    LAMA_CHECK(mark_read(space, *plan.read_mark, now_ms));
  } else if (plan.outcome == outbox_outcome::post) {
    if (!plan.payload_text.empty()) {
      LAMA_CHECK(space.put(plan.payload_text));
      LAMA_CHECK(open_annotations(space, plan.entry.conversation, policy.who.archive, plan.share_with, now_ms));
    }
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
