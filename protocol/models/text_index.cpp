#include "protocol/models/text_index.hpp"

#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/import.hpp"
#include "protocol/models/packed.hpp"
#include "protocol/models/search.hpp"

#include <charconv>

namespace lama::models {

namespace {

constexpr std::size_t record_head = 32 + 8 + 4;

/// The ChatMessage of a payload, be it imported.
result<chat_message> message_in(const object_source& from, const object& payload) {
  if (payload.type != "LamaImportedMessage")
    return read_chat_message(payload);
  LAMA_TRY(imported, read_imported_message(payload));
  LAMA_TRY(content, protocol::load(from, imported.message));
  return read_chat_message(content);
}

} // namespace

std::string encode_block(const std::vector<indexed_text>& oldest_first) {
  std::string out;
  for (const auto& x : oldest_first) {
    out += x.message.raw();
    packed::append(out, x.time);
    packed::append(out, static_cast<uint32_t>(x.text.size()));
    out += x.text;
  }
  return out;
}

std::optional<std::vector<indexed_view>> decode_block(std::string_view block) {
  std::vector<indexed_view> all;
  while (!block.empty()) {
    if (block.size() < record_head)
      return std::nullopt;
    auto message = hash::from_bytes(block.substr(0, 32));
    auto time = static_cast<int64_t>(packed::read(block.substr(32), 8));
    auto length = packed::read(block.substr(40), 4);
    if (!message || block.size() - record_head < length)
      return std::nullopt;
    all.push_back({*message, time, block.substr(record_head, length)});
    block.remove_prefix(record_head + length);
  }
  return all;
}

std::string encode(const index_state& x) {
  return std::to_string(x.blocks) + ' ' + (x.newest ? x.newest->hex() : std::string{});
}

index_state decode_index_state(std::string_view note) {
  index_state x;
  auto [end, problem] = std::from_chars(note.data(), note.data() + note.size(), x.blocks);
  auto read = static_cast<std::size_t>(end - note.data());
  if (problem != std::errc{} || read >= note.size() || note[read] != ' ')
    return {};
  x.newest = hash::from_hex(note.substr(read + 1));
  return x.newest ? x : index_state{};
}

std::string index_state_note(const hash& channel) {
  return "search/" + channel.hex();
}

std::string index_block_note(const hash& channel, std::size_t number) {
  return index_state_note(channel) + '/' + std::to_string(number);
}

indexed_text text_of_entry(const object_source& from, const channel_entry& entry) {
  indexed_text out{entry.creation_time, entry.timestamp, {}};
  auto payload = protocol::load(from, entry.payload);
  if (!payload)
    return out;
  if (payload->type == "LamaAnnotation") {
    auto edit = read_annotation(*payload);
    auto when = edit && edit->kind == annotation_kind::edit ? protocol::load(from, edit->message) : result<object>{fail(errc::not_found, {})};
    if (when && when->type == "CreationTime")
      out = {edit->message, to_milliseconds(when->number("timestamp")), folded(edit->text)};
  } else if (auto message = message_in(from, *payload)) {
    out.text = folded(message->text);
  }
  return out;
}

walked walk_entries(const object_source& from, const hash& channel, std::optional<hash> at, const std::optional<hash>& until, std::size_t most,
                    const std::function<void(const hash& name, const channel_entry& entry)>& each) {
  for (std::size_t i = 0; at && at != until && i < most; ++i) {
    auto entry = read_entry(from, channel, *at);
    if (!entry)
      return {at, false, true};
    each(*at, *entry);
    at = entry->previous;
  }
  auto met = at.has_value() && at == until;
  return {met ? std::nullopt : at, met, false};
}

} // namespace lama::models
