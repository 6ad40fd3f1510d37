#pragma once

#include "actors/common/message.hpp"
#include "net/transport.hpp"

#include <cstdint>
#include <string>

namespace lama::actors {

// From the transport's callbacks.
struct transport_opened {};
LAMA_MESSAGE(transport_opened)
struct transport_frame {
  bool text = false;
  std::string bytes;
};
LAMA_MESSAGE(transport_frame, x.text, x.bytes)
struct transport_closed {
  std::string reason;
  uint16_t code = 0;
};
LAMA_MESSAGE(transport_closed, x.reason, x.code)

/// To itself: a deadline of the session.
struct connection_tick {};
LAMA_MESSAGE(connection_tick)

/// A decrypted, whole message on an established connection. Whoever takes it gives `credits` back to the transport when it is done with
/// it: that is the back-pressure.
struct connection_message {
  uint64_t connection = 0;
  bool text = false;
  std::string bytes;
  uint32_t credits = 0;
};
LAMA_MESSAGE(connection_message, x.connection, x.text, x.bytes, x.credits)

struct connection_lost {
  uint64_t connection = 0;
  std::string reason;
};
LAMA_MESSAGE(connection_lost, x.connection, x.reason)

struct send_on_connection {
  bool text = false;
  std::string bytes;
};
LAMA_MESSAGE(send_on_connection, x.text, x.bytes)

struct close_connection {
  std::string reason;
};
LAMA_MESSAGE(close_connection, x.reason)

/// One websocket with its protocol up to "established"; then a pipe between the peer and whoever serves the group.
using connection_actor =
    caf::typed_actor<caf::reacts_to<transport_opened>, caf::reacts_to<transport_frame>, caf::reacts_to<transport_closed>, caf::reacts_to<connection_tick>,
                     caf::reacts_to<send_on_connection>, caf::reacts_to<close_connection>, caf::replies_to<get_status>::with<status_report>>;

/// Takes what arrives on an established connection.
using connection_consumer = caf::typed_actor<caf::reacts_to<connection_message>, caf::reacts_to<connection_lost>>;

/// To a bridge end: this connection of the `ipc` group is established.
struct bridge_attached {
  uint64_t connection = 0;
  connection_actor pipe;
  std::string remote_node_key; ///< 32 bytes, proven
};
LAMA_MESSAGE(bridge_attached, x.connection)

} // namespace lama::actors
