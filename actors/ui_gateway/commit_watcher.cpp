#include "actors/ui_gateway/commit_watcher.hpp"

#include "actors/ui_gateway/interface.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = commit_watcher_actor::stateful_pointer<commit_watcher_state>;
using nlohmann::json;
using protocol::jsonrpc::write_notification;

bool is_internal(const std::string& channel) {
  return channel.starts_with("lama.");
}

/// Entries of the channel above the one that was told last, oldest first.
std::vector<models::channel_entry> new_entries(self_pointer self, const storage::snapshot& from, const hash& channel, const models::key_source& keys) {
  auto& last = self->state.told[channel];
  std::vector<models::channel_entry> entries;
  // Usually it is one; each entry that is read has its signature checked, so few are read first.
  for (std::size_t limit : {std::size_t{2}, most_told_messages}) {
    models::page_request request;
    request.limit = limit;
    auto page = models::read_page(from, models::newest_of(from, {channel}), request, keys);
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
  std::ranges::reverse(entries);
  return entries;
}

void tell_messages(self_pointer self, const user_context& user, const storage::snapshot& from, const hash& channel, std::vector<std::string>& news) {
  auto key = models::load_channel_key(from, channel);
  if (!key || is_internal(key->id))
    return;
  viewer views{user, from};
  for (const auto& entry : new_entries(self, from, channel, views.keys()))
    if (auto message = views.message(key->id, entry)) {
      news.push_back(write_notification("update:messageReceived", {{"conversationId", key->id}, {"message", *message}}));
      news.push_back(write_notification("one-core:event:channelMessage", {{"channelId", channel.hex()}, {"message", std::move(*message)}}));
    }
}

void tell(self_pointer self, const storage::commit_info& info) {
  auto user = self->state.user.lock();
  if (!user)
    return self->quit();
  std::set<hash> channels;
  std::set<std::string> changed;
  for (const auto& change : info.changes) {
    if (change.kind != storage::change_kind::head)
      continue;
    if (change.type == "ChannelInfo")
      channels.insert(change.id);
    else if (change.type == "LamaConversation")
      changed.insert("conversations");
    else if (change.type == "LamaContact")
      changed.insert("contacts");
  }
  if (channels.empty() && changed.empty())
    return;
  user_news news{user->user, {}};
  auto view = user->store->read();
  for (const auto& channel : channels)
    tell_messages(self, *user, *view, channel, news.notifications);
  if (!changed.empty())
    news.notifications.push_back(write_notification("update:stateChanged", {{"changed", changed}}));
  if (auto gateway = self->state.members->find<ui_gateway_actor>("ui-gateway"); gateway && !news.notifications.empty())
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
