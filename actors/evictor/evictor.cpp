#include "actors/evictor/evictor.hpp"

#include "actors/common/errors.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/models/outbox.hpp"
#include "storage/evict.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = evictor_actor::stateful_pointer<evictor_state>;

/// What goes in one transaction: some milliseconds of the writer's time.
constexpr std::size_t names_a_write = 500;
/// So much below its budget the store is brought, so that not every message makes it begin again.
constexpr uint64_t room_percent = 20;
/// What was fetched just now is shown, and so counts as looked at, before room is made; and what comes in many batches is looked at once.
constexpr std::chrono::seconds settling{1};
/// Messages of the outbox that are looked at: more do not wait.
constexpr std::size_t most_pending = 10'000;

/// Channels that the archive or others write; our own outbox is none of them.
void add_channels(const storage::snapshot& from, const user_context& user, const std::string& conversation, std::vector<hash>& to) {
  for (const auto& channel : models::channels_named(from, conversation))
    if (auto key = models::load_channel_key(from, channel); key && key->owner != user.me.person)
      to.push_back(channel);
}

storage::eviction_rules rules_for(const user_context& user) {
  auto view = user.store->read();
  storage::eviction_rules rules;
  for (const auto& conversation : conversations_of(*view)) {
    add_channels(*view, user, conversation.id, rules.channels);
    if (view->note(pinned_note + conversation.id))
      add_channels(*view, user, conversation.id, rules.kept_channels);
  }
  if (user.partner)
    for (const auto& waiting : models::pending_messages(*view, {user.me.person, user.partner->person}, most_pending))
      rules.kept_objects.push_back(waiting.entry.message);
  return rules;
}

void give_up(evictor_state& st, const lama::error& failure) {
  st.busy = false;
  st.names.clear();
  st.last_error = failure.message;
}

bool is_over(const evictor_state& st) {
  auto budget = st.user->environment->settings.sparse_budget;
  return budget > 0 && st.user->store->stored_bytes() > budget;
}

void look_soon(self_pointer self) {
  auto& st = self->state;
  if (!st.busy && is_over(st) && !std::exchange(st.waiting, true))
    self->delayed_send(self, settling, make_room{});
}

/// One transaction after the other, until the plan is done.
void evict_next(self_pointer self) {
  auto& st = self->state;
  if (st.names.empty()) {
    st.busy = false;
    return look_soon(self); // what came meanwhile
  }
  auto count = std::min(st.names.size(), names_a_write);
  // The plan is in the order of going.
  std::vector<hash> names{st.names.begin(), st.names.begin() + static_cast<std::ptrdiff_t>(count)};
  st.names.erase(st.names.begin(), st.names.begin() + static_cast<std::ptrdiff_t>(count));
  auto gone = std::make_shared<std::size_t>(0);
  transact change{"evict", [names = std::move(names), gone](storage::transaction& to) -> result<done> {
                    LAMA_TRY(number, storage::evict_all(to, names));
                    *gone = number;
                    return lama::done{};
                  }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, gone](const transacted&) {
            self->state.evicted += *gone;
            evict_next(self);
          },
          [self](const caf::error& failure) { give_up(self->state, from_caf(failure)); });
}

void look(self_pointer self) {
  auto& st = self->state;
  if (st.busy || !is_over(st))
    return;
  auto budget = st.user->environment->settings.sparse_budget;
  auto stored = st.user->store->stored_bytes();
  auto plan = storage::plan_eviction(*st.user->store, rules_for(*st.user), stored - budget + budget * room_percent / 100);
  if (!plan)
    return give_up(st, plan.failure());
  st.last_error.clear();
  if (plan->names.empty()) {
    st.last_error = "over the budget with what is pinned, new or on its way";
    return;
  }
  st.busy = true;
  st.names = std::move(plan->names);
  evict_next(self);
}

} // namespace

evictor_actor::behavior_type evictor(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.user->commits->add(caf::actor_cast<commit_listener>(self));
  look_soon(self);
  return {
      [self](const objects_committed&) { look_soon(self); },
      [self](make_room) {
        self->state.waiting = false;
        look(self);
      },
      [self](get_status) {
        const auto& st = self->state;
        return status_report{nlohmann::json{
            {"budget", st.user->environment->settings.sparse_budget},
            {"stored", st.user->store->stored_bytes()},
            {"evicted", st.evicted},
            {"busy", st.busy},
            {"lastError",
             st.last_error}}.dump()};
      },
  };
}

} // namespace lama::actors
