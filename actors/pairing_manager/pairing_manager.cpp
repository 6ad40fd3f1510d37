#include "actors/pairing_manager/pairing_manager.hpp"

#include "actors/common/errors.hpp"
#include "actors/leute/leute.hpp"
#include "actors/pairing_manager/type_sharing.hpp"
#include "protocol/connection/identity.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/pairing_result.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace lama::actors {

namespace {

/// After the writer refused or did not answer.
constexpr std::chrono::seconds next_sharing{5};

using self_pointer = pairing_manager_actor::stateful_pointer<pairing_manager_state>;

result<invitation_created> invite(self_pointer self) {
  auto& st = self->state;
  const auto& user = *st.user;
  auto url = user.environment->settings.public_url.empty() ? models::own_url(*user.store->read(), user.me).value_or("") : user.environment->settings.public_url;
  if (url.empty())
    return fail(errc::conflict, "this instance has no address that others could reach; invite from the archive");
  LAMA_TRY(token, st.open->issue(user.me.person, user.environment->random(), self->clock().now()));
  protocol::invitation x{token, user.me.instance_public.encryption, url};
  return invitation_created{protocol::invitation_json(x), protocol::invitation_link(x, invitation_domain, protocol::invitation_kind::partner)};
}

models::remote_identity to_model(const protocol::pairing_identity& x) {
  return {x.email, x.instance_name, {x.person.encryption, x.person.signing}, {x.instance.encryption, x.instance.signing}, x.url};
}

/// What both sides store and grant after a pairing (docs/protocol/04 §2.4). Our own two instances get no chat with each other: their
/// grants are made by those who own the objects.
result<models::paired> store_in(storage::transaction& to, const user_context& user, const protocol::pairing_identity& identity) {
  const auto& environment = *user.environment;
  auto now = environment.clock->now_ms();
  auto remote = to_model(identity);
  LAMA_TRY(stored, models::store_pairing(to, user.me, remote, user.keys->as(user.me.person), environment.random(), now));
  models::audience both_see{{stored.person}, {}};
  LAMA_CHECK(models::grant(to, models::id_target(models::default_profile_of(user.me.person)), both_see, models::grant_mode::add, now));
  auto is_partner = user.partner && user.partner->person == stored.person;
  if (!is_partner && environment.settings.which == side::archive)
    LAMA_CHECK(models::create_one_to_one(to, user.me.person, stored.person, now));
  if (is_partner && environment.settings.which == side::archive)
    to.set_note(type_sharing_note, sharing_with(stored.person).to_note());
  return stored;
}

/// The next step of a note that `store_in` left; the last one takes it away.
result<done> share_in(storage::transaction& to, const user_context& user) {
  auto note = to.note(type_sharing_note);
  auto at = note ? type_sharing::from_note(*note) : std::nullopt;
  std::optional<type_sharing> next;
  if (at) {
    LAMA_TRY(left, share_some(*user.store->read(), to, *std::move(at), user.environment->clock->now_ms()));
    next = std::move(left);
  }
  if (next)
    to.set_note(type_sharing_note, next->to_note());
  else
    to.remove_note(type_sharing_note);
  return done{};
}

void share_more(self_pointer self) {
  auto user = self->state.user;
  if (!user->store->read()->note(type_sharing_note))
    return;
  transact change{"share types with the device", [user](storage::transaction& to) { return share_in(to, *user); }};
  self->request(user->writer(), user->environment->settings.times.request_deadline, std::move(change))
      .then([self](transacted) { self->send(self, share_types{}); },
            [self, user](const caf::error& failure) {
              user->environment->log(log_warning, pairing_manager_state::name,
                                     user->user + ": cannot share types with the device, and tries again: " + from_caf(failure).message);
              self->delayed_send(self, next_sharing, share_types{});
            });
}

} // namespace

pairing_manager_actor::behavior_type pairing_manager(self_pointer self, user_context_ptr user) {
  self->state.open.emplace(user->environment->settings.times.invitation_lifetime);
  self->state.user = std::move(user);
  share_more(self); // what a restart cut off
  return {
      [self](create_invitation) -> caf::result<invitation_created> {
        auto created = invite(self);
        if (!created)
          return to_caf(created.failure());
        return std::move(*created);
      },
      [self](const check_token& question) -> caf::result<ok> {
        auto& st = self->state;
        if (auto good = st.open->check(question.token, st.user->me.person, self->clock().now()); !good)
          return to_caf(fail(good.failure().code, "Error: " + good.failure().message));
        return ok{};
      },
      [self](const store_pairing& request) -> caf::result<pairing_stored> {
        auto& st = self->state;
        auto identity = protocol::identity_from_json(request.identity);
        if (!identity)
          return to_caf(identity.failure());
        if (!request.token.empty())
          if (auto redeemed = st.open->redeem(request.token, st.user->me.person, self->clock().now()); !redeemed)
            return to_caf(fail(redeemed.failure().code, "Error: " + redeemed.failure().message));
        auto promise = self->make_response_promise<pairing_stored>();
        auto outcome = std::make_shared<models::paired>();
        transact change{"store pairing", [user = st.user, identity = *identity, outcome](storage::transaction& to) -> result<done> {
                          LAMA_TRY(stored, store_in(to, *user, identity));
                          *outcome = stored;
                          return done{};
                        }};
        self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
            .then(
                [self, promise, outcome](transacted) mutable {
                  ++self->state.stored;
                  share_more(self);
                  // Of a pairing that is repeated nothing is new, but what was lost may be there again.
                  const auto& known = *self->state.user;
                  self->send(known.members->find<leute_actor>(known.role("leute")), refresh_people{});
                  promise.deliver(pairing_stored{outcome->person, outcome->instance});
                },
                [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
        return promise;
      },
      [self](share_types) { share_more(self); },
      [self](get_status) {
        return status_report{nlohmann::json{{"openInvitations", self->state.open->open(self->clock().now())}, {"stored", self->state.stored}}.dump()};
      },
  };
}

} // namespace lama::actors
