#pragma once

#include "actors/connection/plan.hpp"
#include "actors/connection_manager/interface.hpp"

#include <map>
#include <string>
#include <vector>

namespace lama::actors {

/// From a connection: somebody has proven who they are, may they stay? Fails with the reason that is told to them.
struct admit_peer {
  uint64_t connection = 0;
  connection_actor pipe;
  std::string user;
  std::string group;
  hash person{};
  hash instance{};
  std::string person_key;   ///< 32 bytes, proven
  std::string instance_key; ///< 32 bytes, source key of the handshake
  bool incoming = true;
};
LAMA_MESSAGE(admit_peer, x.connection, x.user, x.group, x.person)

struct peer_admitted {
  known_peer peer; ///< for "pairing": empty
};
LAMA_MESSAGE(peer_admitted, x.peer)

/// From a connection: how far it is.
struct connection_progress {
  connection_state state;
};
LAMA_MESSAGE(connection_progress, x.state)

/// From a connection of a pairing that we began: it is stored here.
struct pairing_finished {
  connection_actor pipe;
  hash person{};
  hash instance{};
};
LAMA_MESSAGE(pairing_finished, x.person, x.instance)

struct connection_ended {
  uint64_t connection = 0;
  connection_actor pipe;
  std::string reason;
};
LAMA_MESSAGE(connection_ended, x.connection, x.reason)

// To itself.
struct dial_due {
  std::string user;
  std::string instance_key;
};
LAMA_MESSAGE(dial_due, x.user)
struct admission_due {
  uint64_t connection = 0;
};
LAMA_MESSAGE(admission_due, x.connection)

/// What users' actors ask of it.
using connection_questions = caf::typed_actor<caf::reacts_to<look_at_user>, caf::reacts_to<close_identity>,
                                              // Fails with why the pairing did not come about.
                                              caf::replies_to<pair_with>::with<paired_with>, caf::replies_to<list_connections>::with<connections_listed>,
                                              caf::replies_to<get_status>::with<status_report>>;

/// Routes: who connects to whom, when, with which back-off; one established connection per peer and group (docs/protocol/02 §9).
using connection_manager_actor =
    connection_questions::extend<caf::replies_to<admit_peer>::with<peer_admitted>, caf::reacts_to<connection_progress>, caf::reacts_to<pairing_finished>,
                                 caf::reacts_to<connection_ended>, caf::reacts_to<dial_due>, caf::reacts_to<admission_due>>;

struct connection_manager_state {
  static inline const char* name = "connection-manager";

  using peer_key = std::pair<std::string, std::string>; ///< user, remote instance key

  struct active {
    uint64_t connection = 0;
    connection_actor pipe;
    caf::actor_clock::time_point since;
  };
  struct route {
    connection_actor dialling; ///< null: not now
    bool timer_runs = false;
    uint32_t failures = 0; ///< in a row
    std::size_t next_url = 0;
  };
  /// Unknown, but a pairing may just be under way (docs/protocol/02 §6.4).
  struct waiting {
    admit_peer question;
    caf::typed_response_promise<peer_admitted> promise;
  };

  std::shared_ptr<const connection_context> context;
  std::map<peer_key, active> chum;
  std::map<peer_key, route> routes;
  std::map<uint64_t, waiting> admissions;
  std::map<caf::actor_addr, caf::typed_response_promise<paired_with>> pairings;
  std::map<uint64_t, connection_state> connections;
  std::map<std::string, uint64_t> ended; ///< how often, by reason; bounded
};

connection_manager_actor::behavior_type connection_manager(connection_manager_actor::stateful_pointer<connection_manager_state> self,
                                                           std::shared_ptr<const connection_context> context);

} // namespace lama::actors
