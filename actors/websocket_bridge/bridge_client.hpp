#pragma once

#include "actors/connection/plan.hpp"
#include "actors/websocket_bridge/interface.hpp"
#include "protocol/ipc/envelope.hpp"

#include <functional>
#include <map>
#include <vector>

namespace lama::actors {

/// To itself.
struct bridge_retry {};
LAMA_MESSAGE(bridge_retry)
struct bridge_expire {
  uint64_t request = 0;
};
LAMA_MESSAGE(bridge_expire, x.request)

/// Everything that the bridge's client end understands: the questions of others, and its connection.
using bridge_client_end = bridge_client_actor::extend<caf::reacts_to<bridge_attached>, caf::reacts_to<connection_message>, caf::reacts_to<connection_lost>,
                                                      caf::reacts_to<bridge_retry>, caf::reacts_to<bridge_expire>>;

/// Questions that wait on the bridge at once; more is a loop.
inline constexpr std::size_t most_waiting_requests = 1'000;

/// The sparse side's end of the bridge: keeps one connection of the `ipc` group to the archive up, asks, and asks again after a reconnect
/// what was not answered (the archive answers repeated requests from its log).
///
///   waiting ──bridge_retry──► dialling ──bridge_attached──► connected
///      ▲                         │                              │
///      └────── connection_lost ──┴──────── connection_lost ─────┘
struct bridge_client_state {
  static inline const char* name = "websocket-bridge";

  struct waiting {
    std::string bytes; ///< the envelope, to be sent again
    std::function<void(result<protocol::ipc::envelope>)> answer;
  };

  std::shared_ptr<const connection_context> context;
  connection_actor pipe;   ///< while dialling or connected
  uint64_t connection = 0; ///< while connected
  std::string last_error;
  uint64_t next_request = 0;
  uint32_t failures = 0; ///< in a row
  uint64_t connects = 0;
  std::map<uint64_t, waiting> requests;
  std::vector<bridge_listener> listeners;

  bridge_state current() const {
    return {connection != 0, context->credentials->archive_url(), last_error};
  }
};

bridge_client_end::behavior_type bridge_client(bridge_client_end::stateful_pointer<bridge_client_state> self,
                                               std::shared_ptr<const connection_context> context);

} // namespace lama::actors
