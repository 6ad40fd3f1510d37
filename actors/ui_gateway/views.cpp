#include "actors/ui_gateway/views.hpp"

#include "actors/outbox/interface.hpp"
#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/deliveries.hpp"
#include "protocol/models/leute.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace lama::actors {

namespace {

using nlohmann::json;

template <class Read>
auto current_of_type(const storage::snapshot& from, const char* type, Read read) {
  std::vector<typename decltype(read(std::declval<protocol::object>()))::value_type> all;
  std::string after;
  do {
    auto page = from.objects_of_type(type, 1000, after);
    for (const auto& id : page.names)
      if (auto current = protocol::load_current(from, id))
        if (auto x = read(*current))
          all.push_back(std::move(*x));
    after = page.next;
  } while (!after.empty() && all.size() < most_listed);
  return all;
}

/// Where a conversation's messages stand: in one channel of two persons, or in one for each member.
std::vector<hash> channels_of(const models::lama_conversation& x) {
  std::vector<hash> channels{models::channel_id({x.id, std::nullopt})};
  for (const auto& person : x.participants)
    channels.push_back(models::channel_id({x.id, person}));
  return channels;
}

} // namespace

std::string time_text(int64_t milliseconds) {
  auto seconds = static_cast<std::time_t>(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 48> text{};
  auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(milliseconds - static_cast<int64_t>(seconds) * 1000) % 1000);
  return std::string{text.data(), length} + fraction.data();
}

viewer::viewer(const user_context& user, const storage::snapshot& from) : user_{user}, from_{from}, keys_{models::keys_known_to(from, user.me.person)} {
  // nop
}

std::string viewer::name_of(const hash& person) {
  auto [found, is_new] = names_.try_emplace(person);
  if (!is_new)
    return found->second;
  if (person == user_.public_person() || person == user_.me.person)
    return found->second = models::known_name(from_, user_.public_person(), user_.public_person()).value_or(user_.user);
  if (auto current = protocol::load_current(from_, models::contact_id(person)))
    if (auto contact = models::read_contact(*current))
      return found->second = contact->name;
  return found->second = models::display_name(from_, user_.me.person, person);
}

json viewer::contact(const models::lama_contact& x) const {
  json shown{{"personId", x.person.hex()}, {"name", x.name}, {"state", x.state}, {"since", time_text(x.since)}};
  if (x.instance)
    shown["instanceId"] = x.instance->hex();
  return shown;
}

json viewer::conversation(const models::lama_conversation& x) {
  auto participants = json::array();
  for (const auto& person : x.participants)
    participants.push_back({{"personId", person.hex()}, {"name", name_of(person)}, {"me", person == user_.public_person()}});
  json shown{{"conversationId", x.id},
             {"title", x.title},
             {"kind", x.kind},
             {"participants", std::move(participants)},
             {"takesMessages", x.channel.has_value() && x.state != "closed" && !x.imported},
             {"takesChanges", x.takes_changes},
             {"unread", unread_in(x)}};
  if (x.last_text)
    shown["lastText"] = *x.last_text;
  // What is said of the newest message here, the archive may not know yet.
  if (auto last = x.last ? this->shown(x.id, *x.last) : std::nullopt) {
    shown["lastText"] = models::preview((*last)["text"].get<std::string>());
    if (last->contains("deleted"))
      shown["lastDeleted"] = true;
  }
  if (x.last_time)
    shown["lastTime"] = time_text(*x.last_time);
  if (x.count)
    shown["count"] = *x.count;
  if (x.imported_from)
    shown["importedFrom"] = *x.imported_from;
  return shown;
}

json viewer::attachments(const std::vector<hash>& descriptors) const {
  auto all = json::array();
  for (const auto& name : descriptors) {
    auto x = models::read_attachment(from_, name);
    json shown{{"blob", x.blob.hex()}, {"name", x.name}, {"type", x.type}, {"size", x.size}};
    if (!from_.contains(x.blob))
      shown["missing"] = true;
    all.push_back(std::move(shown));
  }
  return all;
}

/// Messages of others after what the user has read, on this device or another. Own ones were seen when they were written.
std::size_t viewer::unread_in(const models::lama_conversation& x) const {
  if (x.imported)
    return 0;
  auto read = std::max(x.read_time.value_or(0), models::read_time_in(from_.note(read_note + x.id)));
  if (x.last_time.value_or(0) <= read)
    return 0;
  models::page_request newer;
  newer.limit = most_unread;
  newer.from = read + 1;
  auto page = models::read_page(from_, models::newest_of(from_, channels_of(x)), newer);
  std::size_t count = 0;
  for (const auto& entry : page ? page->entries : std::vector<models::channel_entry>{}) {
    auto content = protocol::load(from_, entry.payload);
    auto message = content ? models::read_chat_message(*content) : result<models::chat_message>{content.failure()};
    if (message && message->sender == user_.public_person())
      break; // who answers has read
    if (auto change = message ? models::change_of(from_, entry.creation_time, message->sender) : std::nullopt; message && !(change && change->deleted))
      ++count;
  }
  return count;
}

std::optional<json> viewer::shown(const std::string& conversation, const hash& creation_time) {
  auto x = protocol::load(from_, creation_time);
  auto payload = x ? x->reference("data") : std::nullopt;
  if (!payload || x->type != "CreationTime")
    return std::nullopt;
  return shown(conversation, creation_time, models::to_milliseconds(x->number("timestamp")), *payload);
}

const char* viewer::state_of(const hash& creation_time, bool me) const {
  return me && models::is_delivered(from_, creation_time) ? "delivered" : "in-archive";
}

std::optional<json> viewer::shown(const std::string& conversation, const hash& creation_time, int64_t time, const hash& payload) {
  json x{{"messageHash", creation_time.hex()}, {"conversationId", conversation}, {"time", time_text(time)}};
  auto content = protocol::load(from_, payload);
  if (content && content->type == "LamaImportedMessage")
    if (auto imported = models::read_imported_message(*content)) {
      x["imported"] = {{"source", imported->source}, {"author", imported->author}, {"line", imported->line}};
      content = protocol::load(from_, imported->message);
    }
  if (!content)
    return std::nullopt;
  auto message = models::read_chat_message(*content);
  if (!message)
    return std::nullopt;
  x["sender"] = message->sender.hex();
  x["senderName"] = x.contains("imported") ? x["imported"]["author"].get<std::string>() : name_of(message->sender);
  x["me"] = message->sender == user_.public_person();
  auto change = x.contains("imported") ? std::nullopt : models::change_of(from_, creation_time, message->sender);
  if (change)
    x[change->deleted ? "deleted" : "edited"] = time_text(change->time);
  x["text"] = change ? std::move(change->text) : std::move(message->text);
  if (!message->attachments.empty() && !(change && change->deleted))
    x["attachments"] = attachments(message->attachments);
  return x;
}

std::optional<json> viewer::message(const std::string& conversation, const models::channel_entry& entry) {
  auto x = shown(conversation, entry.creation_time, entry.timestamp, entry.payload);
  if (!x)
    return x;
  (*x)["state"] = state_of(entry.creation_time, (*x)["me"].get<bool>());
  if (x->contains("attachments"))
    (*x)["entry"] = {{"channel", entry.channel.hex()}, {"hash", entry.entry.hex()}};
  if (entry.author)
    (*x)["signedBy"] = {{"personId", entry.author->person.hex()}, {"verified", entry.author->verified}};
  return x;
}

std::optional<json> viewer::pending(const std::string& conversation, const hash& creation_time, int64_t time) {
  auto text = protocol::load(from_, creation_time);
  auto payload = text ? text->reference("data") : std::nullopt;
  auto x = payload ? shown(conversation, creation_time, time, *payload) : std::nullopt;
  if (x)
    (*x)["state"] = "on-this-device";
  return x;
}

std::optional<json> viewer::refused(const std::string& conversation, const hash& creation_time, int64_t time, const std::string& reason) {
  auto x = pending(conversation, creation_time, time);
  if (x) {
    (*x)["state"] = "refused";
    (*x)["reason"] = reason;
  }
  return x;
}

std::optional<json> viewer::named(const std::string& conversation, const hash& creation_time) {
  auto x = shown(conversation, creation_time);
  if (!x)
    return x;
  // Posted is what is signed; what waits in the outbox is signed there alone.
  std::vector<hash> signatures;
  for (const auto& certificate : from_.referrers(creation_time, "AffirmationCertificate"))
    for (const auto& signature : from_.referrers(certificate, "Signature"))
      signatures.push_back(signature);
  (*x)["state"] = signatures.empty() ? "on-this-device" : state_of(creation_time, (*x)["me"].get<bool>());
  if (auto author = models::author_of(from_, creation_time, signatures, keys_))
    (*x)["signedBy"] = {{"personId", author->person.hex()}, {"verified", author->verified}};
  return x;
}

std::vector<models::lama_contact> contacts_of(const storage::snapshot& from) {
  auto all = current_of_type(from, "LamaContact", [](const protocol::object& x) { return models::read_contact(x); });
  std::erase_if(all, &models::lama_contact::mine);
  std::ranges::sort(all, {}, &models::lama_contact::name);
  return all;
}

std::vector<models::lama_conversation> conversations_of(const storage::snapshot& from) {
  auto all = current_of_type(from, "LamaConversation", [](const protocol::object& x) { return models::read_conversation(x); });
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.last_time.value_or(0) > b.last_time.value_or(0); });
  return all;
}

} // namespace lama::actors
