#pragma once

#include "actors/connection/plan.hpp"
#include "actors/supervision/children.hpp"
#include "actors/supervision/interface.hpp"

#include <functional>
#include <memory>
#include <string>

/// One side of a node (archive or sparse) in one actor system: everything below `apps` put together. The same for production, where each
/// side has a system with threads, and simulation, where it has one without.
namespace lama::actors {

struct node_options {
  std::string provision; ///< sparse side: path of bridge.json where it is not the data dir's own
  /// Starts the JSON-RPC side, given what the node's parts share; empty: there is none.
  std::function<caf::actor(caf::actor_system&, std::shared_ptr<const connection_context>)> start_gateway;
};

struct running_node {
  std::shared_ptr<const connection_context> context;
  supervisor_actor root;
  net::transport::listener listener{0, 0}; ///< archive: where it listens
};

/// Loads or makes the node key, listens (archive), writes bridge.json (archive), starts the supervisor. Errors say what to do: a port that is
/// taken, a bridge.json that is missing.
result<running_node> start_node(caf::actor_system& system, environment_ptr environment, const node_options& options);

/// Tells everything to end, in reverse order; supervisors strike their own from the roster. Once the actors are gone
/// (`await_all_actors_done`) the roster is to be cleared, and the system can be destroyed.
void stop_node(running_node& node);

/// A random source that is whatever `system_random()` is on the calling thread: for objects that move between threads.
random_source& calling_thread_random();

} // namespace lama::actors
