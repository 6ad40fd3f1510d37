#include "actors/websocket_bridge/bridge_client.hpp"

#include "actors/common/errors.hpp"
#include "actors/websocket_bridge/messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = bridge_client_end::stateful_pointer<bridge_client_state>;
namespace ipc = protocol::ipc;

void tell_listeners(self_pointer self) {
  for (auto& listener : self->state.listeners)
    self->send(listener, self->state.current());
}

void connect(self_pointer self) {
  auto& st = self->state;
  auto& credentials = *st.context->credentials;
  credentials.look_up_archive();
  connection_plan plan;
  plan.incoming = false;
  plan.url = credentials.archive_url();
  plan.group = "ipc";
  plan.own_key = credentials.node_key().public_key;
  plan.remote_key = credentials.archive_key();
  st.pipe = dial(self->system(), st.context, plan);
  self->monitor(st.pipe);
}

void lose(self_pointer self, const std::string& reason) {
  auto& st = self->state;
  auto was_connected = st.connection != 0;
  st.pipe = nullptr;
  st.connection = 0;
  st.last_error = reason;
  const auto& times = st.context->environment->settings.times;
  auto delay = std::min(times.bridge_last_retry, times.bridge_first_retry * (1u << std::min(st.failures, 10u)));
  ++st.failures;
  self->delayed_send(self, delay, bridge_retry{});
  if (was_connected)
    tell_listeners(self);
}

/// Sends a question, now or as soon as the archive is there; the answer comes to `promise` by its deadline.
template <class Answer, class Wire, class Convert>
caf::result<Answer> ask(self_pointer self, bridge::message_id id, const Wire& question, Convert convert) {
  auto& st = self->state;
  if (st.connection == 0)
    return to_caf(fail(errc::offline, "the archive at " + st.context->credentials->archive_url() + " is not connected" +
                                          (st.last_error.empty() ? "" : " (" + st.last_error + ")") + "; is it running?"));
  if (st.requests.size() >= most_waiting_requests)
    return to_caf(fail(errc::overloaded, "too many questions wait for the archive; try again in a moment"));
  auto promise = self->template make_response_promise<Answer>();
  auto deadline = st.context->environment->settings.times.request_deadline;
  ipc::envelope head;
  head.kind = ipc::message_kind::request;
  head.message = static_cast<uint32_t>(id);
  head.request = ++st.next_request;
  head.deadline_ms = static_cast<uint32_t>(deadline.count());
  auto bytes = ipc::pack(head, question);
  self->send(st.pipe, send_on_connection{false, bytes});
  st.requests.emplace(head.request, bridge_client_state::waiting{std::move(bytes), [promise, convert](result<ipc::envelope> answer) mutable {
                                                                   if (!answer) {
                                                                     promise.deliver(to_caf(answer.failure()));
                                                                     return;
                                                                   }
                                                                   if (auto converted = convert(answer->payload); converted)
                                                                     promise.deliver(std::move(*converted));
                                                                   else
                                                                     promise.deliver(to_caf(converted.failure()));
                                                                 }});
  self->delayed_send(self, deadline, bridge_expire{head.request});
  return promise;
}

void take_answer(self_pointer self, const std::string& bytes) {
  auto& st = self->state;
  auto message = ipc::decode_envelope(bytes);
  if (!message || (message->kind != ipc::message_kind::answer && message->kind != ipc::message_kind::failure)) {
    self->send(st.pipe, close_connection{"the bridge understands answers only"});
    return;
  }
  auto found = st.requests.extract(message->request);
  if (!found)
    return; // it came after its deadline
  if (message->kind == ipc::message_kind::failure) {
    auto refused = ipc::decode<ipc::refusal>(message->payload);
    found.mapped().answer(refused ? fail(refused->code, refused->message, refused->detail) : refused.failure());
  } else {
    found.mapped().answer(std::move(*message));
  }
}

} // namespace

bridge_client_end::behavior_type bridge_client(self_pointer self, std::shared_ptr<const connection_context> context) {
  self->state.context = std::move(context);
  // Numbers of one process must not meet those of its predecessor in the archive's log of answers.
  self->state.next_request = self->state.context->environment->random().below(uint64_t{1} << 48) << 8;
  self->set_down_handler([self](caf::down_msg& down) {
    auto& st = self->state;
    std::erase_if(st.listeners, [&](const bridge_listener& x) { return x.address() == down.source; });
    if (st.pipe && st.pipe.address() == down.source)
      lose(self, st.connection != 0 || st.last_error.empty() ? "the connection's actor died" : st.last_error);
  });
  self->send(self, bridge_retry{});
  return {
      [self](const provision_user& request) -> caf::result<user_provisioned> {
        return ask<user_provisioned>(self, bridge::message_id::provision, bridge::to_wire(request), [](const std::string& payload) -> result<user_provisioned> {
          LAMA_TRY(answer, ipc::decode<bridge::provision_answer>(payload));
          return bridge::from_wire(std::move(answer));
        });
      },
      [self](const logout_user& request) -> caf::result<ok> {
        return ask<ok>(self, bridge::message_id::logout, bridge::logout_request{request.user}, [](const std::string&) -> result<ok> { return ok{}; });
      },
      [self](const forward_call& request) -> caf::result<call_answered> {
        return ask<call_answered>(self, bridge::message_id::call, bridge::call_request{request.user, request.method, request.params},
                                  [](const std::string& payload) -> result<call_answered> {
                                    LAMA_TRY(answer, ipc::decode<bridge::call_answer>(payload));
                                    return call_answered{answer.failed, std::move(answer.json)};
                                  });
      },
      [self](forward_import& request) -> caf::result<lines_imported> {
        return ask<lines_imported>(self, bridge::message_id::import, bridge::to_wire(std::move(request)),
                                   [](const std::string& payload) -> result<lines_imported> {
                                     LAMA_TRY(answer, ipc::decode<bridge::import_answer>(payload));
                                     return bridge::from_wire(std::move(answer));
                                   });
      },
      [self](const forward_figures& request) -> caf::result<sync_figures> {
        return ask<sync_figures>(self, bridge::message_id::figures, bridge::figures_request{request.user},
                                 [](const std::string& payload) -> result<sync_figures> {
                                   LAMA_TRY(answer, ipc::decode<bridge::figures_answer>(payload));
                                   return bridge::from_wire(answer);
                                 });
      },
      [self](const forward_give_back& request) -> caf::result<given_back> {
        return ask<given_back>(self, bridge::message_id::give_back, bridge::give_back_request{request.user, request.names},
                               [](const std::string& payload) -> result<given_back> {
                                 LAMA_TRY(answer, ipc::decode<bridge::give_back_answer>(payload));
                                 return given_back{std::move(answer.contents)};
                               });
      },
      [self](get_bridge_state) { return self->state.current(); },
      [self](watch_bridge& request) {
        self->monitor(request.listener);
        self->send(request.listener, self->state.current());
        self->state.listeners.push_back(std::move(request.listener));
      },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{
            {"connected", st.connection != 0},
            {"url", st.context->credentials->archive_url()},
            {"connects", st.connects},
            {"waiting", st.requests.size()},
            {"lastError",
             st.last_error}}.dump()};
      },
      [self](bridge_attached& attached) {
        auto& st = self->state;
        if (!st.pipe || attached.pipe.address() != st.pipe.address()) {
          self->send(attached.pipe, close_connection{"the bridge has another connection"}); // of one that died while it dialled
          return;
        }
        st.connection = attached.connection;
        st.failures = 0;
        st.last_error.clear();
        ++st.connects;
        for (auto& [number, request] : st.requests)
          self->send(st.pipe, send_on_connection{false, request.bytes});
        tell_listeners(self);
      },
      [self](connection_message& message) {
        if (message.connection == self->state.connection)
          take_answer(self, message.bytes);
        self->state.context->environment->network->grant(message.connection, message.credits);
      },
      [self](connection_lost& lost) {
        auto& st = self->state;
        if (st.connection != 0 && lost.connection == st.connection)
          lose(self, lost.reason);
        else if (st.connection == 0)
          st.last_error = lost.reason; // while it dials its number is not known: its end says the rest
      },
      [self](bridge_retry) {
        if (!self->state.pipe)
          connect(self);
      },
      [self](bridge_expire expired) {
        if (auto found = self->state.requests.extract(expired.request))
          found.mapped().answer(fail(errc::timeout, "the archive did not answer in time; it may still have done what was asked"));
      },
  };
}

} // namespace lama::actors
