#pragma once

#include "actors/connection/plan.hpp"
#include "actors/connection_manager/connection_manager.hpp"
#include "protocol/connection/session.hpp"

#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

/// One websocket: drives the session machine, answers its questions by asking whoever knows, and once it is established passes messages
/// between the peer and the actor that serves the group.
struct connection_state_machine {
  static inline const char* name = "connection";

  std::shared_ptr<const connection_context> context;
  connection_plan plan;
  net::connection_id id = 0;
  std::unique_ptr<protocol::session> session;
  user_context_ptr user;        ///< whose connection it is, once that is known
  bool node_connection = false; ///< group `ipc`
  protocol::key32 remote_key{}; ///< source key of the handshake, or whom we dialled
  std::string group;
  std::string token; ///< acceptor of a pairing: what was offered
  hash remote_person{};
  hash remote_instance{};
  known_peer peer;              ///< as the manager knows it
  connection_consumer consumer; ///< who takes messages, once established
  uint32_t credits_owed = 0;    ///< frames of a message that is not complete yet
  std::optional<caf::actor_clock::time_point> tick_at;
  std::string last_failure;
  bool closed = false;

  ~connection_state_machine();
};

connection_actor::behavior_type connection(connection_actor::stateful_pointer<connection_state_machine> self, std::shared_ptr<const connection_context> context,
                                           connection_plan plan, net::connection_id accepted);

} // namespace lama::actors
