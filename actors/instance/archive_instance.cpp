#include "actors/instance/archive_instance.hpp"

#include "actors/common/errors.hpp"
#include "actors/connection_manager/connection_manager.hpp"
#include "actors/connection_manager/directory.hpp"
#include "actors/instance/lifecycle.hpp"
#include "actors/instance/user_actors.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "protocol/models/keychain.hpp"
#include "protocol/models/leute.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = instance_actor::stateful_pointer<archive_instance_state>;

bool knows(const user_context& context, const partner_identity& partner) {
  auto view = context.store->read();
  for (const auto& known : models::known_endpoints(*view, context.me))
    if (known.at.instance == partner.instance && known.instance_public.encryption == partner.instance_key)
      return true;
  return false;
}

result<partner_identity> partner_of(const provision_user& request) {
  auto sign_key = protocol::key32_from_bytes(request.sparse_sign_key);
  auto instance_key = protocol::key32_from_bytes(request.sparse_instance_key);
  if (!sign_key || !instance_key)
    return fail(errc::bad_input, "the provisioning request names no keys of the sparse instance");
  return partner_identity{request.sparse_person, request.sparse_instance, *sign_key, *instance_key, {}};
}

void announce(self_pointer self) {
  const auto& context = self->state.context;
  if (auto directory = context->directory.lock())
    directory->open(context);
  self->send(context->members->find<connection_manager_actor>("connection-manager"), look_at_user{context->user});
}

void start_family(self_pointer self) {
  auto& st = self->state;
  announce(self); // before its people say whom they know
  start_user_actors(self, st.family, st.context);
}

/// The sparse instance is new, or was made anew: it is the partner from here on, and the former one has lost its rights.
void take_partner(self_pointer self, const partner_identity& partner) {
  auto& st = self->state;
  st.family.stop_all(self, *st.context->members);
  auto changed = std::make_shared<user_context>(*st.context);
  changed->partner = partner;
  st.context = std::move(changed);
  start_family(self);
}

void answer_provisioned(self_pointer self, caf::typed_response_promise<user_provisioned> promise) {
  auto& st = self->state;
  const auto& me = st.context->me;
  user_provisioned answer;
  answer.person = me.person;
  answer.instance = me.instance;
  answer.sign_key = protocol::view(me.person_public.signing);
  answer.instance_key = protocol::view(me.instance_public.encryption);
  answer.endpoint = st.credentials->archive_url();
  answer.paired = knows(*st.context, *st.context->partner);
  if (answer.paired) {
    promise.deliver(std::move(answer));
    return;
  }
  auto manager = st.context->members->find<pairing_manager_actor>(st.context->role("pairing-manager"));
  self->request(manager, st.context->environment->settings.times.request_deadline, create_invitation{})
      .then(
          [answer, promise](invitation_created& created) mutable {
            answer.invitation = std::move(created.json);
            promise.deliver(std::move(answer));
          },
          [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
}

/// The partner's identity, what its secret opens us by, and our own url, durable before anybody is told.
void remember_partner(self_pointer self, const partner_identity& partner, std::string unlock_record, caf::typed_response_promise<user_provisioned> promise) {
  auto& st = self->state;
  auto url = st.credentials->archive_url();
  auto context = st.context;
  transact change{"remember partner", [partner, url, context, record = std::move(unlock_record)](storage::transaction& to) -> result<done> {
                    to.set_note(partner_note, partner.to_note());
                    if (!record.empty())
                      to.set_note(models::unlock_note, record);
                    LAMA_CHECK(models::set_own_url(to, context->me, url, context->environment->clock->now_ms()));
                    return done{};
                  }};
  self->request(context->writer(), context->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, partner, promise](transacted) {
            auto& current = self->state.context->partner;
            if (!current || current->instance != partner.instance || current->instance_key != partner.instance_key)
              take_partner(self, partner);
            answer_provisioned(self, promise);
          },
          [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
}

} // namespace

instance_actor::behavior_type archive_instance(self_pointer self, std::shared_ptr<bridge_credentials> credentials, user_context_ptr context) {
  self->state.credentials = std::move(credentials);
  self->state.context = with_stored_partner(std::move(context));
  supervise(self, {&self->state.store_keeper, &self->state.family});
  start_object_store(self, self->state.store_keeper, self->state.context);
  start_family(self);
  return {
      [self](get_user_state) {
        return state_of(*self->state.context, self->state.context->partner && knows(*self->state.context, *self->state.context->partner));
      },
      [self](verify_password& request) { return verify(self, request); },
      [](await_partner) -> caf::result<user_state> { return to_caf(fail(errc::unsupported, "this is the archive")); },
      [self](const provision_user& request) -> caf::result<user_provisioned> {
        auto partner = partner_of(request);
        if (!partner)
          return to_caf(partner.failure());
        if (partner->person == self->state.context->me.person || partner->instance == self->state.context->me.instance)
          return to_caf(fail(errc::bad_input, "this archive's own identity asks to be its sparse instance: two instances of one user are two persons"));
        auto promise = self->make_response_promise<user_provisioned>();
        auto& st = self->state;
        self->request(st.context->members->find<keychain_actor>("keychain"), st.context->environment->settings.times.request_deadline,
                      check_password{request.password, request.unlock_secret, st.context->store})
            .then(
                [self, promise, partner = *partner](password_checked& checked) { remember_partner(self, partner, std::move(checked.unlock_record), promise); },
                [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
        return promise;
      },
      [](const bridge_state&) {
        // The sparse side's business.
      },
      [self](const restart_child& due) { restart(self, due); },
      [self](get_status) { return status_report{status_of(self->state).dump()}; },
  };
}

} // namespace lama::actors
