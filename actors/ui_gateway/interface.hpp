#pragma once

#include "actors/websocket_bridge/interface.hpp"

namespace lama::actors {

/// The part of the gateway that the bridge uses: answers a JSON-RPC call of a user who is logged in on the other side.
using call_server_actor = caf::typed_actor<caf::replies_to<forward_call>::with<call_answered>>;

} // namespace lama::actors
