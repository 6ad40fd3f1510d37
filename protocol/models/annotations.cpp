#include "protocol/models/annotations.hpp"

#include "protocol/limits.hpp"
#include "protocol/models/channel_list.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/objects/own_channels.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <vector>

namespace lama::models {

namespace {

constexpr std::array<std::string_view, 3> kind_names{"edit", "delete", "read"};

struct named_annotation {
  hash name;
  lama_annotation content;
};

/// The archive's word that it did not post the annotation; on the device that wrote it, it stays in the store.
bool was_refused(const object_source& from, const named_annotation& x) {
  auto posted_as = draft_entry(x.name, x.content.time).creation_time;
  for (const auto& name : from.referrers(posted_as, "LamaReceipt")) {
    auto text = protocol::load(from, name);
    auto receipt = text ? read_receipt(*text) : result<lama_receipt>{text.failure()};
    if (receipt && receipt->message == posted_as && !receipt->accepted)
      return true;
  }
  return false;
}

/// Those that count, in no order. The newest written where there are too many: nobody who is honest writes as many.
std::vector<named_annotation> annotations_on(const object_source& from, const hash& message, const hash& sender) {
  std::vector<named_annotation> found;
  auto names = from.referrers(message, "LamaAnnotation");
  for (auto name = names.rbegin(); name != names.rend() && found.size() < limits::message_annotations; ++name) {
    auto text = protocol::load(from, *name);
    auto read = text ? read_annotation(*text) : result<lama_annotation>{text.failure()};
    if (!read || read->author != sender || read->message != message || read->kind == annotation_kind::read)
      continue;
    named_annotation x{*name, std::move(*read)};
    if (!was_refused(from, x))
      found.push_back(std::move(x));
  }
  return found;
}

result<chat_message> own_message(const object_source& from, const hash& message, const hash& author) {
  auto when = detail::read_creation_time(from, message);
  auto content = when ? protocol::load(from, when->payload) : result<object>{when.failure()};
  if (!content)
    return fail(errc::not_found, "There is no message " + message.hex() + " here.");
  if (content->type == "LamaImportedMessage")
    return fail(errc::conflict, "This message was imported: it stays as it was written elsewhere.");
  auto read = read_chat_message(*content);
  if (!read)
    return fail(errc::not_found, message.hex() + " is no message.");
  if (read->sender != author)
    return fail(errc::forbidden, "Only who wrote a message can change or delete it.");
  return read;
}

} // namespace

std::string text_of(const lama_annotation& x) {
  object_writer out{"LamaAnnotation"};
  out.text("conversation", x.conversation).object_reference("message", x.message).id_reference("author", x.author);
  out.text("kind", kind_names[static_cast<std::size_t>(x.kind)]);
  if (x.kind == annotation_kind::edit)
    out.text("text", x.text);
  return out.number("time", static_cast<double>(x.time)).finish();
}

result<lama_annotation> read_annotation(const object& x) {
  auto message = x.reference("message");
  auto author = x.reference("author");
  if (x.type != "LamaAnnotation" || !message || !author)
    return fail(errc::bad_input, "a " + x.type + " where a LamaAnnotation is expected");
  auto kind = std::ranges::find(kind_names, x.text("kind"));
  if (kind == kind_names.end())
    return fail(errc::bad_input, "a LamaAnnotation of an unknown kind");
  return lama_annotation{x.text("conversation"),           *message, *author, static_cast<annotation_kind>(kind - kind_names.begin()), x.text("text"),
                         to_milliseconds(x.number("time"))};
}

channel_key annotations_of(std::string_view conversation, const hash& author) {
  return {std::string{protocol::annotation_channels} + std::string{conversation}, author};
}

std::optional<std::string_view> annotated_conversation(std::string_view channel_id) {
  return channel_id.starts_with(protocol::annotation_channels) ? std::optional{channel_id.substr(protocol::annotation_channels.size())} : std::nullopt;
}

result<done> check_takes_changes(const lama_conversation& x) {
  if (x.imported)
    return fail(errc::conflict, "Imported messages stay as they were written elsewhere.");
  if (!x.takes_changes)
    return fail(errc::conflict, "Messages of '" + x.title + "' cannot be changed or deleted: not every participant's node understands that (yet).");
  return done{};
}

std::optional<message_change> change_of(const object_source& from, const hash& creation_time, const hash& sender) {
  auto all = annotations_on(from, creation_time, sender);
  if (all.empty())
    return std::nullopt;
  // The first deletion ends it; else the newest edit counts, and of two at one time the same one everywhere.
  auto last = std::ranges::max_element(all, [](const auto& a, const auto& b) {
    auto rank = [](const named_annotation& x) {
      auto deletes = x.content.kind == annotation_kind::delete_this;
      return std::tuple{deletes, deletes ? -x.content.time : x.content.time, x.name};
    };
    return rank(a) < rank(b);
  });
  return message_change{last->content.kind == annotation_kind::delete_this, std::move(last->content.text), last->content.time};
}

result<lama_annotation> annotate(const object_source& from, std::string_view conversation, const hash& message, annotation_kind kind, std::string_view text,
                                 const hash& author, int64_t now_ms) {
  LAMA_TRY(content, own_message(from, message, author));
  if (kind == annotation_kind::edit && text.empty() && content.attachments.empty())
    return fail(errc::bad_input, "A message needs a text or an attachment; to take it back, delete it.");
  if (text.size() > limits::chat_text_bytes)
    return fail(errc::too_large, "A message has at most " + std::to_string(limits::chat_text_bytes) + " bytes.");
  auto former = annotations_on(from, message, author);
  if (std::ranges::any_of(former, [](const auto& x) { return x.content.kind == annotation_kind::delete_this; }))
    return fail(errc::conflict, "This message was deleted already.");
  // One is left for the deletion.
  if (kind == annotation_kind::edit && former.size() + 1 >= limits::message_annotations)
    return fail(errc::conflict, "This message was changed " + std::to_string(former.size()) + " times; delete it and write it anew.");
  lama_annotation out{std::string{conversation}, message, author, kind, std::string{text}, now_ms};
  for (const auto& x : former)
    out.time = std::max(out.time, x.content.time + 1);
  return out;
}

std::optional<hash> sender_of(const object_source& from, const hash& creation_time) {
  auto when = detail::read_creation_time(from, creation_time);
  auto content = when ? protocol::load(from, when->payload) : result<object>{when.failure()};
  auto read = content ? read_chat_message(*content) : result<chat_message>{content.failure()};
  return read ? std::optional{read->sender} : std::nullopt;
}

result<lama_annotation> annotate_read(const object_source& from, std::string_view conversation, const hash& message, const hash& reader, int64_t now_ms) {
  if (!detail::read_creation_time(from, message))
    return fail(errc::not_found, "There is no message " + message.hex() + " here.");
  return lama_annotation{std::string{conversation}, message, reader, annotation_kind::read, {}, now_ms};
}

int64_t read_time_in(const std::optional<std::string>& note) {
  int64_t time = 0;
  if (note)
    std::from_chars(note->data(), note->data() + note->size(), time);
  return time;
}

result<done> mark_read(object_space& space, const lama_annotation& x, int64_t now_ms) {
  LAMA_TRY(when, detail::read_creation_time(space, x.message));
  LAMA_TRY(current, protocol::load_current(space, conversation_id(x.conversation)));
  LAMA_TRY(conversation, read_conversation(current));
  auto time = to_milliseconds(when.timestamp);
  if (conversation.read_time && *conversation.read_time >= time)
    return done{};
  conversation.read_time = time;
  LAMA_CHECK(protocol::store_version(space, text_of(conversation), now_ms));
  return done{};
}

result<hash> open_annotations(object_space& space, std::string_view conversation, const hash& author, const audience& who, int64_t now_ms) {
  LAMA_TRY(channel, create_channel(space, annotations_of(conversation, author), now_ms));
  LAMA_CHECK(grant(space, id_target(channel), who, grant_mode::add, now_ms));
  return channel;
}

} // namespace lama::models
