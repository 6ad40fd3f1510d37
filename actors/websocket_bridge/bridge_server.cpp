#include "actors/websocket_bridge/bridge_server.hpp"

#include "actors/common/errors.hpp"
#include "actors/scrubber/scrubber.hpp"
#include "actors/ui_gateway/interface.hpp"
#include "actors/websocket_bridge/messages.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = bridge_server_actor::stateful_pointer<bridge_server_state>;
namespace ipc = protocol::ipc;

/// Where an answer goes: to the connection on which the request came last.
void send_answer(self_pointer self, const ipc::envelope& request, std::string bytes) {
  auto& st = self->state;
  // Whoever asked may have reconnected meanwhile: all pipes lead to the same node, or to one that drops what it did not ask.
  for (auto& [connection, pipe] : st.pipes)
    self->send(pipe, send_on_connection{false, bytes});
  st.log_answer(request.request, std::move(bytes));
}

template <class Wire>
void answer(self_pointer self, const ipc::envelope& request, const Wire& content) {
  auto head = request;
  head.kind = ipc::message_kind::answer;
  send_answer(self, request, ipc::pack(head, content));
}

void refuse(self_pointer self, const ipc::envelope& request, const lama::error& failure) {
  auto head = request;
  head.kind = ipc::message_kind::failure;
  send_answer(self, request, ipc::pack(head, ipc::refusal{failure.code, failure.message, failure.detail}));
}

/// Asks `whom` and sends what comes, converted by `to_wire`; without payload in `request` from here on.
template <class Handle, class Message, class Convert>
void relay(self_pointer self, ipc::envelope request, const Handle& whom, Message message, Convert to_wire) {
  request.payload.clear();
  if (!whom)
    return refuse(self, request, fail(errc::locked, "this user is not logged in on the archive"));
  auto deadline = self->state.context->environment->settings.times.request_deadline;
  using answer_type = typename Convert::answer_type;
  self->request(whom, deadline, std::move(message))
      .then([=](answer_type& x) { answer(self, request, to_wire.convert(std::move(x))); },
            [=](const caf::error& failure) { refuse(self, request, from_caf(failure)); });
}

struct provisioned_to_wire {
  using answer_type = user_provisioned;
  bridge::provision_answer convert(user_provisioned x) const {
    return bridge::to_wire(x);
  }
};
struct ok_to_wire {
  using answer_type = ok;
  bridge::empty_answer convert(ok) const {
    return {};
  }
};
struct call_to_wire {
  using answer_type = call_answered;
  bridge::call_answer convert(call_answered x) const {
    return {x.failed, std::move(x.json)};
  }
};
struct imported_to_wire {
  using answer_type = lines_imported;
  bridge::import_answer convert(lines_imported x) const {
    return bridge::to_wire(std::move(x));
  }
};

struct figures_to_wire {
  using answer_type = sync_figures;
  bridge::figures_answer convert(const sync_figures& x) const {
    return bridge::to_wire(x);
  }
};

struct given_back_to_wire {
  using answer_type = given_back;
  bridge::give_back_answer convert(given_back x) const {
    return {std::move(x.contents)};
  }
};

template <class Wire, class Use>
void decode_and(self_pointer self, const ipc::envelope& request, Use use) {
  if (auto decoded = ipc::decode<Wire>(request.payload))
    use(std::move(*decoded));
  else
    refuse(self, request, decoded.failure());
}

void serve(self_pointer self, const ipc::envelope& request) {
  auto& members = *self->state.context->members;
  switch (static_cast<bridge::message_id>(request.message)) {
  case bridge::message_id::provision:
    return decode_and<bridge::provision_request>(self, request, [&](bridge::provision_request x) {
      relay(self, request, members.find<supervisor_actor>("supervisor"), bridge::from_wire(std::move(x)), provisioned_to_wire{});
    });
  case bridge::message_id::logout:
    return decode_and<bridge::logout_request>(self, request, [&](bridge::logout_request x) {
      relay(self, request, members.find<supervisor_actor>("supervisor"), logout_user{std::move(x.user)}, ok_to_wire{});
    });
  case bridge::message_id::call:
    return decode_and<bridge::call_request>(self, request, [&](bridge::call_request x) {
      relay(self, request, members.find<call_server_actor>("ui-gateway"), forward_call{std::move(x.user), std::move(x.method), std::move(x.params)},
            call_to_wire{});
    });
  case bridge::message_id::import:
    return decode_and<bridge::import_request>(self, request, [&](bridge::import_request x) {
      auto forwarded = bridge::from_wire(std::move(x));
      relay(self, request, members.find<conversations_actor>("conversations/" + forwarded.user), std::move(forwarded.lines), imported_to_wire{});
    });
  case bridge::message_id::figures:
    return decode_and<bridge::figures_request>(self, request, [&](const bridge::figures_request& x) {
      relay(self, request, members.find<sync_figures_actor>("sync-figures/" + x.user), get_sync_figures{}, figures_to_wire{});
    });
  case bridge::message_id::give_back:
    return decode_and<bridge::give_back_request>(self, request, [&](bridge::give_back_request x) {
      relay(self, request, members.find<scrubber_actor>("scrubber/" + x.user), give_back{std::move(x.names)}, given_back_to_wire{});
    });
  case bridge::message_id::ping:
    return answer(self, request, bridge::empty_answer{});
  }
  refuse(self, request, fail(errc::unsupported, "the archive does not know message " + std::to_string(request.message) + "; it may be older than this side"));
}

void take(self_pointer self, const connection_message& message) {
  auto& st = self->state;
  auto request = ipc::decode_envelope(message.bytes);
  if (!request || request->kind != ipc::message_kind::request) {
    if (auto pipe = st.pipes.find(message.connection); pipe != st.pipes.end())
      self->send(pipe->second, close_connection{"the bridge understands requests only"});
    return;
  }
  if (auto known = st.answers.find(request->request); known != st.answers.end()) {
    ++st.repeats; // a repeat after a reconnect: what it changed is changed
    if (auto pipe = st.pipes.find(message.connection); pipe != st.pipes.end() && !known->second.empty())
      self->send(pipe->second, send_on_connection{false, known->second});
    return;
  }
  ++st.requests;
  st.answers.emplace(request->request, std::string{});
  serve(self, *request);
}

} // namespace

void bridge_server_state::log_answer(uint64_t request, std::string bytes) {
  answer_bytes += bytes.size();
  answers[request] = std::move(bytes);
  answered.push_back(request);
  while (answered.size() > most_logged_answers || answer_bytes > most_logged_bytes) {
    auto oldest = answers.find(answered.front());
    answer_bytes -= oldest->second.size();
    answers.erase(oldest);
    answered.pop_front();
  }
}

bridge_server_actor::behavior_type bridge_server(self_pointer self, std::shared_ptr<const connection_context> context) {
  self->state.context = std::move(context);
  return {
      [self](bridge_attached& attached) { self->state.pipes[attached.connection] = std::move(attached.pipe); },
      [self](const connection_message& message) {
        take(self, message);
        self->state.context->environment->network->grant(message.connection, message.credits);
      },
      [self](const connection_lost& lost) { self->state.pipes.erase(lost.connection); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{{"connected", !st.pipes.empty()}, {"requests", st.requests}, {"repeats", st.repeats}}.dump()};
      },
  };
}

} // namespace lama::actors
