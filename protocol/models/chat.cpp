#include "protocol/models/chat.hpp"

#include "protocol/limits.hpp"

#include <algorithm>

namespace lama::models {

std::string blob_descriptor_text(const attachment& x) {
  return object_writer{"BlobDescriptor"}
      .blob_reference("data", x.blob)
      .number("lastModified", static_cast<double>(x.last_modified))
      .text("name", x.name)
      .number("size", static_cast<double>(x.size))
      .text("type", x.type)
      .finish();
}

attachment read_attachment(const object_source& from, const hash& name) {
  auto x = protocol::load(from, name);
  auto blob = x ? x->reference("data") : std::nullopt;
  if (!x || x->type != "BlobDescriptor" || !blob)
    return {name, 0, {}, 0, "application/octet-stream"};
  auto size = to_milliseconds(x->number("size")); // for its clamping: what is no number of bytes becomes the nearest
  return {*blob, to_milliseconds(x->number("lastModified")), x->text("name"), static_cast<uint64_t>(std::max<int64_t>(size, 0)), x->text("type")};
}

result<std::string> chat_message_text(const chat_message& x) {
  if (x.text.size() > limits::chat_text_bytes)
    return fail(errc::too_large, "the message has " + std::to_string(x.text.size()) + " bytes, at most " + std::to_string(limits::chat_text_bytes) +
                                     " are possible; send it as a file");
  if (x.attachments.size() > limits::chat_attachments || x.thumbnails.size() > limits::chat_attachments)
    return fail(errc::too_large, "a message has at most " + std::to_string(limits::chat_attachments) + " attachments; send the others with the next one");
  object_writer out{"ChatMessage"};
  out.text("text", x.text);
  // No attachments: absent, an empty array is another text.
  if (!x.attachments.empty())
    out.array("attachments", reference_kind::object, x.attachments);
  out.id_reference("sender", x.sender);
  if (!x.thumbnails.empty())
    out.array("thumbnails", reference_kind::object, x.thumbnails);
  return out.finish();
}

result<chat_message> read_chat_message(const object& x) {
  auto sender = x.reference("sender");
  if (x.type != "ChatMessage" || !sender)
    return fail(errc::bad_input, "a " + x.type + " where a ChatMessage is expected");
  return chat_message{x.text("text"), *sender, x.references("attachments"), x.references("thumbnails")};
}

std::string preview(std::string text) {
  constexpr std::size_t most_bytes = 200;
  if (text.size() <= most_bytes)
    return text;
  auto end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end; // not within a character
  text.resize(end);
  return text;
}

result<std::vector<hash>> store_attachments(object_space& space, const std::vector<attachment>& items) {
  std::vector<hash> out;
  for (const auto& item : items) {
    LAMA_TRY(name, store_text(space, blob_descriptor_text(item)));
    out.push_back(name);
  }
  return out;
}

} // namespace lama::models
