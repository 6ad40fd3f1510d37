#include "actors/scrubber/scrubber.hpp"

#include "actors/leute/leute.hpp"
#include "actors/websocket_bridge/interface.hpp"
#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

/// Since the last whole pass; nothing where none was, or where the clock went back.
std::chrono::milliseconds until_next_pass(const scrubber_state& of) {
  auto since = of.user->environment->clock->now_ms() - of.progress.last_pass_ms;
  if (of.progress.position || of.progress.last_pass_ms == 0 || since < 0)
    return {};
  return std::max(std::chrono::milliseconds{0}, next_pass - std::chrono::milliseconds{since});
}

result<done> put_away(storage::transaction& to, const std::vector<hash>& damaged) {
  for (const auto& name : damaged) {
    auto put = to.quarantine(name);
    // It may have been healed or evicted since it was looked at.
    if (!put && put.failure().code != errc::not_found && put.failure().code != errc::conflict)
      return put;
  }
  return done{};
}

} // namespace

std::chrono::milliseconds scrubber_state::scrub_piece() {
  auto unreadable = progress.unreadable;
  auto piece = storage::scrub(*user->store->read(), progress, scrubbed_bytes_a_piece, user->environment->clock->now_ms());
  if (progress.unreadable > unreadable) {
    last_error = "files of the store cannot be read; run lama verify --repair";
    user->environment->log(log_error, name, user->user + ": " + last_error);
  }
  for (const auto& x : piece.damaged)
    user->environment->log(log_error, name, user->user + ": object " + x.hex() + " is damaged, and goes into quarantine");
  damaged.insert(damaged.end(), piece.damaged.begin(), piece.damaged.end());
  note_is_due = ++pieces >= pieces_a_note || piece.ended || !damaged.empty();
  if (piece.ended)
    return next_pass;
  // One large blob counts for its time.
  return std::max<std::chrono::milliseconds>(next_piece, std::chrono::milliseconds{piece.bytes * 1000 / scrubbed_bytes_a_piece});
}

namespace {

/// Keeps the position, and puts away what was found; then the sessions look for it elsewhere. What could not be noted is found again in the next pass.
void note(scrubber_actor::stateful_pointer<scrubber_state> self) {
  auto& st = self->state;
  st.note_is_due = false;
  st.pieces = 0;
  auto damaged = std::exchange(st.damaged, {});
  transact change{"scrub", [state = st.progress, damaged](storage::transaction& to) -> result<done> {
                    to.set_note(storage::scrub_note, storage::encode(state));
                    return put_away(to, damaged);
                  }};
  auto found = !damaged.empty();
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then(
          [found, losses = st.user->losses](const transacted&) {
            if (found)
              losses->tell(heal_due{});
          },
          [](const caf::error&) {});
}

void ask_back_in(scrubber_actor::stateful_pointer<scrubber_state> self, std::chrono::milliseconds wait) {
  auto& st = self->state;
  if (st.user->environment->settings.which == side::sparse && st.user->store->lost_count() > 0 && !std::exchange(st.asking_is_due, true))
    self->delayed_send(self, wait, ask_back{});
}

void take(scrubber_actor::stateful_pointer<scrubber_state> self, const std::vector<hash>& asked, given_back& answer) {
  auto user = self->state.user;
  auto taken = std::make_shared<std::size_t>();
  transact change{"take back what was lost", [asked, taken, contents = std::move(answer.contents)](storage::transaction& to) -> result<done> {
                    LAMA_TRY(count, take_back(to, asked, contents));
                    *taken = count;
                    return done{};
                  }};
  self->request(user->writer(), user->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, user, taken](const transacted&) {
            if (*taken == 0)
              return ask_back_in(self, before_asking_again);
            user->environment->log(log_info, scrubber_state::name, user->user + ": " + std::to_string(*taken) + " lost objects came back from the archive");
            // Keys and endpoints may be among them.
            self->send(user->members->find<leute_actor>(user->role("leute")), refresh_people{});
            ask_back_in(self, {});
          },
          [self](const caf::error&) { ask_back_in(self, before_asking_again); });
}

/// One part of the list after the other, and from its beginning again.
void ask_archive_back(scrubber_actor::stateful_pointer<scrubber_state> self) {
  auto& st = self->state;
  st.asking_is_due = false;
  auto names = st.user->store->read()->wanted(limits::sync_fetch_names, st.asked_after);
  auto bridge = st.user->members->find<bridge_client_actor>("bridge");
  st.asked_after = names.empty() ? std::nullopt : std::optional{names.back()};
  if (names.empty() || !bridge)
    return ask_back_in(self, before_asking_again);
  self->request(bridge, st.user->environment->settings.times.request_deadline, forward_give_back{st.user->user, names})
      .then([self, names](given_back& answer) { take(self, names, answer); }, [self](const caf::error&) { ask_back_in(self, before_asking_again); });
}

} // namespace

scrubber_actor::behavior_type scrubber(scrubber_actor::stateful_pointer<scrubber_state> self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.progress = storage::scrub_state_of(*self->state.user->store->read());
  self->delayed_send(self, std::max<std::chrono::milliseconds>(first_piece, until_next_pass(self->state)), scrub_next{});
  self->state.user->losses->add(caf::actor_cast<loss_listener>(self));
  ask_back_in(self, before_asking_back);
  return {
      [self](scrub_next) {
        auto wait = self->state.scrub_piece();
        if (self->state.note_is_due)
          note(self);
        self->delayed_send(self, wait, scrub_next{});
      },
      [self](heal_due) { ask_back_in(self, before_asking_back); },
      [self](ask_back) { ask_archive_back(self); },
      [self](const give_back& asked) { return what_is_here(*self->state.user->store->read(), asked.names); },
      [self](get_status) {
        const auto& st = self->state;
        return status_report{nlohmann::json{
            {"checked", st.progress.checked},
            {"objects", st.user->store->object_count()},
            {"passes", st.progress.passes},
            {"lastPassMs", st.progress.last_pass_ms},
            {"found", st.progress.found},
            {"unreadable", st.progress.unreadable},
            {"wanted", st.user->store->lost_count()},
            {"lastError",
             st.last_error}}.dump()};
      },
  };
}

} // namespace lama::actors
