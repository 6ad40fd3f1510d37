#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"
#include "protocol/ipc/schema.hpp"

#include <algorithm>
#include <set>
#include <utility>

/// What pages are told without asking: commits come from the watchers, connections and the state of the bridge are looked at while a page is open.
namespace lama::actors {

namespace {

/// Between two looks at connections and the bridge.
constexpr std::chrono::seconds look_interval{2};
/// A watcher goes on for so long after the last page went, so that one that comes back misses nothing.
constexpr std::chrono::minutes watcher_rest{5};
/// Numbers of a feed begin at the time of its making, this many to the millisecond: above all that were given before.
constexpr uint64_t sequences_a_ms = 1024;

void send_all(gateway_pointer self, const std::string& user, const event_feed::text& notification) {
  auto& door = *self->state.door;
  for (auto id : door.sockets_of(user)) {
    if (door.server().queued_bytes(id) > limits::rpc_fair_queue_bytes)
      door.server().close(id, net::close_code::normal, "This page reads too slowly; it may come back and ask for what it missed.");
    else
      door.server().send(id, {true, *notification});
  }
}

/// Tells what differs between two looks: connection by connection, and person by person.
void compare(gateway_pointer self, const std::string& user, const json& former, const json& now, bool tell_each) {
  auto online = [](const json& all) {
    std::set<std::string> persons;
    for (const auto& x : all)
      if (x["status"] == "established" && x["group"] == "chum" && x["personId"] != "")
        persons.insert(x["personId"].get<std::string>());
    return persons;
  };
  if (former == now)
    return;
  if (tell_each) {
    for (const auto& [id, x] : now.items())
      if (!former.contains(id) || former[id]["status"] != x["status"])
        tell_user(self, user, "one-core:event:connectionStatus", {{"connectionId", id}, {"status", x["status"]}});
    for (const auto& [id, x] : former.items())
      if (!now.contains(id))
        tell_user(self, user, "one-core:event:connectionStatus", {{"connectionId", id}, {"status", "closed"}});
  }
  auto before = online(former);
  auto after = online(now);
  for (const auto& person : after)
    if (!before.contains(person))
      tell_user(self, user, "update:contactOnline", {{"personId", person}, {"online", true}});
  for (const auto& person : before)
    if (!after.contains(person))
      tell_user(self, user, "update:contactOnline", {{"personId", person}, {"online", false}});
  tell_user(self, user, "update:stateChanged", {{"changed", {"connections"}}});
}

json by_id(const json& listed) {
  auto all = json::object();
  for (const auto& x : listed.value("connections", json::array()))
    if (x["id"] != "0")
      all[x["id"].get<std::string>()] = {{"status", x["status"]}, {"group", x["group"]}, {"personId", x["personId"]}};
  return all;
}

void look_at_connections(gateway_pointer self, const std::string& user) {
  ask_connections(self, user, [self, user](const result<json>& listed) {
    auto found = self->state.watchers.find(user);
    if (!listed || found == self->state.watchers.end())
      return;
    auto now = by_id(*listed);
    auto former = std::exchange(found->second.connections, now);
    if (former.is_object())
      compare(self, user, former, now, true);
  });
  if (self->state.is_archive())
    return;
  // Friends are connected to the archive: it knows who is there.
  call_scope question{"one-core:network:status", std::make_shared<const json>(json{{"side", "archive"}}), caller{user, 0, {}, false}, nullptr, {}};
  question.answer = [self, user](const call_outcome& outcome) {
    auto found = self->state.watchers.find(user);
    if (found == self->state.watchers.end())
      return;
    auto now = outcome.content ? by_id(*outcome.content) : json::object();
    auto former = std::exchange(found->second.archive_connections, now);
    if (former.is_object())
      compare(self, user, former, now, false);
  };
  ask_archive(self, question);
}

void look_at_sync(gateway_pointer self, const std::string& user) {
  ask_bridge(self, [self, user](bool connected) {
    auto found = self->state.watchers.find(user);
    auto context = self->state.context->directory->context_of(user);
    if (found == self->state.watchers.end() || !context)
      return;
    auto state = sync_state(self, *context, connected);
    state.erase("outboxAgeMs"); // it grows by itself
    if (std::exchange(found->second.sync, state) == state)
      return;
    json told{{"progress", state["progress"]}, {"total", state["total"]}, {"status", state["status"]}};
    tell_user(self, user, "update:syncProgress", told);
    tell_user(self, user, "one-core:event:syncProgress", std::move(told));
    tell_user(self, user, "update:stateChanged", {{"changed", {"sync"}}});
  });
}

} // namespace

void ask_bridge(gateway_pointer self, std::function<void(bool)> then) {
  if (self->state.is_archive())
    return then(true); // nothing is written here that would have to be brought anywhere
  auto bridge = self->state.context->members->find<bridge_client_actor>("bridge");
  if (!bridge)
    return then(false);
  self->request(bridge, self->state.deadline(), get_bridge_state{})
      .then([then](const bridge_state& x) { then(x.connected); }, [then](const caf::error&) { then(false); });
}

void tell_user(gateway_pointer self, const std::string& user, const std::string& method, json params) {
  auto& st = self->state;
  auto found = st.watchers.find(user);
  if (found == st.watchers.end())
    return;
  ++st.notifications;
  params["sequence"] = found->second.feed.last() + 1; // as the feed will number it
  if (st.door->options().checks_answers)
    if (auto broken = protocol::ipc::ipc_schema::shipped().check_notification(method, params)) {
      st.context->environment->log(log_error, gateway_state::name,
                                   "the notification " + method + " breaks the schema at " + broken->path + ": " + broken->reason);
      ++st.schema_breaks;
    }
  send_all(self, user, found->second.feed.add(method, std::move(params)));
}

void watch_user(gateway_pointer self, const std::string& user) {
  auto& st = self->state;
  auto context = st.context->directory->context_of(user);
  if (!context)
    return;
  look_again_soon(self);
  auto found = st.watchers.find(user);
  if (found != st.watchers.end() && found->second.handle && found->second.of.lock() == context)
    return;
  if (found == st.watchers.end())
    found = st.watchers.emplace(user, gateway_state::watcher{event_feed{static_cast<uint64_t>(context->environment->clock->now_ms()) * sequences_a_ms}}).first;
  auto& x = found->second;
  if (x.handle)
    self->send_exit(x.handle, caf::exit_reason::user_shutdown);
  x.of = context;
  auto known = newest_entries(*context->store->read());
  x.handle = self->spawn<caf::linked>(commit_watcher, std::weak_ptr{context}, st.context->members, known);
  context->commits->add(x.handle);
  caf::anon_send(x.handle, all_changed(known));
}

void stop_watching(gateway_pointer self, const std::string& user) {
  if (auto x = self->state.watchers.extract(user))
    self->send_exit(x.mapped().handle, caf::exit_reason::user_shutdown);
}

void rest_watchers(gateway_pointer self) {
  for (auto& [user, x] : self->state.watchers)
    if (self->state.door->sockets_of(user).empty())
      self->delayed_send(self, watcher_rest, watcher_rested{user, ++x.rest});
}

void end_rest(gateway_pointer self, const watcher_rested& due) {
  auto found = self->state.watchers.find(due.user);
  if (found != self->state.watchers.end() && found->second.rest == due.number && self->state.door->sockets_of(due.user).empty())
    stop_watching(self, due.user);
}

void look_again_soon(gateway_pointer self) {
  if (!std::exchange(self->state.looks, true))
    self->delayed_send(self, look_interval, look_due{});
}

void look_around(gateway_pointer self) {
  auto& st = self->state;
  st.looks = false;
  for (const auto& user : st.door->users()) {
    if (!st.watchers.contains(user))
      continue;
    look_at_connections(self, user);
    look_at_sync(self, user);
    look_again_soon(self);
  }
  for (auto& [user, queue] : st.queues)
    if (!queue.entries().empty()) {
      run_queue(self, user);
      look_again_soon(self);
    }
}

namespace channels {

void subscribe(gateway_pointer self, const call_scope& x) {
  if (x.who.socket == 0)
    return x.fail(lama::fail(errc::conflict, "Notifications come on websockets only."));
  auto found = self->state.watchers.find(x.user->user);
  if (found == self->state.watchers.end())
    return x.fail(lama::fail(errc::internal, "nobody watches the user"));
  const auto& feed = found->second.feed;
  const auto& since = x["since"];
  auto missed = since.is_number_unsigned() ? feed.after(since.get<uint64_t>()) : std::optional{std::vector<event_feed::text>{}};
  x.done({{"sequence", feed.last()}, {"complete", missed.has_value()}});
  for (const auto& notification : missed.value_or(std::vector<event_feed::text>{}))
    self->state.door->server().send(x.who.socket, {true, *notification});
}

} // namespace channels
} // namespace lama::actors
