#include "protocol/models/lama_objects.hpp"

#include <algorithm>

namespace lama::models {

namespace {

result<done> expect(const object& x, std::string_view type) {
  if (x.type == type)
    return done{};
  return fail(errc::bad_input, "a " + x.type + " where a " + std::string{type} + " is expected");
}

std::optional<std::string> optional_text(const object& x, std::string_view name) {
  return x.find(name) ? std::optional{x.text(name)} : std::nullopt;
}

std::optional<int64_t> optional_number(const object& x, std::string_view name) {
  return x.find(name) ? std::optional{to_milliseconds(x.number(name))} : std::nullopt;
}

error incomplete(const object& x) {
  return fail(errc::bad_input, "the " + x.type + " lacks a reference");
}

double as_number(int64_t x) {
  return static_cast<double>(x);
}

} // namespace

result<std::string> text_of(const lama_contact& x) {
  object_writer out{"LamaContact"};
  out.id_reference("person", x.person).text("name", x.name).text("state", x.state);
  if (x.instance)
    out.id_reference("instance", *x.instance);
  out.number("since", as_number(x.since));
  if (x.mine)
    out.flag("mine", true);
  if (x.about_node) {
    LAMA_TRY(about, protocol::sorted_json(*x.about_node));
    out.text("aboutNode", about);
  }
  return out.finish();
}

std::string text_of(const lama_conversation& x) {
  object_writer out{"LamaConversation"};
  out.text("conversation", x.id).text("title", x.title).text("kind", x.kind);
  auto participants = x.participants;
  std::sort(participants.begin(), participants.end());
  participants.erase(std::unique(participants.begin(), participants.end()), participants.end());
  out.bag("participants", reference_kind::id, std::move(participants));
  if (x.channel)
    out.id_reference("channel", *x.channel);
  if (x.last)
    out.object_reference("last", *x.last);
  if (x.last_text)
    out.text("lastText", *x.last_text);
  if (x.last_time)
    out.number("lastTime", as_number(*x.last_time));
  if (x.count)
    out.number("count", as_number(*x.count));
  if (x.state)
    out.text("state", *x.state);
  if (x.imported_from)
    out.text("importedFrom", *x.imported_from);
  if (x.imported)
    out.flag("imported", true);
  if (x.takes_changes)
    out.flag("takesChanges", true);
  if (x.read_time)
    out.number("readTime", as_number(*x.read_time));
  return out.finish();
}

result<std::string> text_of(const lama_outbox_entry& x) {
  object out{"LamaOutboxEntry", {}};
  out.set("conversation", x.conversation).set("message", x.message);
  if (x.needs_ai)
    out.set("needsAI", true);
  if (!x.flags.empty()) {
    protocol::map flags;
    for (const auto& [key, content] : x.flags)
      flags.emplace_back(key, content);
    out.set("flags", std::move(flags));
  }
  return protocol::write_object(out, protocol::standard_recipes());
}

std::string text_of(const lama_receipt& x) {
  object_writer out{"LamaReceipt"};
  out.object_reference("message", x.message).flag("accepted", x.accepted);
  if (x.reason)
    out.text("reason", *x.reason);
  if (x.posted)
    out.object_reference("posted", *x.posted);
  return out.finish();
}

std::string text_of(const lama_delivered& x) {
  return object_writer{"LamaDelivered"}
      .text("conversation", x.conversation)
      .id_reference("person", x.person)
      .array("messages", reference_kind::object, x.messages)
      .finish();
}

std::string text_of(const lama_imported_message& x) {
  return object_writer{"LamaImportedMessage"}
      .text("source", x.source)
      .text("author", x.author)
      .number("line", as_number(x.line))
      .object_reference("message", x.message)
      .finish();
}

std::string text_of(const lama_import& x) {
  return object_writer{"LamaImport"}
      .text("import", x.id)
      .text("source", x.source)
      .text("conversation", x.conversation)
      .number("lines", as_number(x.lines))
      .text("state", x.state)
      .finish();
}

result<std::string> text_of(const lama_setting& x) {
  LAMA_TRY(content, protocol::sorted_json(x.content));
  return object_writer{"LamaSetting"}.text("key", x.key).text("value", content).finish();
}

hash contact_id(const hash& person) {
  return sha256(object_writer{"LamaContact", true}.id_reference("person", person).finish());
}

hash conversation_id(std::string_view id) {
  return sha256(object_writer{"LamaConversation", true}.text("conversation", id).finish());
}

hash import_id(std::string_view id) {
  return sha256(object_writer{"LamaImport", true}.text("import", id).finish());
}

hash setting_id(std::string_view key) {
  return sha256(object_writer{"LamaSetting", true}.text("key", key).finish());
}

result<lama_contact> read_contact(const object& x) {
  LAMA_CHECK(expect(x, "LamaContact"));
  auto person = x.reference("person");
  if (!person)
    return incomplete(x);
  lama_contact out{*person, x.text("name"), x.text("state"), x.reference("instance"), to_milliseconds(x.number("since")), x.flag("mine"), std::nullopt};
  if (const auto* about = x.find("aboutNode"))
    if (const auto* content = std::get_if<protocol::stringifiable>(about))
      out.about_node = content->tree();
  return out;
}

result<lama_conversation> read_conversation(const object& x) {
  LAMA_CHECK(expect(x, "LamaConversation"));
  lama_conversation out;
  out.id = x.text("conversation");
  out.title = x.text("title");
  out.kind = x.text("kind");
  out.participants = x.references("participants");
  out.channel = x.reference("channel");
  out.last = x.reference("last");
  out.last_text = optional_text(x, "lastText");
  out.last_time = optional_number(x, "lastTime");
  out.count = optional_number(x, "count");
  out.state = optional_text(x, "state");
  out.imported_from = optional_text(x, "importedFrom");
  out.imported = x.flag("imported");
  out.takes_changes = x.flag("takesChanges");
  out.read_time = optional_number(x, "readTime");
  return out;
}

result<lama_outbox_entry> read_outbox_entry(const object& x) {
  LAMA_CHECK(expect(x, "LamaOutboxEntry"));
  auto message = x.reference("message");
  if (!message)
    return incomplete(x);
  lama_outbox_entry out{x.text("conversation"), *message, x.flag("needsAI"), {}};
  const auto* flags = x.find("flags");
  if (const auto* entries = flags ? std::get_if<protocol::map>(flags) : nullptr)
    for (const auto& [key, content] : *entries) {
      const auto* name = std::get_if<std::string>(&key);
      const auto* text = std::get_if<std::string>(&content);
      if (name && text)
        out.flags.emplace_back(*name, *text);
    }
  return out;
}

result<lama_receipt> read_receipt(const object& x) {
  LAMA_CHECK(expect(x, "LamaReceipt"));
  auto message = x.reference("message");
  if (!message)
    return incomplete(x);
  return lama_receipt{*message, x.flag("accepted"), optional_text(x, "reason"), x.reference("posted")};
}

result<lama_delivered> read_delivered(const object& x) {
  LAMA_CHECK(expect(x, "LamaDelivered"));
  auto person = x.reference("person");
  if (!person)
    return incomplete(x);
  return lama_delivered{x.text("conversation"), *person, x.references("messages")};
}

result<lama_imported_message> read_imported_message(const object& x) {
  LAMA_CHECK(expect(x, "LamaImportedMessage"));
  auto message = x.reference("message");
  if (!message)
    return incomplete(x);
  return lama_imported_message{x.text("source"), x.text("author"), to_milliseconds(x.number("line")), *message};
}

result<lama_import> read_import(const object& x) {
  LAMA_CHECK(expect(x, "LamaImport"));
  return lama_import{x.text("import"), x.text("source"), x.text("conversation"), to_milliseconds(x.number("lines")), x.text("state")};
}

result<lama_setting> read_setting(const object& x) {
  LAMA_CHECK(expect(x, "LamaSetting"));
  lama_setting out{x.text("key"), {}};
  if (const auto* content = x.find("value"))
    if (const auto* json = std::get_if<protocol::stringifiable>(content))
      out.content = json->tree();
  return out;
}

} // namespace lama::models
