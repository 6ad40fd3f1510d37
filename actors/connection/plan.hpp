#pragma once

#include "actors/common/environment.hpp"
#include "actors/common/roster.hpp"
#include "actors/connection/interface.hpp"
#include "actors/connection_manager/directory.hpp"
#include "actors/websocket_bridge/credentials.hpp"

#include <memory>
#include <string>

namespace lama::actors {

/// What a connection is for. Incoming ones learn it from the first messages.
struct connection_plan {
  bool incoming = true;
  std::string url;              ///< outgoing: whom to dial
  std::string group;            ///< outgoing: "chum", "pairing", "ipc"
  std::string user;             ///< outgoing: as whom; empty for "ipc"
  protocol::key32 own_key{};    ///< outgoing: source key of the handshake (docs/protocol/02 §1: instance, person or node key)
  protocol::key32 remote_key{}; ///< outgoing: target key
  std::string token;            ///< outgoing pairing
};

/// What all connections of a node share.
struct connection_context {
  environment_ptr environment;
  std::shared_ptr<roster> members;
  std::shared_ptr<bridge_credentials> credentials;
  std::shared_ptr<connection_directory> directory;
};

/// Dials. The connection looks after itself from here: its progress goes to the connection manager, what arrives once it is established
/// to whoever serves the group, and at the end it tells both.
connection_actor dial(caf::actor_system& system, std::shared_ptr<const connection_context> context, connection_plan plan);

/// The callbacks for an accepted websocket: each one gets an actor of its own, which lives as long as the socket.
net::connection_events accept(caf::actor_system& system, std::shared_ptr<const connection_context> context, net::connection_id id);

} // namespace lama::actors
