#pragma once

#include "net/io_thread.hpp"
#include "net/transport.hpp"
#include "protocol/limits.hpp"

#include <chrono>
#include <memory>

namespace lama::net {

struct transport_options {
  std::size_t queue_bytes = limits::connection_queue_bytes;
  /// Incoming ones are turned away from here on; this node's own get a few more.
  std::size_t connections = limits::transport_connections;
  /// An accepted connection that has not become a websocket by then is closed.
  std::chrono::milliseconds handshake_deadline{10'000};
  /// After `close`, a peer that takes nothing and says nothing for so long is cut.
  std::chrono::milliseconds close_deadline{5'000};
};

/// The transport over real sockets: plain websockets by Boost.Beast on one I/O thread. permessage-deflate is declined, pings are answered, the first offered
/// subprotocol is echoed; TCP_NODELAY and TCP keepalive (a vanished peer is noticed after a minute even where nothing is sent).
class websocket_transport final : public transport {
public:
  /// `io` outlives it.
  explicit websocket_transport(io_thread& io, transport_options options = {});
  ~websocket_transport() override;

  connection_id connect(const std::string& url, connection_events events, uint32_t deadline_ms = 5000) override;
  result<listener> listen(const std::string& host, uint16_t port, std::function<connection_events(connection_id)> events_for) override;
  void stop_listening(uint64_t id) override;
  void send(connection_id id, frame next) override;
  void close(connection_id id, uint16_t code, std::string reason) override;
  void grant(connection_id id, uint32_t credits) override;
  void set_message_limit(connection_id id, std::size_t bytes) override;
  std::size_t queued_bytes(connection_id id) const override;

  /// Connections not yet closed.
  std::size_t connections() const;

  /// Closes all listeners and cuts all connections (each is told `closed`, 1006). When it returns, no event comes any more, and all calls do nothing.
  /// Not from within an event.
  void shutdown();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace lama::net
