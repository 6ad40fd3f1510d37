#include "actors/chum_session/healing.hpp"

#include "actors/chum_session/host.hpp"
#include "actors/leute/leute.hpp"
#include "protocol/limits.hpp"

#include <utility>

namespace lama::actors {

namespace {

/// What the other instance did not have it may have later: it heals as well.
constexpr std::chrono::hours next_round{1};
/// The other instance is asked first; of a friend all that is shared must come again.
constexpr std::chrono::minutes before_friends{10};
/// Names that tell one list of what is wanted from another.
constexpr std::size_t most_names_compared = 1000;
/// Of the friend's person: what was wanted when everything was last asked for again.
const std::string asked_note = "sync/healing/";

} // namespace

void chum_host::heal() {
  auto& st = state();
  auto& round = st.healing;
  if (!st.speaks_extension || user().store->lost_count() == 0)
    return;
  if (!st.extension->heals())
    return retry_healing_in(before_friends);
  if (round.request) {
    round.again = true;
    return;
  }
  protocol::sync::heal_request what{user().store->read()->wanted(limits::sync_fetch_names, round.after)};
  auto asked = what.names.empty() ? result<uint32_t>{fail(errc::not_found, {})} : st.extension->ask_heal(what);
  if (!asked) { // the end of the list, or too much is asked for at the moment
    round.after.reset();
    if (std::exchange(round.again, false))
      self_->send(self_, heal_due{});
    return retry_healing_in(next_round);
  }
  round.after = what.names.back();
  round.lost_before = user().store->lost_count();
  round.request = *asked;
}

void chum_host::healed(uint32_t request, const result<done>& outcome) {
  auto& round = state().healing;
  if (round.request != request)
    return;
  round.request.reset();
  auto lost = user().store->lost_count();
  if (!outcome)
    user().environment->log(log_warning, chum_session_state::name, user().user + ": asking for lost objects failed: " + outcome.failure().message);
  if (outcome && lost < round.lost_before) {
    user().environment->log(log_info, chum_session_state::name,
                            user().user + ": " + std::to_string(round.lost_before - lost) + " lost objects came back, " + std::to_string(lost) +
                                " are still wanted");
    self_->send(user().members->find<leute_actor>(user().role("leute")), refresh_people{}); // keys and endpoints may be among them
  }
  heal();
}

void chum_host::retry_healing_in(std::chrono::milliseconds wait) {
  if (!std::exchange(state().healing.retry_is_due, true))
    self_->delayed_send(self_, wait, retry_healing{});
}

void chum_host::retry_healing_now() {
  auto& st = state();
  st.healing.retry_is_due = false;
  if (!st.speaks_extension || user().store->lost_count() == 0)
    return;
  if (st.extension->heals())
    heal();
  else
    heal_from_friend();
}

/// Nothing says which of what is wanted a friend has, so all that is shared is asked for again: once for what is wanted now.
void chum_host::heal_from_friend() {
  auto view = user().store->read();
  std::string names;
  for (const auto& name : view->wanted(most_names_compared))
    names += name.raw();
  auto note = asked_note + state().between.remote.hex();
  auto wanted = sha256(names).hex();
  if (view->note(note) == wanted || !state().extension->ask_restart())
    return;
  user().environment->log(log_info, chum_session_state::name,
                          user().user + ": " + std::to_string(user().store->lost_count()) + " lost objects are looked for at a friend");
  transact change{"look for what is lost", [note, wanted](storage::transaction& to) -> result<done> {
                    to.set_note(note, wanted);
                    return done{};
                  }};
  // Where it cannot be noted, the next session asks again.
  self_->request(user().writer(), user().environment->settings.times.request_deadline, std::move(change))
      .then([](const transacted&) {}, [](const caf::error&) {});
}

} // namespace lama::actors
