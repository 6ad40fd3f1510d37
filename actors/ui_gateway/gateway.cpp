#include "actors/ui_gateway/gateway.hpp"

#include "actors/ui_gateway/calls.hpp"

#include <utility>

namespace lama::actors {

namespace {

namespace jsonrpc = protocol::jsonrpc;

/// One message whose calls wait for their answers; the last answer sends it.
struct running_exchange {
  explicit running_exchange(std::string_view text) : rpc{text} {
    // nop
  }
  jsonrpc::exchange rpc;
  std::function<void(std::optional<std::string>)> finish;
};

/// What happened is logged under an id; the caller learns the id alone.
std::string log_failure(gateway_pointer self, const std::string& what, const lama::error& failure) {
  const auto& environment = *self->state.context->environment;
  auto id = to_hex(environment.random().bytes(6));
  environment.log(log_error, gateway_state::name,
                  "[" + id + "] " + what + ": " + failure.message + (failure.detail.empty() ? "" : " (" + failure.detail + ")"));
  return id;
}

struct told_error {
  jsonrpc::code number;
  std::string message;
  json data;
};

told_error tell(gateway_pointer self, const std::string& what, call_outcome& outcome) {
  auto& failure = outcome.content.failure();
  auto number = outcome.number.value_or(jsonrpc::code_for(failure));
  if (number == jsonrpc::code::internal && outcome.data.is_null())
    return {number, "Something failed inside the node; its log says more under this id.", {{"logId", log_failure(self, what, failure)}}};
  if (number == jsonrpc::code::invalid_params && outcome.data.is_null())
    return {
        number, failure.message, {{"path", failure.detail.starts_with("/") && failure.detail.size() > 1 ? failure.detail : ""}, {"reason", failure.message}}};
  if (outcome.data.is_null() && !failure.detail.empty())
    outcome.data = {{"detail", failure.detail}};
  return {number, failure.message, std::move(outcome.data)};
}

/// Whose turn a call takes: a websocket's, or all requests' from one address.
std::string client_of(net::connection_id socket, const std::string& address) {
  return socket != 0 ? '#' + std::to_string(socket) : address;
}

/// The next turn stands behind what has arrived: who has just come is in the line by then.
void go_on(gateway_pointer self) {
  auto& st = self->state;
  if (st.turns.can_go_on() && !std::exchange(st.turn_is_due, true))
    self->send(self, take_turn{});
}

/// A message's calls: each takes a turn, and ends it with its answer.
struct message_run {
  std::string client;
  std::string text;
  std::function<caller()> who; ///< asked when its turn has come: a login before it has ended by then
  std::function<void(std::optional<std::string>)> finish;
};

void run_call(gateway_pointer self, const std::shared_ptr<running_exchange>& exchange, std::size_t i, const message_run& x,
              const std::shared_ptr<std::size_t>& open) {
  const auto& call = exchange->rpc.calls()[i];
  call_scope scope{call.method, std::make_shared<const json>(call.params), x.who(), nullptr, {}};
  scope.answer = [self, exchange, i, open, client = x.client, method = call.method](call_outcome outcome) {
    if (outcome.content) {
      exchange->rpc.answer(i, *outcome.content);
    } else {
      ++self->state.failures;
      auto told = tell(self, method, outcome);
      exchange->rpc.refuse(i, told.number, told.message, told.data);
    }
    if (--*open == 0)
      exchange->finish(exchange->rpc.take());
    self->state.turns.ended(client);
    go_on(self);
  };
  dispatch(self, std::move(scope));
}

/// In its turn a message is taken apart; its first call goes at once, the others before what its client has piled up.
void begin(gateway_pointer self, const std::shared_ptr<message_run>& x) {
  auto exchange = std::make_shared<running_exchange>(x->text);
  x->text = {};
  exchange->finish = [self, x](std::optional<std::string> answer) {
    self->state.turns.charge(x->client, answer ? answer->size() / turn_bytes : 0);
    x->finish(std::move(answer));
  };
  if (exchange->rpc.calls().empty()) {
    exchange->finish(exchange->rpc.take());
    return self->state.turns.ended(x->client);
  }
  // Notifications are carried out too, and not answered: the last call of all, answered or not, ends the exchange.
  auto open = std::make_shared<std::size_t>(exchange->rpc.calls().size());
  for (auto i = *open - 1; i > 0; --i)
    self->state.turns.add_first(x->client, [self, exchange, i, x, open] { run_call(self, exchange, i, *x, open); });
  run_call(self, exchange, 0, *x, open);
}

void run(gateway_pointer self, message_run what) {
  auto x = std::make_shared<message_run>(std::move(what));
  if (!self->state.turns.add(x->client, x->text.size(), [self, x] { begin(self, x); }))
    return x->finish(jsonrpc::write_error(nullptr, jsonrpc::code::overloaded, "Too much waits for its turn here; try again in a moment."));
  go_on(self);
}

void take_next(gateway_pointer self) {
  auto& st = self->state;
  st.turn_is_due = false;
  if (auto piece = st.turns.next())
    (*piece)();
  go_on(self);
}

void answer_post(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  if (what->request.content_type != "application/json") {
    net::http_response refused;
    refused.status = 415;
    refused.body = R"({"error":"POST /rpc takes application/json."})";
    return what->respond(std::move(refused));
  }
  auto who = caller_of(*what);
  auto client = client_of(0, who.address);
  run(self, {std::move(client), std::move(what->request.body), [who = std::move(who)] { return who; },
             [respond = what->respond](std::optional<std::string> answer) {
               net::http_response x;
               if (answer)
                 x.body = std::move(*answer);
               else
                 x.status = 204;
               respond(std::move(x));
             }});
}

void answer_health(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  walk_node(self, [self, respond = what->respond](const json& walked) {
    net::http_response x;
    x.body = json{{"status", walked["status"]}, {"side", walked["side"]}, {"version", walked["version"]}, {"uptimeMs", walked["uptimeMs"]}}.dump();
    respond(std::move(x));
  });
}

void answer_metrics(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  walk_node(self, [self, respond = what->respond](const json& walked) {
    net::http_response x;
    x.content_type = "text/plain; version=0.0.4; charset=utf-8";
    x.body = self->state.metrics.text(walked);
    respond(std::move(x));
  });
}

void take_request(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  switch (what->request.route) {
  case net::http_route::rpc:
    return answer_post(self, what);
  case net::http_route::healthz:
    return answer_health(self, what);
  case net::http_route::metrics:
    return answer_metrics(self, what);
  case net::http_route::blob:
    return serve_download(self, what);
  case net::http_route::upload:
    return begin_upload(self, what);
  case net::http_route::session:
  case net::http_route::ipc:
    break; // the door's, and websockets come as `socket_said`
  }
}

void take_frame(gateway_pointer self, socket_said& said) {
  auto who = [self, id = said.socket] {
    auto socket = self->state.door->socket_of(id);
    return caller{socket.user, id, socket.address, false, socket.session};
  };
  run(self, {client_of(said.socket, {}), std::move(said.text), std::move(who), [self, id = said.socket](std::optional<std::string> answer) {
               auto& server = self->state.door->server();
               if (answer)
                 server.send(id, {true, std::move(*answer)});
               server.grant(id, 1); // only now: who does not read gets nothing more read
             }});
}

caf::result<call_answered> answer_bridge(gateway_pointer self, forward_call& request) {
  auto promise = self->make_response_promise<call_answered>();
  auto parameters = jsonrpc::parse_bounded(request.params);
  if (!parameters)
    return to_caf(parameters.failure());
  call_scope x{request.method, std::make_shared<const json>(std::move(*parameters)), caller{request.user, 0, {}, true}, nullptr, {}};
  x.answer = [self, promise, method = request.method](call_outcome outcome) mutable {
    constexpr auto replace = json::error_handler_t::replace;
    if (outcome.content) {
      promise.deliver(call_answered{false, outcome.content->dump(-1, ' ', false, replace)});
      return;
    }
    auto told = tell(self, method, outcome);
    promise.deliver(call_answered{true, json{{"code", told.number}, {"message", told.message}, {"data", told.data}}.dump(-1, ' ', false, replace)});
  };
  dispatch(self, std::move(x));
  return promise;
}

unsigned status_for(const lama::error& failure) {
  switch (failure.code) {
  case errc::bad_input:
    return 400;
  case errc::locked:
    return 409;
  case errc::forbidden:
  case errc::wrong_secret:
    return 403;
  case errc::not_found:
    return 404;
  case errc::conflict:
    return 409;
  case errc::corrupt:
    return 422;
  case errc::too_large:
    return 413;
  case errc::overloaded:
  case errc::no_space:
  case errc::offline:
    return 503;
  case errc::timeout:
    return 504;
  default:
    break;
  }
  return 500;
}

} // namespace

net::http_response http_failure(gateway_pointer self, const lama::error& failure) {
  net::http_response x;
  x.status = status_for(failure);
  auto message = x.status == 500 ? "Something failed inside the node; its log says more under " + log_failure(self, "blob", failure) + '.' : failure.message;
  x.body = json{{"error", message}}.dump(-1, ' ', false, json::error_handler_t::replace);
  return x;
}

ui_gateway_actor::behavior_type ui_gateway(gateway_pointer self, std::shared_ptr<const connection_context> context, std::shared_ptr<gateway_door> door) {
  auto& state = self->state;
  state.context = std::move(context);
  state.door = std::move(door);
  state.logins = std::make_unique<attempts>(state.door->options().login_attempts_a_minute);
  state.rates = std::make_unique<attempts>(calls_a_minute);
  state.started = self->clock().now();
  for (const auto& user : state.door->users())
    watch_user(self, user); // after a death
  for (const auto& user : state.context->directory->users())
    take_up_queue(self, user);
  return {
      [self](forward_call& request) { return answer_bridge(self, request); },
      [self](const http_arrived& arrived) { take_request(self, arrived.what); },
      [self](socket_said& said) { take_frame(self, said); },
      [self](const socket_gone& gone) {
        self->state.turns.forget(client_of(gone.socket, {}));
        rest_watchers(self);
      },
      [self](const upload_piece& piece) { continue_upload(self, piece); },
      [self](const download_wanted& wanted) { read_download(self, wanted); },
      [self](user_news& news) {
        for (auto& x : news.all)
          tell_user(self, news.user, x.method, std::move(x.params));
      },
      [self](take_turn) { take_next(self); },
      [self](look_due) { look_around(self); },
      [self](const watcher_rested& due) { end_rest(self, due); },
      [self](get_status) {
        auto& st = self->state;
        std::size_t queued = 0;
        for (const auto& [user, queue] : st.queues)
          queued += queue.entries().size();
        return status_report{json{
            {"calls", st.calls},
            {"failures", st.failures},
            {"running", st.turns.under_way()},
            {"waiting", st.turns.waiting()},
            {"waitingBytes", st.turns.waiting_bytes()},
            {"sockets", st.door->sockets()},
            {"uploads", st.uploads.size()},
            {"streams", st.streams.size()},
            {"notifications", st.notifications},
            {"queuedCalls", queued},
            {"schemaBreaks",
             st.schema_breaks}}.dump()};
      },
  };
}

} // namespace lama::actors
