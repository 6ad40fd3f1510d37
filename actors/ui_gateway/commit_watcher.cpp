#include "actors/ui_gateway/commit_watcher.hpp"

#include "actors/ui_gateway/interface.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/models/annotations.hpp"
#include "protocol/models/certificates.hpp"
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = commit_watcher_actor::stateful_pointer<commit_watcher_state>;
using nlohmann::json;

bool is_internal(const std::string& channel) {
  return channel.starts_with("lama.");
}

/// Entries of the channel above the one that was told last, oldest first.
std::vector<models::channel_entry> new_entries(self_pointer self, const storage::snapshot& from, const hash& channel, const models::key_source& keys) {
  auto& last = self->state.told[channel];
  std::vector<models::channel_entry> entries;
  // Usually it is one, so few are read first.
  for (std::size_t limit : {std::size_t{2}, most_told_messages}) {
    models::page_request request;
    request.limit = limit;
    auto page = models::read_page(from, models::newest_of(from, {channel}), request);
    if (!page)
      return {};
    entries = std::move(page->entries);
    auto known = std::ranges::find(entries, last, &models::channel_entry::creation_time);
    auto reached = known != entries.end() || entries.size() < limit;
    entries.erase(known, entries.end());
    if (reached)
      break;
  }
  if (!entries.empty())
    last = entries.front().creation_time;
  for (auto& entry : entries) // not of those that were told before: a signature takes longer to check than the rest
    entry.author = models::author_of(from, entry.creation_time, entry.metadata, keys);
  std::ranges::reverse(entries);
  return entries;
}

void tell_messages(self_pointer self, const user_context& user, const storage::snapshot& from, const hash& channel, std::vector<news>& told) {
  auto key = models::load_channel_key(from, channel);
  if (!key || is_internal(key->id))
    return;
  viewer views{user, from};
  for (const auto& entry : new_entries(self, from, channel, views.keys()))
    if (auto message = views.message(key->id, entry)) {
      told.push_back({"update:messageReceived", {{"conversationId", key->id}, {"message", *message}}});
      told.push_back({"one-core:event:channelMessage", {{"channelId", channel.hex()}, {"message", std::move(*message)}}});
    }
}

void tell_change(viewer& views, const std::string& conversation, const hash& message, std::vector<news>& told) {
  if (auto shown = views.named(conversation, message))
    told.push_back({"update:messageChanged", {{"conversationId", conversation}, {"message", std::move(*shown)}}});
}

/// Edits and deletions; those that do not count change nothing.
void tell_annotation(const storage::snapshot& from, viewer& views, const hash& name, std::vector<news>& told) {
  auto x = protocol::load(from, name);
  auto read = x ? models::read_annotation(*x) : result<models::lama_annotation>{x.failure()};
  if (read && read->kind != models::annotation_kind::read)
    tell_change(views, read->conversation, read->message, told);
}

/// What the archive did with an outbox entry. A change that it refused is none any more.
void tell_receipt(const storage::snapshot& from, viewer& views, const hash& name, std::vector<news>& told) {
  auto x = protocol::load(from, name);
  auto receipt = x ? models::read_receipt(*x) : result<models::lama_receipt>{x.failure()};
  auto when = receipt ? protocol::load(from, receipt->message) : result<protocol::object>{receipt.failure()};
  auto payload = when ? when->reference("data") : std::nullopt;
  auto content = payload ? protocol::load(from, *payload) : result<protocol::object>{fail(errc::not_found, {})};
  if (!content)
    return;
  if (content->type != "LamaAnnotation") {
    json state{{"messageHash", receipt->message.hex()}, {"state", receipt->accepted ? "in-archive" : "refused"}};
    if (receipt->posted && *receipt->posted != receipt->message)
      state["postedAs"] = receipt->posted->hex();
    if (receipt->reason)
      state["reason"] = *receipt->reason;
    told.push_back({"update:messageState", std::move(state)});
  } else if (!receipt->accepted) {
    tell_annotation(from, views, *payload, told);
  }
}

void tell_delivered(const storage::snapshot& from, const hash& name, std::vector<news>& told) {
  auto x = protocol::load(from, name);
  auto read = x ? models::read_delivered(*x) : result<models::lama_delivered>{x.failure()};
  for (const auto& message : read ? read->messages : std::vector<hash>{})
    told.push_back({"update:messageState", {{"conversationId", read->conversation}, {"messageHash", message.hex()}, {"state", "delivered"}}});
}

bool is_of_message(const std::string& type) {
  return type == "LamaAnnotation" || type == "LamaReceipt" || type == "LamaDelivered";
}

void tell_of_message(const storage::snapshot& from, viewer& views, const storage::change& what, std::vector<news>& told) {
  if (what.type == "LamaAnnotation")
    tell_annotation(from, views, what.name, told);
  else if (what.type == "LamaReceipt")
    tell_receipt(from, views, what.name, told);
  else if (what.type == "LamaDelivered")
    tell_delivered(from, what.name, told);
}

/// What programs are told of as it is stored; beyond it they ask.
constexpr std::size_t most_told_objects = 20;

/// The node's own bookkeeping: lists, versions, rights, keys, and what has notifications of its own.
bool is_bookkeeping(const std::string& type) {
  static const std::set<std::string, std::less<>> types{"Access",
                                                        "AffirmationCertificate",
                                                        "BlobDescriptor",
                                                        "ChannelInfo",
                                                        "ChannelRegistry",
                                                        "ChatMessage",
                                                        "CreationTime",
                                                        "Group",
                                                        "HashGroup",
                                                        "IdAccess",
                                                        "Keys",
                                                        "Leute",
                                                        "LamaAnnotation",
                                                        "LamaContact",
                                                        "LamaConversation",
                                                        "LamaDelivered",
                                                        "LamaOutboxEntry",
                                                        "LamaReceipt",
                                                        "LinkedListEntry",
                                                        "License",
                                                        "RightToDeclareTrustedKeysForEverybodyCertificate",
                                                        "RightToDeclareTrustedKeysForSelfCertificate",
                                                        "Signature",
                                                        "Someone",
                                                        "Topic",
                                                        "TopicAppRegistry"};
  return types.contains(type) || type.starts_with("VersionNode");
}

void tell_object(const storage::snapshot& from, const storage::change& what, std::vector<news>& told) {
  auto read = what.kind == storage::change_kind::head ? protocol::load_current(from, what.id) : protocol::load(from, what.name);
  auto name = what.kind == storage::change_kind::head ? protocol::current_data(from, what.id) : std::optional{what.name};
  if (!read || !name)
    return;
  auto shown = protocol::to_json(*read, from.recipes());
  told.push_back({"one-core:event:objectCreated", {{"hash", name->hex()}, {"type", what.type}, {"object", shown ? std::move(*shown) : json{}}}});
}

void tell_conversation(const user_context& user, const storage::snapshot& from, const hash& id, std::vector<news>& told) {
  auto current = protocol::load_current(from, id);
  auto read = current ? models::read_conversation(*current) : result<models::lama_conversation>{current.failure()};
  if (!read)
    return;
  viewer views{user, from};
  auto shown = views.conversation(*read);
  auto newest = json::array();
  models::page_request request;
  request.limit = 1;
  if (auto page = models::read_page(from, models::newest_of(from, models::channels_named(from, read->id)), request, views.keys()))
    for (const auto& entry : page->entries)
      if (auto message = views.message(read->id, entry))
        newest.push_back(std::move(*message));
  json news{{"conversationId", read->id}, {"participants", shown["participants"]}, {"messages", std::move(newest)}, {"conversation", std::move(shown)}};
  told.push_back({"state:conversationUpdated", std::move(news)});
}

void tell(self_pointer self, const storage::commit_info& info) {
  auto user = self->state.user.lock();
  if (!user)
    return self->quit();
  std::set<hash> channels;
  std::set<hash> conversations;
  std::set<std::string> changed;
  std::vector<storage::change> objects;
  std::vector<storage::change> said; // of messages
  for (const auto& change : info.changes) {
    auto head = change.kind == storage::change_kind::head;
    if (change.kind == storage::change_kind::object && is_of_message(change.type) && said.size() < most_told_messages)
      said.push_back(change);
    if ((head || change.kind == storage::change_kind::object) && !is_bookkeeping(change.type) && objects.size() < most_told_objects)
      objects.push_back(change);
    if (!head)
      continue;
    if (change.type == "ChannelInfo")
      channels.insert(change.id);
    else if (change.type == "LamaConversation")
      conversations.insert(change.id);
    else if (change.type == "LamaContact")
      changed.insert("contacts");
    else if (change.type == "LamaSetting")
      changed.insert("settings");
  }
  if (!conversations.empty())
    changed.insert("conversations");
  if (channels.empty() && changed.empty() && objects.empty() && said.empty())
    return;
  user_news news{user->user, {}};
  auto view = user->store->read();
  for (const auto& channel : channels)
    tell_messages(self, *user, *view, channel, news.all);
  viewer views{*user, *view};
  for (const auto& change : said)
    tell_of_message(*view, views, change, news.all);
  for (const auto& id : conversations)
    if (news.all.size() < most_told_messages)
      tell_conversation(*user, *view, id, news.all);
  for (const auto& object : objects)
    tell_object(*view, object, news.all);
  if (!changed.empty())
    news.all.push_back({"update:stateChanged", {{"changed", changed}}});
  if (auto gateway = self->state.members->find<ui_gateway_actor>("ui-gateway"); gateway && !news.all.empty())
    self->send(gateway, std::move(news));
}

} // namespace

std::map<hash, hash> newest_entries(const storage::snapshot& from) {
  std::map<hash, hash> newest;
  for (const auto& channel : models::registered_channels(from)) {
    auto head = models::channel_head(from, channel);
    auto entry = head && *head ? models::read_entry(from, channel, **head) : result<models::channel_entry>{fail(errc::not_found, {})};
    newest[channel] = entry ? entry->creation_time : hash{};
  }
  return newest;
}

objects_committed all_changed(const std::map<hash, hash>& channels) {
  auto info = std::make_shared<storage::commit_info>();
  for (const auto& [channel, newest] : channels)
    info->changes.push_back({0, storage::change_kind::head, "ChannelInfo", {}, channel});
  return {std::move(info)};
}

commit_watcher_actor::behavior_type commit_watcher(self_pointer self, std::weak_ptr<const user_context> user, std::shared_ptr<roster> members,
                                                   std::map<hash, hash> told) {
  self->state.told = std::move(told);
  self->state.user = std::move(user);
  self->state.members = std::move(members);
  return {[self](const objects_committed& committed) { tell(self, *committed.info); }};
}

} // namespace lama::actors
