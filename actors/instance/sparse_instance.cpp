#include "actors/instance/sparse_instance.hpp"

#include "actors/common/errors.hpp"
#include "actors/connection_manager/connection_manager.hpp"
#include "actors/connection_manager/directory.hpp"
#include "actors/instance/lifecycle.hpp"
#include "actors/instance/user_actors.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = sparse_instance_actor::stateful_pointer<sparse_instance_state>;

/// After the archive refused or did not answer, and until a bridge that died is back.
constexpr std::chrono::seconds next_provisioning{5};
constexpr std::chrono::milliseconds next_look_for_bridge{200};

bridge_client_actor bridge_of(const user_context& context) {
  return context.members->find<bridge_client_actor>("bridge");
}

void announce(self_pointer self) {
  const auto& context = self->state.context;
  if (auto directory = context->directory.lock())
    directory->open(context);
  self->send(context->members->find<connection_manager_actor>("connection-manager"), look_at_user{context->user});
}

void start_family(self_pointer self) {
  auto& st = self->state;
  st.family_started = true;
  announce(self); // before its people say whom they know
  start_user_actors(self, st.family, st.context);
}

void provision_later(self_pointer self) {
  if (!std::exchange(self->state.retry_is_due, true))
    self->delayed_send(self, next_provisioning, provision_again{});
}

void settle(self_pointer self, const std::optional<lama::error>& failure) {
  auto& st = self->state;
  st.provisioning = false;
  st.partnered = !failure;
  st.last_error = failure ? failure->message : "";
  if (failure) {
    st.context->environment->log(log_warning, st.name, st.context->user + ": the archive is not ready for this user: " + failure->message);
    provision_later(self);
  }
  for (auto& promise : std::exchange(st.waiting, {})) {
    if (failure)
      promise.deliver(to_caf(*failure));
    else
      promise.deliver(state_of(*st.context, true));
  }
}

void pair(self_pointer self, const std::string& invitation) {
  auto& st = self->state;
  auto manager = st.context->members->find<connection_manager_actor>("connection-manager");
  self->request(manager, st.context->environment->settings.times.request_deadline, pair_with{st.context->user, invitation})
      .then(
          [self](const paired_with&) {
            // It is stored here; whether it is there as well, the archive's next answer tells.
            settle(self, std::nullopt);
            provision_later(self);
          },
          [self](const caf::error& failure) { settle(self, from_caf(failure)); });
}

/// The archive said who it is. Durable before the connection is made with it.
void take_archive(self_pointer self, const user_provisioned& answer) {
  auto& st = self->state;
  auto sign_key = protocol::key32_from_bytes(answer.sign_key);
  auto instance_key = protocol::key32_from_bytes(answer.instance_key);
  if (!sign_key || !instance_key || answer.person == st.context->me.person) {
    settle(self, fail(errc::bad_input, "the archive gave an identity that cannot be right: two instances of one user are two persons"));
    return;
  }
  protocol::wipe(st.password->text);
  partner_identity partner{answer.person, answer.instance, *sign_key, *instance_key, answer.endpoint};
  auto changed = std::make_shared<user_context>(*st.context);
  changed->partner = partner;
  auto known = st.context->partner && st.context->partner->to_note() == partner.to_note();
  transact change{"remember archive", [note = partner.to_note()](storage::transaction& to) -> result<done> {
                    to.set_note(partner_note, note);
                    return done{};
                  }};
  self->request(st.context->writer(), st.context->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, changed, known, answer](transacted) {
            auto& state = self->state;
            if (!known || !state.family_started) {
              state.family.stop_all(self, *state.context->members);
              state.context = changed;
              start_family(self);
            }
            state.confirmed = answer.paired;
            if (answer.paired)
              settle(self, std::nullopt);
            else
              pair(self, answer.invitation);
          },
          [self](const caf::error& failure) { settle(self, from_caf(failure)); });
}

void provision(self_pointer self) {
  auto& st = self->state;
  if (std::exchange(st.provisioning, true))
    return;
  const auto& me = st.context->me;
  provision_user request;
  request.user = st.context->user;
  request.password = st.password->text;
  request.unlock_secret = st.unlock_secret;
  request.email = st.wished_email;
  request.sparse_person = me.person;
  request.sparse_instance = me.instance;
  request.sparse_sign_key = protocol::view(me.person_public.signing);
  request.sparse_instance_key = protocol::view(me.instance_public.encryption);
  self->request(bridge_of(*st.context), st.context->environment->settings.times.request_deadline, std::move(request))
      .then([self](const user_provisioned& answer) { take_archive(self, answer); }, [self](const caf::error& failure) { settle(self, from_caf(failure)); });
}

/// The bridge tells us when it comes up; one that died and came back knows nothing of us.
void watch(self_pointer self) {
  auto bridge = bridge_of(*self->state.context);
  if (!bridge) {
    self->delayed_send(self, next_look_for_bridge, look_for_bridge{});
    return;
  }
  self->monitor(bridge);
  self->send(bridge, watch_bridge{caf::actor_cast<bridge_listener>(self)});
}

} // namespace

sparse_instance_state::~sparse_instance_state() {
  protocol::wipe(unlock_secret);
}

sparse_instance_actor::behavior_type sparse_instance(self_pointer self, user_context_ptr context, std::shared_ptr<login_password> password,
                                                     std::string unlock_secret, std::string wished_email) {
  auto& state = self->state;
  state.context = with_stored_partner(std::move(context));
  state.password = std::move(password);
  state.unlock_secret = std::move(unlock_secret);
  state.wished_email = std::move(wished_email);
  supervise(self, {&state.store_keeper, &state.family});
  start_object_store(self, state.store_keeper, state.context);
  if (state.context->partner)
    start_family(self);
  self->set_down_handler([self](const caf::down_msg&) { self->delayed_send(self, next_look_for_bridge, look_for_bridge{}); });
  watch(self);
  return {
      [self](get_user_state) { return state_of(*self->state.context, self->state.partnered); },
      [self](verify_password& request) { return verify(self, request); },
      [self](await_partner) -> caf::result<user_state> {
        auto& st = self->state;
        if (st.partnered && !st.provisioning)
          return state_of(*st.context, true);
        auto promise = self->make_response_promise<user_state>();
        st.waiting.push_back(promise);
        return promise;
      },
      [](const provision_user&) -> caf::result<user_provisioned> { return to_caf(fail(errc::unsupported, "only the archive provisions")); },
      [self](const bridge_state& bridge) {
        // Each time: the archive may have been restarted, and then it is locked. (A question that is open now is sent again by the bridge.)
        if (bridge.connected)
          provision(self);
      },
      [self](provision_again) {
        self->state.retry_is_due = false;
        if (!self->state.partnered || !self->state.confirmed)
          provision(self);
      },
      [self](look_for_bridge) { watch(self); },
      [self](const restart_child& due) { restart(self, due); },
      [self](get_status) {
        auto told = status_of(self->state);
        told.update({{"partnered", self->state.partnered}, {"lastError", self->state.last_error}});
        return status_report{told.dump()};
      },
  };
}

} // namespace lama::actors
