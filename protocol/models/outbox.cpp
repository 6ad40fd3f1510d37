// The sparse side. Declared in outbox.hpp.
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <charconv>

namespace lama::models {

namespace {

channel_key outbox_key(uint64_t number, const hash& sparse_person) {
  return {std::string{outbox_prefix} + std::to_string(number), sparse_person};
}

/// All of `text` as a number.
template <class T>
std::optional<T> number_in(std::string_view text) {
  T out{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return out;
}

std::optional<uint64_t> outbox_number(const channel_key& key, const hash& sparse_person) {
  if (key.owner != sparse_person || !key.id.starts_with(outbox_prefix))
    return std::nullopt;
  return number_in<uint64_t>(std::string_view{key.id}.substr(outbox_prefix.size()));
}

channel_page read_outbox(const object_source& from, const hash& channel, std::size_t limit) {
  page_request request;
  request.limit = limit;
  auto page = read_page(from, newest_of(from, {channel}), request);
  return page ? std::move(*page) : channel_page{};
}

/// After all that is known of the conversation. A time far ahead of ours does not count, as in `next_timestamp`.
int64_t message_time(const object_source& from, const lama_conversation& conversation, const outbox_state& state, int64_t now_ms) {
  auto out = std::max(now_ms, state.last_timestamp + 1);
  if (conversation.channel)
    out = std::max(out, next_timestamp(from, *conversation.channel, now_ms));
  if (conversation.last_time && *conversation.last_time <= now_ms + clock_tolerance_ms)
    out = std::max(out, *conversation.last_time + 1);
  return out;
}

/// The channel to write to, made where the one in use is full or there is none.
result<hash> current_outbox(object_space& space, const user_persons& who, outbox_state& state, int64_t now_ms, bool& is_new) {
  is_new = state.number == 0 || state.entries >= outbox_rotation;
  if (is_new) {
    ++state.number;
    state.entries = 0;
  }
  auto key = outbox_key(state.number, who.sparse);
  if (!is_new)
    return channel_id(key);
  LAMA_TRY(channel, create_channel(space, key, now_ms));
  LAMA_CHECK(grant(space, id_target(channel), {{who.archive}, {}}, grant_mode::add, now_ms));
  return channel;
}

} // namespace

bool is_outbox(const channel_key& key, const user_persons& who) {
  return outbox_number(key, who.sparse).has_value();
}

outbox_state find_outbox(const object_source& from, const hash& sparse_person) {
  outbox_state out;
  for (const auto& channel : registered_channels(from))
    if (auto key = load_channel_key(from, channel))
      if (auto number = outbox_number(*key, sparse_person))
        out.number = std::max(out.number, *number);
  // A channel that was just begun has no times; the one before has.
  for (auto number = out.number; number > 0 && out.last_timestamp == 0; --number) {
    auto page = read_outbox(from, channel_id(outbox_key(number, sparse_person)), outbox_rotation);
    if (number == out.number)
      out.entries = page.entries.size();
    if (!page.entries.empty())
      out.last_timestamp = page.entries.front().timestamp;
    else if (number != out.number)
      break;
  }
  return out;
}

std::string encode(const outbox_state& state) {
  return std::to_string(state.number) + " " + std::to_string(state.entries) + " " + std::to_string(state.last_timestamp);
}

std::optional<outbox_state> decode_outbox_state(std::string_view note) {
  auto first = note.find(' ');
  auto second = first == note.npos ? note.npos : note.find(' ', first + 1);
  if (second == note.npos)
    return std::nullopt;
  auto number = number_in<uint64_t>(note.substr(0, first));
  auto entries = number_in<std::size_t>(note.substr(first + 1, second - first - 1));
  auto last = number_in<int64_t>(note.substr(second + 1));
  if (!number || !entries || !last)
    return std::nullopt;
  return outbox_state{*number, *entries, *last};
}

namespace {

result<lama_conversation> conversation_here(const object_source& from, const std::string& id) {
  auto current = protocol::load_current(from, conversation_id(id));
  if (!current)
    return fail(errc::not_found, "there is no conversation " + id + " here");
  return read_conversation(*current);
}

/// Puts a payload into the outbox, with its CreationTime. Only what is stored moves the state on.
result<written> enclose(object_space& space, const user_persons& who, outbox_state& state, lama_outbox_entry entry, const std::string& payload, int64_t time,
                        const signer& as, int64_t now_ms) {
  auto message = draft_entry(sha256(payload), time);
  entry.message = message.creation_time;
  LAMA_TRY(wrapped, text_of(entry));
  auto next = state;
  written out{message.creation_time, message.timestamp, {}, {}, false};
  LAMA_TRY(channel, current_outbox(space, who, next, now_ms, out.new_channel));
  out.outbox_channel = channel;
  LAMA_CHECK(space.put(payload));
  LAMA_CHECK(space.put(message.creation_time_text));
  LAMA_TRY(posted, post(space, channel, wrapped, as, now_ms, message.timestamp));
  out.outbox_entry = posted.entry;
  ++next.entries;
  next.last_timestamp = message.timestamp;
  state = next;
  return out;
}

} // namespace

result<written> write_message(object_space& space, const user_persons& who, outbox_state& state, const draft& what, const signer& as, int64_t now_ms) {
  LAMA_TRY(conversation, conversation_here(space, what.conversation));
  if (!conversation.channel || conversation.state == "closed" || conversation.imported)
    return fail(errc::conflict, "the conversation " + conversation.title + " takes no new messages");
  LAMA_TRY(text, chat_message_text({what.text, who.archive, what.attachments, {}}));
  return enclose(space, who, state, {what.conversation, {}, what.needs_ai, what.flags}, text, message_time(space, conversation, state, now_ms), as, now_ms);
}

result<written> write_change(object_space& space, const user_persons& who, outbox_state& state, const change_draft& what, const signer& as, int64_t now_ms) {
  LAMA_TRY(conversation, conversation_here(space, what.conversation));
  // Its own time is the CreationTime's: so what the archive says of that is found from it.
  auto after = std::max(now_ms, state.last_timestamp + 1);
  auto reads = what.kind == annotation_kind::read;
  if (!reads)
    LAMA_CHECK(check_takes_changes(conversation));
  LAMA_TRY(annotation, reads ? annotate_read(space, what.conversation, what.message, who.archive, after)
                             : annotate(space, what.conversation, what.message, what.kind, what.text, who.archive, after));
  return enclose(space, who, state, {what.conversation, {}, false, {}}, text_of(annotation), annotation.time, as, now_ms);
}

std::vector<pending_message> pending_messages(const object_source& from, const user_persons& who, std::size_t limit) {
  std::vector<pending_message> out;
  for (auto number = find_outbox(from, who.sparse).number; number > 0 && out.size() < limit; --number) {
    auto page = read_outbox(from, channel_id(outbox_key(number, who.sparse)), outbox_rotation);
    auto before = out.size();
    for (const auto& entry : page.entries) {
      auto x = protocol::load(from, entry.payload);
      auto content = x ? read_outbox_entry(*x) : result<lama_outbox_entry>{x.failure()};
      if (content && out.size() < limit && from.referrers(content->message, "LamaReceipt").empty())
        out.push_back({std::move(*content), entry.timestamp});
    }
    // Receipts come in order: behind a channel that has all of its own there is nothing to wait for.
    if (out.size() == before && !page.entries.empty())
      break;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

namespace {

/// Why the archive refused it; nothing where it did not.
std::optional<std::string> refusal_of(const object_source& from, const hash& message) {
  for (const auto& name : from.referrers(message, "LamaReceipt")) {
    auto x = protocol::load(from, name);
    auto receipt = x ? read_receipt(*x) : result<lama_receipt>{x.failure()};
    if (receipt && receipt->message == message && !receipt->accepted)
      return receipt->reason.value_or(std::string{});
  }
  return std::nullopt;
}

bool is_change(const object_source& from, const hash& message) {
  auto when = protocol::load(from, message);
  auto payload = when ? when->reference("data") : std::nullopt;
  auto content = payload ? protocol::load(from, *payload) : result<object>{fail(errc::not_found, {})};
  return content && content->type == "LamaAnnotation";
}

} // namespace

std::vector<refused_message> refused_messages(const object_source& from, const user_persons& who, std::size_t limit) {
  std::vector<refused_message> out;
  auto newest = find_outbox(from, who.sparse).number;
  for (auto number = newest; number > 0 && number + 2 > newest; --number) {
    for (const auto& entry : read_outbox(from, channel_id(outbox_key(number, who.sparse)), outbox_rotation).entries) {
      auto x = protocol::load(from, entry.payload);
      auto content = x ? read_outbox_entry(*x) : result<lama_outbox_entry>{x.failure()};
      auto reason = content && out.size() < limit ? refusal_of(from, content->message) : std::nullopt;
      if (reason && !is_change(from, content->message))
        out.push_back({content->conversation, content->message, entry.timestamp, std::move(*reason)});
    }
  }
  return out;
}

} // namespace lama::models
