#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

/// Websockets as actors see them: ids, frames, credit. The real one is net/websocket_transport.hpp; the simulator has its own. No Boost type appears here.
namespace lama::net {

using connection_id = uint64_t; ///< unique in the process, never reused, never 0

/// One websocket message, whole. Text is valid UTF-8 on receipt; whoever sends text sees to it.
struct frame {
  bool text = false;
  std::string bytes;

  friend bool operator==(const frame&, const frame&) = default;
};

/// Callbacks, called on the I/O thread (or by the simulator), one at a time for one connection, never from within a call of `transport`.
/// They must not block: an actor's `anon_send`. The transport drops them after `closed`, so that no actor handle outlives its connection.
struct connection_events {
  std::function<void(connection_id)> opened;                                    ///< outgoing: the websocket is open; incoming: its handshake is done
  std::function<void(connection_id, frame)> received;                           ///< costs one credit each
  std::function<void(connection_id, std::string reason, uint16_t code)> closed; ///< the last call for this id; also for a failed connect
};

/// Codes of `closed` (RFC 6455 §7.4.1). A peer's own code is passed on.
namespace close_code {
inline constexpr uint16_t normal = 1000;   ///< what the protocol closes with, always (docs/protocol/02 §2)
inline constexpr uint16_t abnormal = 1006; ///< never on the wire: refused, timed out, broken off, shut down. The reason says which
inline constexpr uint16_t too_big = 1009;  ///< a message over the limit
} // namespace close_code

/// What can be done with an open websocket, whoever opened it: the node's `transport` or the page's `http_server`.
/// Any member may be called from any thread and answers at once. Calls for an id that is closed or was never given do nothing.
class frame_pipe {
public:
  virtual ~frame_pipe() = default;

  /// Queued, also before `opened`. Several queued frames go out in one write where possible.
  /// A queue over its limit (limits.hpp) cuts the connection: look at `queued_bytes` before sending much.
  virtual void send(connection_id, frame) = 0;
  /// Closes after what is queued; reasons are cut to 123 bytes of UTF-8. Nothing is received any more; `closed` comes with this very code and reason.
  virtual void close(connection_id, uint16_t code, std::string reason) = 0;
  /// Frames that may be received beyond those allowed so far. Begins with `initial_credits`; reading stops at zero, so a slow actor slows its peer.
  virtual void grant(connection_id, uint32_t credits) = 0;
  /// The longest message that is received; begins with `limits::handshake_message_bytes`, to be raised when it is known who speaks.
  /// Takes effect from the next message on.
  virtual void set_message_limit(connection_id, std::size_t bytes) = 0;
  /// Bytes of frames not yet handed to the operating system, for back-pressure. 0 for what is closed.
  virtual std::size_t queued_bytes(connection_id) const = 0;
};

/// The same rules as above hold for these: any thread, at once.
class transport : public frame_pipe {
public:
  /// ws://host[:port][/path]. The outcome comes by events: `opened`, or `closed` with code 1006 and why (a bad url too).
  /// `deadline_ms` bounds it all until open: names, TCP, websocket handshake. The stock peer takes 5000 (docs/protocol/02 §3).
  virtual connection_id connect(const std::string& url, connection_events events, uint32_t deadline_ms = 5000) = 0;

  struct listener {
    uint64_t id;
    uint16_t port;
  };
  /// A websocket listener; port 0 takes a free one. `events_for` is called for each accepted connection, on the I/O thread, before its handshake;
  /// a connection whose handshake fails sees `closed` alone. io_failure with what to do where the address cannot be had.
  virtual result<listener> listen(const std::string& host, uint16_t port, std::function<connection_events(connection_id)> events_for) = 0;
  /// Accepts no more; what was accepted lives on.
  virtual void stop_listening(uint64_t id) = 0;
};

inline constexpr uint32_t initial_credits = 64;

} // namespace lama::net
