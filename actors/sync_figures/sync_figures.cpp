#include "actors/sync_figures/sync_figures.hpp"

#include "actors/common/errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = sync_figures_actor::stateful_pointer<sync_figures_state>;

/// How far the other instance is stands here, so that it is known while that is away, across starts.
constexpr const char* held_note = "sync/held";
/// It is written down so much later, once for all that was acknowledged meanwhile.
constexpr std::chrono::seconds note_delay{10};

int64_t wall_ms(const sync_figures_state& st) {
  return st.user->environment->clock->now_ms();
}

void note_soon(self_pointer self) {
  if (!std::exchange(self->state.note_is_due, true))
    self->delayed_send(self, note_delay, note_held{});
}

void write_note(self_pointer self) {
  auto& st = self->state;
  st.note_is_due = false;
  auto text = st.marks.to_note(wall_ms(st));
  auto same = text.substr(0, text.find(' ')) == st.noted.substr(0, st.noted.find(' '));
  if (text.empty() || same)
    return;
  st.noted = text;
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline,
                transact{"note what the other instance has",
                         [text](storage::transaction& to) -> result<done> {
                           to.set_note(held_note, text);
                           return done{};
                         }})
      .then([](transacted) {}, [self](const caf::error&) { self->state.noted.clear(); }); // the next acknowledgement tries again
}

} // namespace

sync_figures sync_figures_state::now(caf::actor_clock::time_point at) {
  auto wall = user->environment->clock->now_ms();
  sync_figures x;
  x.sequence = user->store->last_sequence();
  x.objects = user->store->object_count();
  x.bytes = user->store->stored_bytes();
  x.lost = user->store->lost_count();
  x.entries_a_second = entries.a_second(at);
  x.commits_a_second = commits.a_second(at);
  x.knows_other = user->partner && marks.knows();
  x.other_behind = x.knows_other ? marks.behind() : 0;
  x.other_behind_ms = x.knows_other ? marks.waited_ms(wall) : 0;
  return x;
}

sync_figures_actor::behavior_type sync_figures_of(self_pointer self, user_context_ptr user) {
  auto& st = self->state;
  st.user = std::move(user);
  st.last_sequence = st.user->store->last_sequence();
  st.noted = st.user->store->read()->note(held_note).value_or("");
  st.marks = lag_marks::from_note(st.noted, st.last_sequence);
  st.user->commits->add(caf::actor_cast<commit_listener>(self));
  return {
      [self](const instance_holds& told) {
        self->state.marks.held(told.sequence, wall_ms(self->state));
        note_soon(self);
      },
      [self](const objects_committed& committed) {
        auto& state = self->state;
        auto last = committed.info->last_sequence;
        auto at = self->clock().now();
        state.marks.written(last, wall_ms(state));
        state.commits.add(1, at);
        state.entries.add(last - std::min(last, state.last_sequence), at);
        state.last_sequence = std::max(last, state.last_sequence);
      },
      [self](note_held) { write_note(self); },
      [self](get_sync_figures) { return self->state.now(self->clock().now()); },
      [self](get_status) {
        auto x = self->state.now(self->clock().now());
        return status_report{nlohmann::json{
            {"entriesPerSecond", x.entries_a_second},
            {"commitsPerSecond", x.commits_a_second},
            {"bytes", x.bytes},
            {"knowsOther", x.knows_other},
            {"otherBehindEntries", x.other_behind},
            {"otherBehindMs",
             x.other_behind_ms}}.dump()};
      },
  };
}

} // namespace lama::actors
