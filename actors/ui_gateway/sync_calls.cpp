#include "actors/ui_gateway/calls.hpp"

#include "actors/sync_figures/interface.hpp"
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <utility>

/// query:getSync: both instances in numbers, and how far each is behind the other. The archive's come over the bridge.
namespace lama::actors {

namespace {

/// A page looks every other second: an archive that takes longer is shown without its numbers.
constexpr std::chrono::seconds figures_deadline{3};

sync_figures_actor figures_actor_of(gateway_pointer self, const user_context& user) {
  return self->state.context->members->find<sync_figures_actor>(user.role("sync-figures"));
}

json lag_json(const sync_figures& x) {
  return {{"entries", x.other_behind}, {"ageMs", x.other_behind_ms}};
}

/// The instance of `which`: what it says of itself, and what the other one says of how far it is behind.
json instance_json(side which, bool here, const std::optional<sync_figures>& own, const std::optional<sync_figures>& others) {
  json x{{"side", to_string(which)}, {"here", here}};
  if (own)
    x["figures"] = {{"sequence", own->sequence},
                    {"objects", own->objects},
                    {"bytes", own->bytes},
                    {"lost", own->lost},
                    {"entriesPerSecond", own->entries_a_second},
                    {"commitsPerSecond", own->commits_a_second}};
  if (others && others->knows_other)
    x["behind"] = lag_json(*others);
  return x;
}

struct outbox_state {
  std::size_t waiting = 0;
  int64_t oldest_ms = 0;
};

outbox_state outbox_of(gateway_pointer self, const user_context& user, const storage::snapshot& view) {
  if (self->state.is_archive() || !user.partner)
    return {};
  auto pending = models::pending_messages(view, {user.me.person, user.partner->person}, most_pending_counted);
  if (pending.empty())
    return {};
  return {pending.size(), std::max<int64_t>(0, user.environment->clock->now_ms() - pending.front().timestamp)};
}

void ask_own_figures(gateway_pointer self, const user_context& user, std::function<void(std::optional<sync_figures>)> then) {
  self->request(figures_actor_of(self, user), figures_deadline, get_sync_figures{})
      .then([then](const sync_figures& x) { then(x); }, [then](const caf::error&) { then(std::nullopt); });
}

void ask_archives_figures(gateway_pointer self, const user_context& user, std::function<void(std::optional<sync_figures>)> then) {
  auto bridge = self->state.context->members->find<bridge_client_actor>("bridge");
  if (self->state.is_archive() || !bridge)
    return then(std::nullopt);
  self->request(bridge, figures_deadline, forward_figures{user.user})
      .then([then](const sync_figures& x) { then(x); }, [then](const caf::error&) { then(std::nullopt); });
}

} // namespace

json sync_state(gateway_pointer self, const user_context& user, bool bridge_connected) {
  auto view = user.store->read();
  auto total = view->last_sequence();
  auto outbox = outbox_of(self, user, *view);
  const auto* status = !bridge_connected ? "offline" : outbox.waiting > 0 ? "syncing" : "idle";
  return {{"sequence", total},        {"bridgeConnected", bridge_connected},
          {"outbox", outbox.waiting}, {"outboxAgeMs", outbox.oldest_ms},
          {"total", total},           {"progress", total - std::min<uint64_t>(total, outbox.waiting)},
          {"status", status}};
}

void add_lag(gateway_pointer self, const user_context_ptr& user, json listed, std::function<void(json)> then) {
  if (!user->partner)
    return then(std::move(listed));
  ask_own_figures(self, *user, [person = user->partner->person.hex(), listed = std::move(listed), then](const std::optional<sync_figures>& own) mutable {
    if (own && own->knows_other)
      for (auto& x : listed["connections"])
        if (x["personId"] == person && x["group"] == "chum")
          x["lag"] = lag_json(*own);
    then(std::move(listed));
  });
}

namespace channels {

void get_sync(gateway_pointer self, const call_scope& x) {
  ask_bridge(self, [self, x](bool connected) {
    ask_own_figures(self, *x.user, [self, x, connected](const std::optional<sync_figures>& own) {
      ask_archives_figures(self, *x.user, [self, x, connected, own](const std::optional<sync_figures>& archives) {
        auto answer = sync_state(self, *x.user, connected);
        auto is_archive = self->state.is_archive();
        answer["instances"] = {instance_json(side::sparse, !is_archive, is_archive ? std::nullopt : own, is_archive ? own : archives),
                               instance_json(side::archive, is_archive, is_archive ? own : archives, is_archive ? std::nullopt : own)};
        x.done(std::move(answer));
      });
    });
  });
}

} // namespace channels
} // namespace lama::actors
