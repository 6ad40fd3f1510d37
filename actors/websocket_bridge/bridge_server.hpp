#pragma once

#include "actors/connection/plan.hpp"
#include "actors/websocket_bridge/interface.hpp"
#include "protocol/ipc/envelope.hpp"

#include <deque>
#include <map>

namespace lama::actors {

/// The archive's end of the bridge.
using bridge_server_actor = caf::typed_actor<caf::reacts_to<bridge_attached>, caf::reacts_to<connection_message>, caf::reacts_to<connection_lost>,
                                             caf::replies_to<get_status>::with<status_report>>;

/// Answers kept for requests that are repeated after a reconnect.
inline constexpr std::size_t most_logged_answers = 1'000;
inline constexpr std::size_t most_logged_bytes = 8u << 20;

/// Decodes what the sparse side asks, asks the actor that knows, and sends its answer. It decides nothing.
struct bridge_server_state {
  static inline const char* name = "websocket-bridge";

  std::shared_ptr<const connection_context> context;
  std::map<uint64_t, connection_actor> pipes; ///< by connection; normally one
  std::map<uint64_t, std::string> answers;    ///< by request: envelopes, for repeats; empty while it is being worked on
  std::deque<uint64_t> answered;              ///< oldest first
  std::size_t answer_bytes = 0;
  uint64_t requests = 0;
  uint64_t repeats = 0;

  void log_answer(uint64_t request, std::string bytes);
};

bridge_server_actor::behavior_type bridge_server(bridge_server_actor::stateful_pointer<bridge_server_state> self,
                                                 std::shared_ptr<const connection_context> context);

} // namespace lama::actors
