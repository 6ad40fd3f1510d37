#include "actors/ui_gateway/calls.hpp"

#include <utility>

namespace lama::actors {

namespace {

lama::error no_stream() {
  return lama::fail(errc::not_found, "There is no such stream (any more).");
}

/// Pushes pieces while there is credit and the page reads.
void push(gateway_pointer self, const std::string& name, const std::shared_ptr<stream_table::stream>& x) {
  auto& st = self->state;
  if (x->asked || x->credit == 0)
    return;
  if (st.door->server().queued_bytes(x->socket) > limits::rpc_fair_queue_bytes) {
    x->credit = 0; // it does not read; it may ask again
    return;
  }
  --x->credit;
  x->asked = true;
  x->source([self, name, x](result<std::optional<json>> chunk) {
    x->asked = false;
    x->last = self->clock().now();
    auto done = !chunk || !*chunk;
    json told{{"stream", name}, {"done", done}};
    if (!done)
      told["chunk"] = std::move(**chunk);
    self->state.door->server().send(x->socket, {true, protocol::jsonrpc::write_notification("stream:chunk", told)});
    if (done)
      self->state.streams.close(name);
    else
      push(self, name, x);
  });
}

} // namespace

namespace channels {

void stream_next(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "stream"));
  LAMA_PARAMETER(credit, count_parameter(x, "credit", 1, 64));
  auto found = self->state.streams.find(name, x.user->user);
  if (!found)
    return x.fail(no_stream());
  found->last = self->clock().now();
  if (!x["credit"].is_null()) {
    if (x.who.socket == 0)
      return x.fail(bad_parameter("credit", "pieces are pushed on websockets only"));
    found->socket = x.who.socket;
    found->credit = static_cast<uint32_t>(credit);
    x.done({{"chunks", json::array()}, {"done", false}});
    return push(self, name, found);
  }
  if (std::exchange(found->asked, true))
    return x.fail(lama::fail(errc::conflict, "The stream's last piece was not given yet."));
  found->source([self, name, found, x](result<std::optional<json>> chunk) {
    found->asked = false;
    found->last = self->clock().now();
    if (!chunk || !*chunk)
      self->state.streams.close(name);
    if (!chunk)
      return x.fail(chunk.failure());
    auto chunks = json::array();
    if (*chunk)
      chunks.push_back(std::move(**chunk));
    x.done({{"chunks", std::move(chunks)}, {"done", !*chunk}});
  });
}

void stream_cancel(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "stream"));
  auto found = self->state.streams.find(name, x.user->user);
  if (found)
    self->state.streams.close(name);
  x.done({{"success", found != nullptr}});
}

} // namespace channels
} // namespace lama::actors
