#pragma once

#include "net/transport.hpp"
#include "protocol/limits.hpp"
#include "tests/simulation/world/network.hpp"

#include <deque>
#include <map>
#include <string>

namespace lama::simulator {

/// Websockets over the simulated network, as one node sees them. Addresses are `ws://nodeN:PORT`. Credit counts as in the real one; a peer that
/// has crashed and come back answers what it does not know with a reset, one that is cut off answers nothing.
class transport final : public net::transport {
public:
  transport(network& lines, node_index me, std::function<time_point()> now);
  ~transport() override;

  net::connection_id connect(const std::string& url, net::connection_events events, uint32_t deadline_ms) override;
  result<listener> listen(const std::string& host, uint16_t port, std::function<net::connection_events(net::connection_id)> events_for) override;
  void stop_listening(uint64_t id) override;
  void send(net::connection_id id, net::frame x) override;
  void close(net::connection_id id, uint16_t code, std::string reason) override;
  void grant(net::connection_id id, uint32_t credits) override;
  void set_message_limit(net::connection_id id, std::size_t bytes) override;
  std::size_t queued_bytes(net::connection_id id) const override;

  /// Connections that are open or opening here: a checker looks that none is left over.
  std::size_t open() const {
    return ends_.size();
  }

  /// Ports that are listened on here.
  std::size_t listeners() const {
    return listeners_.size();
  }

private:
  struct end {
    net::connection_events events;
    node_index peer = 0;
    uint64_t peer_id = 0; ///< 0: not open yet
    uint32_t credits = net::initial_credits;
    std::size_t limit = limits::handshake_message_bytes;
    std::deque<net::frame> waiting; ///< for credit, or for the opening
    bool delivery_is_due = false;
  };

  void receive(node_index from, const std::string& packet);
  void post(node_index to, char kind, uint64_t target, uint64_t origin, uint16_t code, std::string_view bytes);
  void deliver(net::connection_id id);
  void deliver_soon(net::connection_id id);
  void drop(net::connection_id id, const std::string& reason, uint16_t code);
  void drop_soon(net::connection_id id, std::string reason, uint16_t code);

  network& lines_;
  node_index me_;
  std::function<time_point()> now_;
  uint64_t next_id_;
  std::map<uint16_t, std::pair<uint64_t, std::function<net::connection_events(net::connection_id)>>> listeners_;
  std::map<net::connection_id, end> ends_;
};

} // namespace lama::simulator
