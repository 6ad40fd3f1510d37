#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"

#include <algorithm>
#include <utility>

/// Calls that wait for the archive while it is not connected (docs/ipc.md, "Offline").
namespace lama::actors {

namespace {

call_queue& queue_of(gateway_pointer self, const std::string& user) {
  auto found = self->state.queues.find(user);
  if (found == self->state.queues.end())
    found = self->state.queues.emplace(user, call_queue{self->state.context->environment, user}).first;
  return found->second;
}

void tell_queue(gateway_pointer self, const std::string& user) {
  tell_user(self, user, "update:stateChanged", {{"changed", {"queue"}}});
}

/// What came of it, to the pages; the entry goes.
void finish(gateway_pointer self, const std::string& user, const call_queue::entry& entry, const call_outcome& outcome) {
  auto& queue = queue_of(self, user);
  if (auto removed = queue.remove(entry.id); !removed)
    self->state.context->environment->log(log_error, gateway_state::name, "a finished call cannot be taken from the queue: " + removed.failure().message);
  json told{{"id", entry.id}, {"method", entry.method}};
  if (outcome.content)
    told["result"] = *outcome.content;
  else
    told["error"] = {{"code", outcome.number.value_or(protocol::jsonrpc::code_for(outcome.content.failure()))}, {"message", outcome.content.failure().message}};
  tell_user(self, user, "update:queueFinished", std::move(told));
  tell_queue(self, user);
}

} // namespace

json queued_calls(gateway_pointer self, const std::string& user) {
  auto all = json::array();
  if (self->state.is_archive())
    return all;
  const auto& queue = queue_of(self, user);
  for (const auto& x : queue.entries())
    all.push_back(
        {{"id", x.id}, {"method", x.method}, {"params", x.params}, {"since", time_text(x.since)}, {"state", x.id == queue.running ? "running" : "waiting"}});
  return all;
}

/// -32007 with the name under which it waits; or why it cannot wait.
void put_off(gateway_pointer self, const call_scope& x, const lama::error& why) {
  auto id = queue_of(self, x.user->user).add(x.method, *x.parameters);
  if (!id)
    return x.fail(id.failure());
  tell_queue(self, x.user->user);
  look_again_soon(self);
  x.answer({lama::fail(errc::offline, why.message + " It is done as soon as the archive is there."), json{{"queued", true}, {"id", *id}}});
}

void run_queue(gateway_pointer self, const std::string& user) {
  auto& queue = queue_of(self, user);
  auto context = self->state.context->directory->context_of(user);
  if (!context || queue.entries().empty() || !queue.running.empty())
    return;
  auto entry = queue.entries().front();
  queue.running = entry.id;
  auto parameters = entry.params;
  // An answer that was lost on its way must not make a second conversation: the archive knows what it did under this name.
  if (entry.method == "action:createConversation" && !parameters.contains("requestId"))
    parameters["requestId"] = "queue-" + entry.id;
  call_scope question{entry.method, std::make_shared<const json>(std::move(parameters)), caller{user, 0, {}, false}, context, {}};
  question.answer = [self, user, entry](const call_outcome& outcome) {
    auto& now = queue_of(self, user);
    now.running.clear();
    auto away = !outcome.content && (outcome.content.failure().code == errc::offline || outcome.content.failure().code == errc::timeout ||
                                     outcome.content.failure().code == errc::locked);
    if (away)
      return; // the next look tries again
    finish(self, user, entry, outcome);
    run_queue(self, user);
  };
  ask_archive(self, question);
}

void take_up_queue(gateway_pointer self, const std::string& user) {
  if (!self->state.is_archive() && !queue_of(self, user).entries().empty())
    look_again_soon(self);
}

namespace channels {

void list_queue(gateway_pointer self, const call_scope& x) {
  x.done({{"entries", queued_calls(self, x.user->user)}});
}

void cancel_queued(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(id, text_parameter(x, "id"));
  if (self->state.is_archive())
    return x.done({{"success", false}});
  auto& queue = queue_of(self, x.user->user);
  if (queue.running == id)
    return x.done({{"success", false}}); // too late: the archive has it
  LAMA_PARAMETER(removed, queue.remove(id));
  if (removed)
    tell_queue(self, x.user->user);
  x.done({{"success", bool{removed}}});
}

} // namespace channels
} // namespace lama::actors
