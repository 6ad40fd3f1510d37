#pragma once

#include "actors/common/errors.hpp"
#include "actors/instance/interface.hpp"
#include "actors/instance/user_context.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace lama::actors {

inline user_state state_of(const user_context& context, bool paired) {
  return {context.user, true, context.me.person, context.me.instance, to_hex(protocol::view(context.me.instance_public.encryption)), context.public_person(),
          paired};
}

/// An instance that died comes back knowing what its store knows: the partner may have been met after login.
inline user_context_ptr with_stored_partner(user_context_ptr context) {
  auto note = context->store->read()->note(partner_note);
  auto partner = note ? partner_identity::from_note(*note) : std::nullopt;
  if (!partner)
    return context;
  auto changed = std::make_shared<user_context>(*context);
  changed->partner = partner;
  return changed;
}

/// Makes `self` (a supervisor with a `context` in its state and `restart_child` in its interface) look after `families`: a child's death
/// becomes a `restart_child` after the delay; the death of anybody else it is linked to, its own supervisor's above all, ends it.
template <class Self>
void supervise(Self self, std::vector<children*> families) {
  self->set_exit_handler([self, families](caf::exit_msg& gone) {
    const auto& context = *self->state.context;
    for (auto* family : families) {
      auto loss = family->lost(gone.source, *context.members, self->clock().now(), context.environment->settings.times);
      if (loss.what == children::verdict::not_a_child)
        continue;
      context.environment->log(log_warning, self->state.name, loss.role + " died (" + caf::to_string(gone.reason) + "), starting it again");
      if (loss.what == children::verdict::give_up)
        self->quit(gone.reason);
      else
        self->delayed_send(self, loss.delay, restart_child{loss.role});
      return;
    }
    self->quit(gone.reason);
  });
}

/// The store's keeper or one of the user's actors, whose delay is over.
template <class Self>
void restart(Self self, const restart_child& due) {
  auto& st = self->state;
  st.store_keeper.restart(self, *st.context->members, due.role);
  st.family.restart(self, *st.context->members, due.role);
}

/// What both kinds of instance tell of themselves.
template <class State>
nlohmann::json status_of(const State& st) {
  return {{"user", st.context->user},
          {"person", st.context->me.person.hex()},
          {"partner", st.context->partner ? st.context->partner->person.hex() : ""},
          {"restarts", st.family.restarts() + st.store_keeper.restarts()}};
}

/// Asks the keychain whether the password opens the user that is open already.
template <class Self>
caf::result<ok> verify(Self self, verify_password& request) {
  const auto& context = *self->state.context;
  auto promise = self->template make_response_promise<ok>();
  self->request(context.members->template find<keychain_actor>("keychain"), context.environment->settings.times.request_deadline,
                check_password{std::move(request.password), {}, context.store})
      .then([promise](const password_checked&) mutable { promise.deliver(ok{}); },
            [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

} // namespace lama::actors
