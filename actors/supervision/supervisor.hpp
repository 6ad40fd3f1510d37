#pragma once

#include "actors/connection/plan.hpp"
#include "actors/instance/interface.hpp"
#include "actors/supervision/children.hpp"
#include "actors/supervision/interface.hpp"

#include <functional>
#include <map>
#include <string>

namespace lama::actors {

/// To itself: look again whether the bridge is up.
struct look_again {
  std::function<void()> look;
};
LAMA_MESSAGE(look_again)

/// All that the supervisor understands: its questions, and its own timers.
using supervisor_root = supervisor_actor::extend<caf::reacts_to<restart_child>, caf::reacts_to<look_again>>;

/// The root of one side's actor system. It starts, in this order: keychain, connection manager, bridge, gateway; then, as they log in,
/// an instance for each user. Whoever watches this actor knows whether the side is alive.
struct supervisor_state {
  static inline const char* name = "supervisor";

  std::shared_ptr<const connection_context> context;
  children family;
  std::map<std::string, children> users; ///< the instance of each unlocked user
};

/// @param start_gateway  starts the JSON-RPC side: assembly decides over which server; may be empty (simulation without it)
supervisor_root::behavior_type supervisor(supervisor_root::stateful_pointer<supervisor_state> self, std::shared_ptr<const connection_context> context,
                                          children::starter start_gateway);

} // namespace lama::actors
