#include "actors/supervision/supervisor.hpp"

#include "actors/common/errors.hpp"
#include "actors/connection_manager/connection_manager.hpp"
#include "actors/instance/archive_instance.hpp"
#include "actors/instance/sparse_instance.hpp"
#include "actors/keychain/keychain.hpp"
#include "actors/websocket_bridge/bridge_client.hpp"
#include "actors/websocket_bridge/bridge_server.hpp"
#include "protocol/models/instance.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = supervisor_root::stateful_pointer<supervisor_state>;

const node_environment& environment_of(self_pointer self) {
  return *self->state.context->environment;
}

bool is_archive(self_pointer self) {
  return environment_of(self).settings.which == side::archive;
}

std::string instance_role(const std::string& user) {
  return "instance/" + user;
}

/// Of an unlocked user. One that died and is due to come back comes back now: a second one beside it would hold the same roles.
instance_actor instance_of(self_pointer self, const std::string& user) {
  auto& st = self->state;
  auto& members = *st.context->members;
  auto family = st.users.find(user);
  if (family != st.users.end())
    family->second.restart(self, members, instance_role(user));
  return members.find<instance_actor>(instance_role(user));
}

void start_node_actors(self_pointer self, const children::starter& start_gateway) {
  auto& st = self->state;
  auto& members = *st.context->members;
  auto context = st.context;
  st.family.start(self, members, "keychain", [self, context] {
    auto made = context->environment->where == placement::production ? self->system().spawn<caf::detached>(keychain, context->environment)
                                                                     : self->system().spawn(keychain, context->environment);
    return caf::actor_cast<caf::actor>(made);
  });
  st.family.start(self, members, "connection-manager",
                  [self, context] { return caf::actor_cast<caf::actor>(self->system().spawn(connection_manager, context)); });
  st.family.start(self, members, "bridge", [self, context] {
    return is_archive(self) ? caf::actor_cast<caf::actor>(self->system().spawn(bridge_server, context))
                            : caf::actor_cast<caf::actor>(self->system().spawn(bridge_client, context));
  });
  if (start_gateway)
    st.family.start(self, members, "ui-gateway", start_gateway);
}

user_context_ptr context_of(self_pointer self, const std::string& user, const opened_user& opened) {
  auto x = std::make_shared<user_context>();
  x->user = user;
  x->environment = self->state.context->environment;
  x->members = self->state.context->members;
  x->store = opened.store;
  x->commits = std::make_shared<commit_listeners>();
  x->keys = opened.keys;
  x->me = opened.me;
  x->partner = opened.partner;
  x->directory = self->state.context->directory;
  return x;
}

/// The instance and its supervision; what was handed in stays the same over its restarts.
instance_actor start_instance(self_pointer self, const std::string& user, std::shared_ptr<opened_user> opened, std::string password, std::string email) {
  auto& st = self->state;
  auto context = context_of(self, user, *opened);
  auto once = std::make_shared<login_password>(std::move(password));
  st.users[user].start(self, *st.context->members, instance_role(user), [self, context, opened, once, email] {
    if (is_archive(self))
      return caf::actor_cast<caf::actor>(self->system().spawn(archive_instance, self->state.context->credentials, context));
    return caf::actor_cast<caf::actor>(self->system().spawn(sparse_instance, context, once, opened->unlock_secret, email));
  });
  environment_of(self).log(log_info, supervisor_state::name, user + " is unlocked" + (opened->created ? " (new user)" : ""));
  return instance_of(self, user);
}

template <class Answer>
auto pass_on(caf::typed_response_promise<Answer> promise) {
  return [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); };
}

/// Asks the keychain to open (or make) the user, starts the instance, then goes on with it.
template <class Answer, class Then>
void open_and(self_pointer self, open_user request, caf::typed_response_promise<Answer> promise, Then then) {
  auto& st = self->state;
  auto user = request.user;
  auto password = request.password;
  auto email = request.email;
  if (environment_of(self).settings.which == side::sparse)
    request.email.clear(); // the wish is for the public person: the archive's
  self->request(st.context->members->find<keychain_actor>("keychain"), environment_of(self).settings.times.request_deadline, std::move(request))
      .then(
          [=](user_opened& opened) mutable {
            if (auto running = instance_of(self, user))
              then(running); // a second login was faster
            else
              then(start_instance(self, user, std::move(opened.what), password, email));
          },
          pass_on(promise));
}

template <class Answer, class Question>
void relay(self_pointer self, instance_actor instance, Question question, caf::typed_response_promise<Answer> promise) {
  self->request(instance, environment_of(self).settings.times.request_deadline, std::move(question))
      .then([promise](Answer& answer) mutable { promise.deliver(std::move(answer)); }, pass_on(promise));
}

lama::error bad_user_name(const std::string& name) {
  return fail(errc::bad_input, "'" + name.substr(0, 80) + "' is no user name: 1 to 64 of a-z 0-9 . _ -, not beginning with a dot");
}

/// How long a registration waits for the archive, and how often it looks.
constexpr auto bridge_patience = std::chrono::milliseconds{5'000};
constexpr auto bridge_look = std::chrono::milliseconds{50};

void when_bridged(self_pointer self, std::chrono::milliseconds patience, std::function<void()> then, std::function<void(const bridge_state&)> give_up) {
  auto again = [self, patience, then, give_up](const bridge_state& bridge) {
    if (bridge.connected)
      return then();
    if (patience <= bridge_look)
      return give_up(bridge);
    self->delayed_send(self, bridge_look, look_again{[=] { when_bridged(self, patience - bridge_look, then, give_up); }});
  };
  self->request(self->state.context->members->find<bridge_client_actor>("bridge"), environment_of(self).settings.times.request_deadline, get_bridge_state{})
      .then(again, [again](const caf::error& failure) {
        again({false, {}, from_caf(failure).message});
      });
}

caf::result<user_state> register_new(self_pointer self, register_user& request) {
  if (!is_user_name(request.user))
    return to_caf(bad_user_name(request.user));
  if (instance_of(self, request.user))
    return to_caf(fail(errc::conflict, "the user '" + request.user + "' exists already; log in instead"));
  auto promise = self->make_response_promise<user_state>();
  // A folder alone is no user: the crash of an earlier try may have left it.
  open_user question{request.user, request.password, {}, true, request.email, {}, true};
  if (is_archive(self))
    question.url = self->state.context->credentials->archive_url();
  auto open = [self, question, promise]() mutable {
    open_and(self, std::move(question), promise, [self, promise](instance_actor instance) {
      if (is_archive(self))
        relay(self, instance, get_user_state{}, promise);
      else
        relay(self, instance, await_partner{}, promise);
    });
  };
  if (is_archive(self)) {
    open();
    return promise;
  }
  // Nothing is made here before the archive is there to make its half. Right after a start it may take a moment.
  when_bridged(self, bridge_patience, std::move(open), [promise](const bridge_state& bridge) mutable {
    promise.deliver(
        to_caf(fail(errc::offline, "the archive at " + bridge.url + " is not connected" + (bridge.last_error.empty() ? "" : " (" + bridge.last_error + ")") +
                                       "; start it (lama archive), then register again")));
  });
  return promise;
}

caf::result<user_state> log_in(self_pointer self, login_user& request) {
  if (!is_user_name(request.user))
    return to_caf(bad_user_name(request.user));
  auto promise = self->make_response_promise<user_state>();
  open_and(self, open_user{request.user, std::move(request.password), {}, false, {}, {}}, promise,
           [self, promise](instance_actor instance) { relay(self, instance, get_user_state{}, promise); });
  return promise;
}

/// A user's store is open once only: who is logged in already has just the password checked.
caf::result<user_state> check_and_answer(self_pointer self, instance_actor instance, login_user& request) {
  auto promise = self->make_response_promise<user_state>();
  self->request(instance, environment_of(self).settings.times.request_deadline, verify_password{std::move(request.password)})
      .then([self, instance, promise](ok) { relay(self, instance, get_user_state{}, promise); }, pass_on(promise));
  return promise;
}

caf::result<user_provisioned> provision(self_pointer self, provision_user& request) {
  if (!is_archive(self))
    return to_caf(fail(errc::unsupported, "only the archive provisions"));
  if (!is_user_name(request.user))
    return to_caf(bad_user_name(request.user));
  auto promise = self->make_response_promise<user_provisioned>();
  if (auto running = instance_of(self, request.user)) {
    relay(self, running, std::move(request), promise);
    return promise;
  }
  open_user question{
      request.user, request.password, request.unlock_secret, !request.password.empty(), request.email, self->state.context->credentials->archive_url()};
  open_and(self, std::move(question), promise,
           [self, promise, request = std::move(request)](instance_actor instance) { relay(self, instance, request, promise); });
  return promise;
}

void log_out(self_pointer self, const std::string& user) {
  auto& st = self->state;
  if (auto found = st.users.find(user); found != st.users.end()) {
    st.context->directory->close(user);
    self->send(st.context->members->find<connection_manager_actor>("connection-manager"), close_identity{user});
    found->second.stop_all(self, *st.context->members);
    st.users.erase(found);
    environment_of(self).log(log_info, supervisor_state::name, user + " is logged out");
  }
}

/// Actors let go of a store soon after a logout; a job that reads it, when it is done.
constexpr auto release_patience = std::chrono::milliseconds{10'000};
constexpr auto release_look = std::chrono::milliseconds{50};

void reset_soon(self_pointer self, const reset_user& request, std::chrono::milliseconds patience, caf::typed_response_promise<ok> promise);

/// Nobody is logged in; asks again until the store is let go of.
void erase_soon(self_pointer self, const reset_user& request, std::chrono::milliseconds patience, caf::typed_response_promise<ok> promise) {
  self->request(self->state.context->members->find<keychain_actor>("keychain"), environment_of(self).settings.times.request_deadline,
                erase_user{request.user, request.password, request.only_check})
      .then(
          [self, request, promise](ok x) mutable {
            if (!request.only_check)
              environment_of(self).log(log_info, supervisor_state::name, "the data of " + request.user + " on this side is deleted");
            promise.deliver(x);
          },
          [self, request, patience, promise](const caf::error& problem) mutable {
            auto failure = from_caf(problem);
            if (failure.code != errc::locked)
              promise.deliver(to_caf(failure));
            else if (patience <= release_look)
              promise.deliver(to_caf(fail(errc::conflict, "Something still reads the user's store (a backup, a verification, a login); nothing was deleted. "
                                                          "Try again when it is done.")));
            else
              self->delayed_send(self, release_look,
                                 look_again{[self, request, patience, promise] { reset_soon(self, request, patience - release_look, promise); }});
          });
}

/// Logs the user out first, also one whose login was under way when it was asked for.
void reset_soon(self_pointer self, const reset_user& request, std::chrono::milliseconds patience, caf::typed_response_promise<ok> promise) {
  auto running = instance_of(self, request.user);
  if (!running)
    return erase_soon(self, request, patience, promise);
  // Whoever has not the password must not even log the user out.
  self->request(running, environment_of(self).settings.times.request_deadline, verify_password{request.password})
      .then(
          [self, request, patience, promise](ok x) mutable {
            if (request.only_check) {
              promise.deliver(x);
              return;
            }
            log_out(self, request.user);
            erase_soon(self, request, patience, promise);
          },
          pass_on(promise));
}

caf::result<ok> reset(self_pointer self, const reset_user& request) {
  if (!is_user_name(request.user))
    return to_caf(bad_user_name(request.user));
  auto promise = self->make_response_promise<ok>();
  reset_soon(self, request, release_patience, promise);
  return promise;
}

users_listed list_all(self_pointer self) {
  users_listed all;
  for (const auto& user : environment_of(self).files->folders(to_string(environment_of(self).settings.which))) {
    if (!is_user_name(user))
      continue; // what a restore works in, what a reset left
    user_state entry;
    entry.user = user;
    entry.unlocked = self->state.users.contains(user);
    all.users.push_back(std::move(entry));
  }
  return all;
}

void look_after(self_pointer self) {
  self->set_exit_handler([self](caf::exit_msg& gone) {
    auto& st = self->state;
    const auto& times = environment_of(self).settings.times;
    auto loss = st.family.lost(gone.source, *st.context->members, self->clock().now(), times);
    for (auto user = st.users.begin(); loss.what == children::verdict::not_a_child && user != st.users.end(); ++user)
      loss = user->second.lost(gone.source, *st.context->members, self->clock().now(), times);
    if (loss.what == children::verdict::restart) {
      environment_of(self).log(log_warning, supervisor_state::name, loss.role + " died (" + caf::to_string(gone.reason) + "), starting it again");
      self->delayed_send(self, loss.delay, restart_child{loss.role});
      return;
    }
    for (auto& [user, family] : st.users)
      family.stop_all(self, *st.context->members);
    st.family.stop_all(self, *st.context->members);
    self->quit(gone.reason);
  });
}

} // namespace

bool is_user_name(std::string_view name) {
  return models::is_username(name);
}

supervisor_root::behavior_type supervisor(self_pointer self, std::shared_ptr<const connection_context> context, children::starter start_gateway) {
  self->state.context = std::move(context);
  self->state.context->members->enlist("supervisor", self);
  look_after(self);
  start_node_actors(self, start_gateway);
  return {
      [self](register_user& request) { return register_new(self, request); },
      [self](login_user& request) -> caf::result<user_state> {
        if (auto running = instance_of(self, request.user))
          return check_and_answer(self, running, request);
        return log_in(self, request);
      },
      [self](const logout_user& request) {
        log_out(self, request.user);
        return ok{};
      },
      [self](const reset_user& request) { return reset(self, request); },
      [self](list_users) { return list_all(self); },
      [self](provision_user& request) { return provision(self, request); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{
            nlohmann::json{{"side", to_string(environment_of(self).settings.which)}, {"users", st.users.size()}, {"restarts", st.family.restarts()}}.dump()};
      },
      [](const look_again& due) { due.look(); },
      [self](const restart_child& due) {
        auto& st = self->state;
        st.family.restart(self, *st.context->members, due.role);
        for (auto& [user, family] : st.users)
          family.restart(self, *st.context->members, due.role);
      },
  };
}

} // namespace lama::actors
