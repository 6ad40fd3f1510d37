#include "actors/ui_gateway/calls.hpp"

#include "actors/connection_manager/connection_manager.hpp"

#include <utility>

namespace lama::actors::channels {

namespace {

supervisor_actor supervisor_of(gateway_pointer self) {
  return self->state.context->members->find<supervisor_actor>("supervisor");
}

bool is_expected(errc code) {
  return code == errc::wrong_secret || code == errc::not_found || code == errc::conflict || code == errc::bad_input || code == errc::offline ||
         code == errc::corrupt;
}

/// What a person may see of it: whether name or password was wrong is told to nobody.
json refusal_of(const lama::error& failure) {
  auto hidden = failure.code == errc::wrong_secret || failure.code == errc::not_found;
  return {{"success", false},
          {"error", hidden ? "The user name or the password is wrong." : failure.message},
          {"reason", hidden ? to_string(errc::wrong_secret) : to_string(failure.code)}};
}

/// The user is in; who asks next must find the identity where calls look it up. The instance has told the connection manager before it
/// answered, so a question to that one comes after.
void welcome(gateway_pointer self, const call_scope& x, const user_state& state) {
  if (x.who.socket != 0)
    self->state.door->bind(x.who.socket, state.user);
  else if (!x.who.session.empty())
    self->state.door->sessions().bind(x.who.session, state.user);
  auto finish = [self, x, state] {
    if (!self->state.door->sockets_of(state.user).empty())
      watch_user(self, state.user);
    take_up_queue(self, state.user);
    x.done({{"success", true}, {"instanceId", state.instance.hex()}, {"ownerId", state.person.hex()}, {"publicPersonId", state.public_person.hex()}});
  };
  auto manager = self->state.context->members->find<connection_manager_actor>("connection-manager");
  if (!manager)
    return finish();
  self->request(manager, self->state.deadline(), list_connections{})
      .then([finish](const connections_listed&) { finish(); }, [finish](const caf::error&) { finish(); });
}

/// Passwords are guessed, and each try costs scrypt: few a minute.
bool may_try(gateway_pointer self, const call_scope& x) {
  auto wait = self->state.logins->count(x.who.address, self->clock().now());
  if (!wait)
    return true;
  x.answer({lama::fail(errc::overloaded, "Too many attempts to log in; wait " + std::to_string(wait->count() / 1000 + 1) + " s.",
                       std::string{protocol::jsonrpc::detail_rate_limited}),
            json{{"retryAfterMs", wait->count()}}});
  return false;
}

template <class Question>
void ask_supervisor(gateway_pointer self, const call_scope& x, Question question) {
  // Registering waits for the archive, which has its own deadline.
  self->request(supervisor_of(self), 2 * self->state.deadline(), std::move(question))
      .then([self, x](const user_state& state) { welcome(self, x, state); },
            [x](const caf::error& problem) {
              auto failure = from_caf(problem);
              if (is_expected(failure.code))
                x.done(refusal_of(failure));
              else
                x.fail(std::move(failure));
            });
}

} // namespace

void init(gateway_pointer, const call_scope& x) {
  x.done(true);
}

namespace {

void answer_instance(const call_scope& x, const user_context& user) {
  x.done({{"instanceId", user.me.instance.hex()}, {"ownerId", user.me.person.hex()}});
}

} // namespace

void create_instance(gateway_pointer self, const call_scope& x) {
  auto user = user_of(self, x.who);
  if (user)
    return answer_instance(x, **user);
  LAMA_PARAMETER(password, optional_text(x, "password"));
  if (user.failure().code != errc::locked || password.empty())
    return x.fail(user.failure());
  if (!may_try(self, x))
    return;
  self->request(supervisor_of(self), self->state.deadline(), lama::actors::list_users{})
      .then(
          [self, x, given = std::move(password)](const users_listed& all) {
            if (all.users.size() != 1)
              return x.fail(lama::fail(errc::not_found, "There is no single user here; use one-core:register or one-core:login."));
            auto as_login = x;
            as_login.answer = [self, x](call_outcome outcome) {
              if (!outcome.content)
                return x.answer(std::move(outcome));
              if (!outcome.content->value("success", false))
                return x.fail(lama::fail(errc::forbidden, outcome.content->value("error", std::string{"The login was refused."})));
              x.done({{"instanceId", (*outcome.content)["instanceId"]}, {"ownerId", (*outcome.content)["ownerId"]}});
            };
            ask_supervisor(self, as_login, login_user{all.users.front().user, given});
          },
          x.failed());
}

void sign_up(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "username"));
  LAMA_PARAMETER(password, text_parameter(x, "password"));
  LAMA_PARAMETER(email, optional_text(x, "email"));
  if (may_try(self, x))
    ask_supervisor(self, x, register_user{std::move(name), std::move(password), std::move(email)});
}

void log_in(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "username"));
  LAMA_PARAMETER(password, text_parameter(x, "password"));
  if (may_try(self, x))
    ask_supervisor(self, x, login_user{std::move(name), std::move(password)});
}

void log_out(gateway_pointer self, const call_scope& x) {
  auto user = user_of(self, x.who);
  if (!user && user.failure().code == errc::locked)
    return x.done({{"success", true}});
  if (!user)
    return x.fail(user.failure());
  auto name = (*user)->user;
  self->state.door->unbind(name);
  stop_watching(self, name);
  self->request(supervisor_of(self), self->state.deadline(), logout_user{name}).then([x](ok) { x.done({{"success", true}}); }, x.failed());
}

namespace {

/// The other side needs the true reason; people do not get it.
void refuse_reset(const call_scope& x, const lama::error& failure) {
  if (!is_expected(failure.code))
    return x.fail(failure);
  auto refused = refusal_of(failure);
  if (x.who.forwarded)
    refused["reason"] = to_string(failure.code);
  x.done(std::move(refused));
}

void reset_here(gateway_pointer self, const call_scope& x, const reset_user& request) {
  self->request(supervisor_of(self), 2 * self->state.deadline(), request)
      .then(
          [self, x, user = request.user](ok) {
            // Nothing of the old user may meet a new one of that name.
            self->state.door->unbind(user);
            stop_watching(self, user);
            self->state.queues.erase(user);
            x.done({{"success", true}});
          },
          [x](const caf::error& problem) { refuse_reset(x, from_caf(problem)); });
}

/// The archive first: while this side is there, the call can be repeated. One that has the user no more is done.
void reset_archive_then_here(gateway_pointer self, const call_scope& x, const reset_user& request) {
  auto question = x;
  question.user = nullptr;
  question.who.user = request.user;
  question.parameters = std::make_shared<const json>(json{{"username", request.user}, {"password", request.password}});
  question.answer = [self, x, request](call_outcome outcome) {
    if (!outcome.content)
      return x.answer(std::move(outcome));
    auto reason = outcome.content->value("reason", std::string{});
    if (outcome.content->value("success", false) || reason == to_string(errc::not_found))
      return reset_here(self, x, request);
    x.done({{"success", false}, {"error", "The archive: " + outcome.content->value("error", std::string{"refused"})}, {"reason", reason}});
  };
  ask_archive(self, question);
}

} // namespace

void reset(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, optional_text(x, "username"));
  LAMA_PARAMETER(password, text_parameter(x, "password"));
  if (name.empty()) {
    LAMA_PARAMETER(user, user_of(self, x.who));
    name = user->user;
  }
  if (!may_try(self, x))
    return;
  reset_user request{std::move(name), std::move(password), false};
  const auto& both = x["archive"];
  if (self->state.is_archive() || !both.is_boolean() || !both.get<bool>())
    return reset_here(self, x, request);
  auto check = request;
  check.only_check = true; // before anything is asked of the archive
  self->request(supervisor_of(self), 2 * self->state.deadline(), check)
      .then([self, x, request](ok) { reset_archive_then_here(self, x, request); }, [x](const caf::error& problem) { refuse_reset(x, from_caf(problem)); });
}

void instance_of(gateway_pointer self, const call_scope& x) {
  auto user = user_of(self, x.who);
  if (!user && user.failure().code == errc::locked)
    return x.done(nullptr);
  if (!user)
    return x.fail(user.failure());
  const auto& me = (*user)->me;
  x.done({{"instanceId", me.instance.hex()},
          {"ownerId", me.person.hex()},
          {"publicKey", to_hex(protocol::view(me.instance_public.encryption))},
          {"username", (*user)->user},
          {"publicPersonId", (*user)->public_person().hex()}});
}

void list_users(gateway_pointer self, const call_scope& x) {
  self->request(supervisor_of(self), self->state.deadline(), lama::actors::list_users{})
      .then(
          [x](const users_listed& all) {
            auto users = json::array();
            for (const auto& user : all.users)
              users.push_back({{"username", user.user}, {"unlocked", user.unlocked}});
            x.done({{"users", std::move(users)}});
          },
          x.failed());
}

} // namespace lama::actors::channels
