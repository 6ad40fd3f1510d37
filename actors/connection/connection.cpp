#include "actors/connection/connection.hpp"

#include "actors/chum_session/chum_session.hpp"
#include "actors/common/errors.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "protocol/models/profiles.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = connection_actor::stateful_pointer<connection_state_machine>;
namespace action = protocol::action;

void carry_out(self_pointer self);

const node_environment& environment_of(self_pointer self) {
  return *self->state.context->environment;
}

connection_manager_actor manager_of(self_pointer self) {
  return self->state.context->members->find<connection_manager_actor>("connection-manager");
}

void report(self_pointer self, const char* status, std::string detail = {}) {
  auto& st = self->state;
  self->send(manager_of(self),
             connection_progress{{st.id, st.user ? st.user->user : "", st.plan.url, st.group, status, st.remote_person == hash{} ? "" : st.remote_person.hex(),
                                  std::move(detail), caf::actor_cast<caf::actor>(self)}});
}

/// Whoever waits for an answer of another actor goes on through here: the session may be gone by then.
template <class Answer, class Then>
auto resume(self_pointer self, Then then) {
  return [self, then](Answer& answer) mutable {
    if (self->state.closed)
      return;
    then(answer);
    carry_out(self);
  };
}

auto refuse(self_pointer self) {
  return resume<caf::error>(self, [self](caf::error& failure) { self->state.session->refuse(from_caf(failure).message); });
}

protocol::pairing_identity identity_of(const user_context& user) {
  const auto& me = user.me;
  protocol::pairing_identity x;
  x.email = me.email;
  x.instance_name = me.instance_name;
  x.person = {me.person_public.encryption, me.person_public.signing};
  x.instance = {me.instance_public.encryption, me.instance_public.signing};
  x.url = models::own_url(*user.store->read(), me);
  return x;
}

void provide_shared_key(self_pointer self, const action::need_shared_key& question) {
  auto& st = self->state;
  std::optional<protocol::key32> shared;
  const auto& node_key = st.context->credentials->node_key();
  if (question.own_public == node_key.public_key) {
    shared = protocol::shared_key(node_key.secret_key, question.remote_public);
  } else if (auto owner = st.context->directory->owner_of(question.own_public)) {
    auto of_instance = owner->me.instance_public.encryption == question.own_public;
    if (auto derived = owner->keys->shared_with(of_instance ? owner->me.instance : owner->me.person, question.remote_public))
      shared = *derived;
  }
  st.session->provide_shared_key(shared, self->clock().now());
}

protocol::node_identity node_side(self_pointer self, const protocol::key32& remote) {
  const auto& credentials = *self->state.context->credentials;
  return {credentials.secret(), credentials.is_pinned(remote)};
}

void provide_identity(self_pointer self, const action::need_identity& question) {
  auto& st = self->state;
  st.remote_key = question.remote_public;
  if (question.own_public == st.context->credentials->node_key().public_key) {
    st.node_connection = true;
    st.session->provide_identity(node_side(self, question.remote_public), self->clock().now());
  } else if (auto owner = st.context->directory->owner_of(question.own_public)) {
    st.user = owner;
    st.session->provide_identity(identity_of(*owner), self->clock().now());
  } else {
    st.session->refuse("the user logged out"); // between two questions
  }
}

void ask_admission(self_pointer self, const action::peer_identified& identified) {
  auto& st = self->state;
  st.group = identified.group;
  st.remote_person = identified.peer.person;
  st.remote_instance = identified.peer.instance;
  report(self, "handshake");
  admit_peer question;
  question.connection = st.id;
  question.pipe = self;
  question.user = st.user->user;
  question.group = identified.group;
  question.person = identified.peer.person;
  question.instance = identified.peer.instance;
  question.person_key = protocol::view(identified.peer.keys.encryption);
  question.instance_key = protocol::view(st.plan.incoming ? identified.remote_key : st.plan.remote_key);
  question.incoming = st.plan.incoming;
  self->request(manager_of(self), environment_of(self).settings.times.request_deadline, std::move(question))
      .then(resume<peer_admitted>(self,
                                  [self](peer_admitted& admitted) {
                                    self->state.peer = std::move(admitted.peer);
                                    self->state.session->proceed(self->clock().now());
                                  }),
            refuse(self));
}

pairing_manager_actor pairing_manager_of(self_pointer self) {
  const auto& user = *self->state.user;
  return user.members->find<pairing_manager_actor>(user.role("pairing-manager"));
}

void ask_token(self_pointer self, const action::token_offered& offered) {
  self->state.token = offered.token;
  self->request(pairing_manager_of(self), environment_of(self).settings.times.request_deadline, check_token{offered.token})
      .then(resume<ok>(self, [self](ok&) { self->state.session->proceed(self->clock().now()); }), refuse(self));
}

void ask_to_store(self_pointer self, const action::identity_received& received) {
  self->request(pairing_manager_of(self), environment_of(self).settings.times.request_deadline,
                store_pairing{self->state.token, protocol::identity_json(received.identity)})
      .then(resume<pairing_stored>(self,
                                   [self](pairing_stored& stored) {
                                     auto& st = self->state;
                                     st.remote_person = stored.person;
                                     st.remote_instance = stored.instance;
                                     st.session->proceed(self->clock().now());
                                   }),
            refuse(self));
}

void become_established(self_pointer self, const action::established& established) {
  auto& st = self->state;
  st.group = established.group;
  environment_of(self).network->set_message_limit(st.id, limits::assembled_message_bytes);
  report(self, "established");
  if (established.group == "ipc") {
    if (established.proven_by_secret)
      if (auto pinned = st.context->credentials->pin(st.remote_key); !pinned)
        environment_of(self).log(log_error, st.name, "cannot remember the other node: " + pinned.failure().message);
    auto bridge = st.context->members->find<caf::actor>("bridge");
    if (!bridge) { // it is coming back, and will have a connection of its own
      self->send(caf::actor_cast<connection_actor>(self), close_connection{"the bridge is restarting"});
      return;
    }
    st.consumer = caf::actor_cast<connection_consumer>(bridge);
    self->monitor(bridge);
    caf::anon_send(bridge, bridge_attached{st.id, caf::actor_cast<connection_actor>(self), std::string{protocol::view(st.remote_key)}});
  } else if (established.group == "chum") {
    chum_plan plan{st.user, st.peer, st.id, caf::actor_cast<connection_actor>(self)};
    auto served = self->spawn<caf::linked>(chum_session, std::move(plan));
    st.consumer = caf::actor_cast<connection_consumer>(served);
  }
}

/// Credits go back when the consumer is done with the message; what the session used up itself goes back at once.
void pass_on(self_pointer self, action::received& received) {
  auto& st = self->state;
  if (!st.consumer)
    return;
  self->send(st.consumer, connection_message{st.id, received.content.text, std::move(received.content.bytes), std::exchange(st.credits_owed, 0)});
}

struct performer {
  self_pointer self;

  void operator()(action::send_frame& x) const {
    environment_of(self).network->send(self->state.id, {x.frame.text, std::move(x.frame.bytes)});
  }
  void operator()(const action::close& x) const {
    environment_of(self).network->close(self->state.id, net::close_code::normal, x.reason);
  }
  void operator()(const action::need_shared_key& x) const {
    provide_shared_key(self, x);
  }
  void operator()(const action::need_identity& x) const {
    provide_identity(self, x);
  }
  void operator()(const action::group_requested& x) const {
    self->state.group = x.name;
    if (x.name == "chum" || x.name == "pairing")
      self->state.session->proceed(self->clock().now());
    else
      self->state.session->refuse(protocol::close_why::go_away);
  }
  void operator()(const action::peer_identified& x) const {
    ask_admission(self, x);
  }
  void operator()(const action::token_offered& x) const {
    ask_token(self, x);
  }
  void operator()(const action::identity_received& x) const {
    ask_to_store(self, x);
  }
  void operator()(const action::pairing_done&) const {
    auto& st = self->state;
    report(self, "paired");
    if (!st.plan.incoming)
      self->send(manager_of(self), pairing_finished{caf::actor_cast<connection_actor>(self), st.remote_person, st.remote_instance});
  }
  void operator()(const action::established& x) const {
    become_established(self, x);
  }
  void operator()(action::received& x) const {
    pass_on(self, x);
  }
  void operator()(const action::failed& x) const {
    self->state.last_failure = x.why.message;
    environment_of(self).log(log_info, connection_state_machine::name, "connection " + std::to_string(self->state.id) + " ended: " + x.why.message);
  }
};

/// The session's deadline moves with every frame; one timer, armed anew when it fires, is enough.
void arm(self_pointer self) {
  auto& st = self->state;
  auto deadline = st.session->next_deadline();
  if (!deadline || (st.tick_at && *st.tick_at <= *deadline))
    return;
  st.tick_at = *deadline;
  self->delayed_send(self, std::max(*deadline - self->clock().now(), caf::actor_clock::duration_type::zero()), connection_tick{});
}

void carry_out(self_pointer self) {
  auto& st = self->state;
  for (auto actions = st.session->take_actions(); !actions.empty() && !st.closed; actions = st.session->take_actions())
    for (auto& x : actions)
      std::visit(performer{self}, x);
  if (!st.closed)
    arm(self);
}

void begin(self_pointer self) {
  auto& st = self->state;
  auto& random = environment_of(self).random();
  if (st.plan.incoming) {
    st.session = std::make_unique<protocol::session>(random);
    return;
  }
  protocol::initiator_settings settings;
  settings.group = st.plan.group;
  settings.own_key = st.plan.own_key;
  settings.remote_key = st.plan.remote_key;
  settings.token = st.plan.token;
  st.group = st.plan.group;
  st.remote_key = st.plan.remote_key;
  if (st.plan.group == "ipc") {
    st.node_connection = true;
    settings.self = node_side(self, st.plan.remote_key);
  } else {
    st.user = st.context->directory->context_of(st.plan.user);
    if (st.user)
      settings.self = identity_of(*st.user);
  }
  st.session = std::make_unique<protocol::session>(std::move(settings), random);
  report(self, "connecting");
}

void end(self_pointer self, const std::string& reason) {
  auto& st = self->state;
  if (std::exchange(st.closed, true))
    return;
  auto why = st.last_failure.empty() ? reason : st.last_failure;
  if (st.consumer)
    self->send(st.consumer, connection_lost{st.id, why});
  else if (st.group == "ipc" && !st.plan.incoming)
    caf::anon_send(st.context->members->find<connection_consumer>("bridge"), connection_lost{st.id, why});
  self->send(manager_of(self), connection_ended{st.id, caf::actor_cast<connection_actor>(self), why});
  if (st.id != 0)
    environment_of(self).network->close(st.id, net::close_code::normal, "Close called.");
  self->quit();
}

net::connection_events events_to(const connection_actor& target) {
  return {[target](net::connection_id) { caf::anon_send(target, transport_opened{}); },
          [target](net::connection_id, net::frame x) {
            caf::anon_send(target, transport_frame{x.text, std::move(x.bytes)});
          },
          [target](net::connection_id, std::string reason, uint16_t code) {
            caf::anon_send(target, transport_closed{std::move(reason), code});
          }};
}

} // namespace

connection_state_machine::~connection_state_machine() {
  // An actor that dies of something else than the socket's end takes the socket with it; its peer then connects again.
  if (!closed && id != 0)
    context->environment->network->close(id, net::close_code::normal, "Close called.");
}

connection_actor::behavior_type connection(self_pointer self, std::shared_ptr<const connection_context> context, connection_plan plan,
                                           net::connection_id accepted) {
  auto& st = self->state;
  st.context = std::move(context);
  st.plan = std::move(plan);
  st.id = accepted;
  self->set_down_handler([self](const caf::down_msg&) { end(self, "the node is going down, or its bridge or connection manager is restarting"); });
  self->set_exit_handler([self](const caf::exit_msg& gone) {
    end(self, "the part of the node that served this connection ended");
    self->quit(gone.reason);
  });
  if (auto root = st.context->members->find<caf::actor>("supervisor"))
    self->monitor(root);
  // A new manager would not know of us, and let a second connection stand beside this one.
  if (auto manager = st.context->members->find<caf::actor>("connection-manager"))
    self->monitor(manager);
  // First its number: what is reported of it is known by that. Its events come as messages, after this.
  if (!st.plan.incoming)
    st.id = environment_of(self).network->connect(st.plan.url, events_to(caf::actor_cast<connection_actor>(self)));
  begin(self);
  return {
      [self](transport_opened) {
        report(self, "handshake");
        self->state.session->opened(self->clock().now());
        carry_out(self);
      },
      [self](transport_frame& x) {
        auto& state = self->state;
        ++state.credits_owed;
        state.session->receive({x.text, std::move(x.bytes)}, self->clock().now());
        carry_out(self);
        if (!state.closed && state.credits_owed >= net::initial_credits / 2)
          environment_of(self).network->grant(state.id, std::exchange(state.credits_owed, 0)); // within a long fragmented message
      },
      [self](const transport_closed& x) {
        self->state.session->closed(x.reason);
        carry_out(self);
        end(self, x.reason);
      },
      [self](connection_tick) {
        self->state.tick_at.reset();
        self->state.session->tick(self->clock().now());
        carry_out(self);
      },
      [self](const send_on_connection& x) {
        auto now = self->clock().now();
        auto sent = x.text ? self->state.session->send_text(x.bytes, now) : self->state.session->send_binary(x.bytes, now);
        if (!sent)
          return; // it has ended; connection_lost is on its way
        carry_out(self);
      },
      [self](const close_connection& x) {
        self->state.session->close(x.reason);
        carry_out(self);
      },
      [self](get_status) {
        auto& state = self->state;
        return status_report{
            nlohmann::json{{"id", state.id}, {"group", state.group}, {"url", state.plan.url}, {"established", state.session->is_established()}}.dump()};
      },
  };
}

connection_actor dial(caf::actor_system& system, std::shared_ptr<const connection_context> context, connection_plan plan) {
  return system.spawn(connection, std::move(context), std::move(plan), net::connection_id{0});
}

net::connection_events accept(caf::actor_system& system, std::shared_ptr<const connection_context> context, net::connection_id id) {
  return events_to(system.spawn(connection, std::move(context), connection_plan{}, id));
}

} // namespace lama::actors
