#include "actors/connection_manager/connection_manager.hpp"

#include "actors/common/errors.hpp"
#include "protocol/connection/invitation.hpp"
#include "protocol/connection/session.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace lama::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = connection_manager_actor::stateful_pointer<connection_manager_state>;
namespace why = protocol::close_why;

/// docs/protocol/02 §9.4
constexpr auto duplicate_window = 2'000ms;
/// How long a peer that is unknown may wait for the pairing that makes it known.
constexpr auto admission_wait = 3'000ms;
/// Towards contacts. Our own two instances use the bridge's shorter waits: they are ours to annoy.
constexpr std::array route_waits{1'000ms, 2'000ms, 5'000ms, 10'000ms, 20'000ms, 30'000ms, 60'000ms, 120'000ms};
constexpr std::size_t most_counted_reasons = 50;

lama::error refusal(std::string_view reason) {
  return fail(errc::forbidden, std::string{reason});
}

/// A connection that stood this long was no failure.
constexpr std::chrono::seconds steady_after{10};

std::chrono::milliseconds wait_before(self_pointer self, const known_peer& peer, uint32_t failures) {
  const auto& environment = *self->state.context->environment;
  if (peer.kind != peer_kind::contact)
    return std::min(environment.settings.times.bridge_last_retry, environment.settings.times.bridge_first_retry * (1u << std::min(failures, 10u)));
  auto base = route_waits[std::min<std::size_t>(failures, route_waits.size() - 1)];
  // Between one and two times the wait: two peers that dial each other must not meet in step for ever.
  return base + std::chrono::milliseconds{environment.random().below(static_cast<uint64_t>(base.count()))};
}

void schedule_dial(self_pointer self, const std::string& user, const known_peer& peer) {
  auto& route = self->state.routes[{user, peer.instance_key}];
  if (peer.urls.empty() || route.dialling || std::exchange(route.timer_runs, true))
    return;
  self->delayed_send(self, wait_before(self, peer, route.failures), dial_due{user, peer.instance_key});
}

void dial_peer(self_pointer self, const dial_due& due) {
  auto& st = self->state;
  auto key = connection_manager_state::peer_key{due.user, due.instance_key};
  auto& route = st.routes[key];
  route.timer_runs = false;
  auto context = st.context->directory->context_of(due.user);
  auto remote_key = protocol::key32_from_bytes(due.instance_key);
  if (!context || !remote_key || route.dialling || st.chum.contains(key))
    return;
  auto peer = st.context->directory->peer(due.user, *remote_key);
  if (!peer || peer->urls.empty())
    return;
  connection_plan plan;
  plan.incoming = false;
  plan.url = peer->urls[route.next_url++ % peer->urls.size()];
  plan.group = "chum";
  plan.user = due.user;
  plan.own_key = context->me.instance_public.encryption;
  plan.remote_key = *remote_key;
  route.dialling = dial(self->system(), st.context, plan);
}

/// Known peers changed, or the manager is new: dial who is not connected; let in who was waiting to be known.
void look_at_routes(self_pointer self, const std::string& user) {
  auto& st = self->state;
  for (const auto& peer : st.context->directory->peers(user)) {
    auto key = connection_manager_state::peer_key{user, peer.instance_key};
    if (peer.urls.empty() || st.chum.contains(key))
      continue;
    auto& route = st.routes[key];
    if (!route.dialling && !std::exchange(route.timer_runs, true))
      self->send(self, dial_due{user, peer.instance_key});
  }
}

/// The duplicate rule of docs/protocol/02 §9.4, then the connection is the peer's one.
caf::result<peer_admitted> make_active(self_pointer self, const admit_peer& question, const known_peer& peer) {
  auto& st = self->state;
  auto key = connection_manager_state::peer_key{question.user, question.instance_key};
  auto now = self->clock().now();
  if (auto found = st.chum.find(key); found != st.chum.end() && found->second.connection != question.connection) {
    if (now - found->second.since < duplicate_window)
      return to_caf(refusal(why::duplicate_dropped));
    self->send(found->second.pipe, close_connection{std::string{why::duplicate_replaced}});
  }
  st.chum[key] = {question.connection, question.pipe, now};
  return peer_admitted{peer};
}

caf::result<peer_admitted> admit(self_pointer self, const admit_peer& question) {
  auto& st = self->state;
  auto& directory = *st.context->directory;
  auto remote_key = protocol::key32_from_bytes(question.instance_key);
  if (!remote_key)
    return to_caf(refusal(why::go_away));
  if (question.group == "pairing") {
    // Key continuity (docs/protocol/02 §5.2): a person we know proves to be the same one.
    if (auto known = directory.peer_of_person(question.user, question.person); known && known->person_key != question.person_key)
      return to_caf(refusal(why::other_keys));
    return peer_admitted{};
  }
  auto peer = directory.peer(question.user, *remote_key);
  if (peer) {
    if (peer->person != question.person)
      return to_caf(refusal(why::other_person));
    if (peer->instance != question.instance)
      return to_caf(refusal(why::other_instance));
    if (peer->person_key != question.person_key)
      return to_caf(refusal(why::other_keys));
    return make_active(self, question, *peer);
  }
  if (!question.incoming || st.admissions.size() >= limits::open_invitations)
    return to_caf(refusal(why::unknown_peer));
  auto promise = self->make_response_promise<peer_admitted>();
  st.admissions[question.connection] = {question, promise};
  self->delayed_send(self, admission_wait, admission_due{question.connection});
  return promise;
}

void admit_waiting(self_pointer self, const std::string& user) {
  auto& st = self->state;
  for (auto i = st.admissions.begin(); i != st.admissions.end();) {
    auto& [question, promise] = i->second;
    auto key = protocol::key32_from_bytes(question.instance_key);
    if (question.user == user && st.context->directory->peer(user, *key)) {
      auto waiting = std::move(i->second);
      i = st.admissions.erase(i);
      auto peer = st.context->directory->peer(user, *key);
      if (peer->person != waiting.question.person || peer->instance != waiting.question.instance)
        waiting.promise.deliver(to_caf(refusal(why::other_person)));
      else
        self->request(caf::actor_cast<connection_manager_actor>(self), 5s, std::move(waiting.question))
            .then([promise = waiting.promise](peer_admitted& x) mutable { promise.deliver(std::move(x)); },
                  [promise = waiting.promise](caf::error& x) mutable { promise.deliver(std::move(x)); });
    } else {
      ++i;
    }
  }
}

caf::result<paired_with> pair(self_pointer self, const pair_with& request) {
  auto& st = self->state;
  auto context = st.context->directory->context_of(request.user);
  if (!context)
    return to_caf(fail(errc::locked, "log in before you pair"));
  auto parsed = protocol::parse_invitation(request.invitation);
  if (!parsed)
    return to_caf(parsed.failure());
  connection_plan plan;
  plan.incoming = false;
  plan.url = parsed->url;
  plan.group = "pairing";
  plan.user = request.user;
  plan.own_key = context->me.person_public.encryption; // the person's, not the instance's (docs/protocol/02 §1)
  plan.remote_key = parsed->public_key;
  plan.token = parsed->token;
  auto promise = self->make_response_promise<paired_with>();
  st.pairings.emplace(dial(self->system(), st.context, plan).address(), promise);
  return promise;
}

void end(self_pointer self, const connection_ended& gone) {
  auto& st = self->state;
  st.connections.erase(gone.connection);
  if (st.ended.size() < most_counted_reasons || st.ended.contains(gone.reason))
    ++st.ended[gone.reason];
  if (auto waiting = st.pairings.find(gone.pipe.address()); waiting != st.pairings.end()) {
    waiting->second.deliver(
        to_caf(fail(errc::offline, "the pairing did not come about: " + (gone.reason.empty() ? "the connection was closed" : gone.reason))));
    st.pairings.erase(waiting);
  }
  if (auto waiting = st.admissions.extract(gone.connection))
    waiting.mapped().promise.deliver(to_caf(refusal("the connection was closed")));
  // Two nodes that cannot agree part as soon as they have met: only what stood for a while ends the row of failures.
  auto active = std::ranges::find_if(st.chum, [&gone](const auto& x) { return x.second.pipe.address() == gone.pipe.address(); });
  auto stood = active != st.chum.end() && self->clock().now() - active->second.since >= steady_after;
  if (stood)
    st.routes[active->first].failures = 0;
  if (active != st.chum.end())
    st.chum.erase(active);
  for (auto& [key, route] : st.routes)
    if (route.dialling && route.dialling.address() == gone.pipe.address()) {
      route.dialling = nullptr;
      route.failures += stood ? 0 : 1;
    }
  for (const auto& user : st.context->directory->users())
    for (const auto& peer : st.context->directory->peers(user))
      if (!st.chum.contains({user, peer.instance_key}))
        schedule_dial(self, user, peer);
}

void close_user(self_pointer self, const std::string& user) {
  auto& st = self->state;
  for (auto& [key, x] : st.chum)
    if (key.first == user)
      self->send(x.pipe, close_connection{std::string{why::by_user}});
  for (auto& [key, route] : st.routes)
    if (key.first == user && route.dialling)
      self->send(route.dialling, close_connection{std::string{why::by_user}});
}

connections_listed list_all(self_pointer self) {
  connections_listed all;
  for (const auto& [id, state] : self->state.connections)
    all.connections.push_back(state);
  for (const auto& [key, route] : self->state.routes)
    if (!route.dialling && route.timer_runs)
      if (auto instance_key = protocol::key32_from_bytes(key.second))
        if (auto peer = self->state.context->directory->peer(key.first, *instance_key); peer && !peer->urls.empty())
          all.connections.push_back(
              {0, key.first, peer->urls.front(), "chum", "waiting", peer->person.hex(), "failures in a row: " + std::to_string(route.failures)});
  return all;
}

} // namespace

connection_manager_actor::behavior_type connection_manager(self_pointer self, std::shared_ptr<const connection_context> context) {
  self->state.context = std::move(context);
  for (const auto& user : self->state.context->directory->users())
    look_at_routes(self, user); // after a death
  return {
      [self](const look_at_user& request) {
        look_at_routes(self, request.user);
        admit_waiting(self, request.user);
      },
      [self](const close_identity& request) { close_user(self, request.user); },
      [self](const pair_with& request) { return pair(self, request); },
      [self](list_connections) { return list_all(self); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{{"connections", st.connections.size()}, {"chum", st.chum.size()}, {"ended", st.ended}}.dump()};
      },
      [self](const admit_peer& question) { return admit(self, question); },
      [self](connection_progress& progress) { self->state.connections[progress.state.id] = std::move(progress.state); },
      [self](const pairing_finished& finished) {
        if (auto waiting = self->state.pairings.extract(finished.pipe.address()))
          waiting.mapped().deliver(paired_with{finished.person, finished.instance});
      },
      [self](const connection_ended& gone) { end(self, gone); },
      [self](const dial_due& due) { dial_peer(self, due); },
      [self](const admission_due& due) {
        if (auto waiting = self->state.admissions.extract(due.connection))
          waiting.mapped().promise.deliver(to_caf(refusal(why::unknown_peer)));
      },
  };
}

} // namespace lama::actors
