#include "tests/simulation/world/transport.hpp"

#include "protocol/limits.hpp"

#include <charconv>
#include <cstring>
#include <utility>

namespace lama::simulator {

namespace {

// Kinds of packets.
constexpr char syn = 's'; ///< code: port
constexpr char ack = 'a';
constexpr char text = 't';
constexpr char binary = 'b';
constexpr char fin = 'f';   ///< code, reason
constexpr char reset = 'r'; ///< nothing is known of this connection

struct packet_head {
  char kind = 0;
  uint64_t target = 0; ///< the receiver's id of the connection
  uint64_t origin = 0; ///< the sender's
  uint16_t code = 0;
};
constexpr std::size_t head_bytes = 1 + 8 + 8 + 2;

bool parse(std::string_view packet, packet_head& head) {
  if (packet.size() < head_bytes)
    return false;
  head.kind = packet[0];
  std::memcpy(&head.target, packet.data() + 1, 8);
  std::memcpy(&head.origin, packet.data() + 9, 8);
  std::memcpy(&head.code, packet.data() + 17, 2);
  return true;
}

bool parse_url(const std::string& url, node_index& node, uint16_t& port) {
  constexpr std::string_view scheme = "ws://node";
  if (!url.starts_with(scheme))
    return false;
  const auto* last = url.data() + url.size();
  auto [colon, failed] = std::from_chars(url.data() + scheme.size(), last, node);
  if (failed != std::errc{} || colon == last || *colon != ':')
    return false;
  return std::from_chars(colon + 1, last, port).ec == std::errc{};
}

} // namespace

transport::transport(network& lines, node_index me, std::function<time_point()> now)
    : lines_(lines), me_(me), now_(std::move(now)),
      // Ids of a node that restarted must not meet those of its past.
      next_id_(static_cast<uint64_t>(now_().time_since_epoch().count()) << 8) {
  lines_.attach(me_, [this](node_index from, std::string packet) { receive(from, packet); });
}

transport::~transport() {
  lines_.detach(me_);
}

net::connection_id transport::connect(const std::string& url, net::connection_events events, uint32_t deadline_ms) {
  auto id = ++next_id_;
  auto& x = ends_[id];
  x.events = std::move(events);
  uint16_t port = 0;
  if (!parse_url(url, x.peer, port)) {
    drop_soon(id, "cannot dial " + url, net::close_code::abnormal);
    return id;
  }
  post(x.peer, syn, 0, id, port, {});
  lines_.at(me_, now_() + std::chrono::milliseconds{deadline_ms}, [this, id] {
    if (auto found = ends_.find(id); found != ends_.end() && found->second.peer_id == 0)
      drop(id, "Timeout expired", net::close_code::abnormal);
  });
  return id;
}

result<net::transport::listener> transport::listen(const std::string&, uint16_t port, std::function<net::connection_events(net::connection_id)> events_for) {
  if (port == 0)
    port = static_cast<uint16_t>(40000 + listeners_.size());
  if (listeners_.contains(port))
    return fail(errc::io_failure, "port " + std::to_string(port) + " is taken");
  auto id = ++next_id_;
  listeners_[port] = {id, std::move(events_for)};
  return listener{id, port};
}

void transport::stop_listening(uint64_t id) {
  std::erase_if(listeners_, [id](const auto& x) { return x.second.first == id; });
}

void transport::send(net::connection_id id, net::frame x) {
  auto found = ends_.find(id);
  if (found == ends_.end() || found->second.peer_id == 0)
    return;
  post(found->second.peer, x.text ? text : binary, found->second.peer_id, id, 0, x.bytes);
}

void transport::close(net::connection_id id, uint16_t code, std::string reason) {
  auto found = ends_.find(id);
  if (found == ends_.end())
    return;
  if (found->second.peer_id != 0)
    post(found->second.peer, fin, found->second.peer_id, id, code, reason);
  drop_soon(id, std::move(reason), code);
}

void transport::grant(net::connection_id id, uint32_t credits) {
  if (auto found = ends_.find(id); found != ends_.end()) {
    found->second.credits += credits;
    deliver_soon(id);
  }
}

void transport::set_message_limit(net::connection_id id, std::size_t bytes) {
  if (auto found = ends_.find(id); found != ends_.end())
    found->second.limit = bytes;
}

std::size_t transport::queued_bytes(net::connection_id) const {
  return 0;
}

void transport::post(node_index to, char kind, uint64_t target, uint64_t origin, uint16_t code, std::string_view bytes) {
  std::string packet(head_bytes, kind);
  std::memcpy(packet.data() + 1, &target, 8);
  std::memcpy(packet.data() + 9, &origin, 8);
  std::memcpy(packet.data() + 17, &code, 2);
  packet += bytes;
  lines_.send(me_, to, origin, std::move(packet), now_()); // our own id of the connection: order is per connection
}

void transport::receive(node_index from, const std::string& packet) {
  packet_head head;
  if (!parse(packet, head))
    return;
  if (head.kind == syn) {
    auto found = listeners_.find(head.code);
    if (found == listeners_.end())
      return post(from, reset, head.origin, 0, 0, {});
    auto id = ++next_id_;
    auto& x = ends_[id];
    x.peer = from;
    x.peer_id = head.origin;
    x.events = found->second.second(id);
    post(from, ack, head.origin, id, 0, {});
    x.events.opened(id);
    return;
  }
  auto found = ends_.find(head.target);
  if (found == ends_.end() || found->second.peer != from) {
    if (head.kind != reset && head.kind != fin)
      post(from, reset, head.origin, 0, 0, {});
    return;
  }
  auto& x = found->second;
  std::string_view body = std::string_view{packet}.substr(head_bytes);
  switch (head.kind) {
  case ack:
    x.peer_id = head.origin;
    x.events.opened(head.target);
    break;
  case text:
  case binary:
    if (body.size() > x.limit)
      return close(head.target, net::close_code::too_big, "");
    x.waiting.push_back({head.kind == text, std::string{body}});
    deliver(head.target);
    break;
  case fin:
    drop(head.target, std::string{body}, head.code);
    break;
  case reset:
    drop(head.target, "connection reset", net::close_code::abnormal);
    break;
  default:
    break;
  }
}

void transport::deliver(net::connection_id id) {
  auto found = ends_.find(id);
  if (found == ends_.end())
    return;
  auto& x = found->second;
  while (x.credits > 0 && !x.waiting.empty()) {
    --x.credits;
    auto next = std::move(x.waiting.front());
    x.waiting.pop_front();
    x.events.received(id, std::move(next));
  }
}

void transport::deliver_soon(net::connection_id id) {
  auto& x = ends_[id];
  if (x.waiting.empty() || std::exchange(x.delivery_is_due, true))
    return;
  lines_.at(me_, now_(), [this, id] {
    if (auto found = ends_.find(id); found != ends_.end())
      found->second.delivery_is_due = false;
    deliver(id);
  });
}

void transport::drop(net::connection_id id, const std::string& reason, uint16_t code) {
  auto gone = ends_.extract(id);
  if (gone)
    gone.mapped().events.closed(id, reason, code);
}

void transport::drop_soon(net::connection_id id, std::string reason, uint16_t code) {
  // Not from within a call of the transport, as the interface promises.
  lines_.at(me_, now_(), [this, id, reason = std::move(reason), code] { drop(id, reason, code); });
}

} // namespace lama::simulator
