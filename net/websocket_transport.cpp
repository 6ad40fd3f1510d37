#include "net/websocket_transport.hpp"

#include "net/detail/session_table.hpp"
#include "net/detail/tcp.hpp"
#include "net/url.hpp"

#include <boost/asio/connect.hpp>

#include <atomic>
#include <map>
#include <utility>

namespace lama::net {

using namespace detail;

namespace {

/// Strangers who fill the listener do not keep this node from its own routes.
constexpr std::size_t outgoing_reserve = 64;

} // namespace

struct websocket_transport::state : std::enable_shared_from_this<websocket_transport::state> {
  state(io_thread& thread, transport_options chosen) : io(thread), options(chosen), table(std::make_shared<session_table>(chosen.connections)) {
    // nop
  }

  session_settings settings() const {
    return {.queue_bytes = options.queue_bytes, .message_bytes = limits::handshake_message_bytes, .close_deadline = options.close_deadline};
  }

  void dial(const std::shared_ptr<session>& one, const std::string& address, std::chrono::milliseconds deadline);
  void connect(const std::shared_ptr<session>& one, const url& to, const tcp::resolver::results_type& endpoints);
  void take(plain_socket socket, const std::function<connection_events(connection_id)>& events_for);

  io_thread& io;
  const transport_options options;
  std::shared_ptr<session_table> table;
  // I/O thread:
  std::map<uint64_t, std::shared_ptr<acceptor>> listeners;
  uint64_t last_listener = 0;

  std::atomic<bool> shut = false;
};

void websocket_transport::state::dial(const std::shared_ptr<session>& one, const std::string& address, std::chrono::milliseconds deadline) {
  auto parsed = parse_url(address, "ws");
  if (!parsed)
    return one->finish(close_code::abnormal, parsed.failure().message);
  one->expect_open_within(deadline, "No websocket at " + address + " within " + std::to_string(deadline.count()) + " ms.");
  error_code failure;
  auto literal = asio::ip::make_address(parsed->host, failure);
  if (!failure)
    return connect(one, *parsed, tcp::resolver::results_type::create(tcp::endpoint{literal, parsed->port}, parsed->host, std::to_string(parsed->port)));
  auto resolver = std::make_shared<tcp::resolver>(io.context());
  resolver->async_resolve(parsed->host, std::to_string(parsed->port),
                          [self = shared_from_this(), one, resolver, to = *parsed](error_code unresolved, tcp::resolver::results_type endpoints) {
                            if (unresolved)
                              return one->finish(close_code::abnormal, "The name " + to.host + " cannot be resolved: " + unresolved.message() + ".");
                            self->connect(one, to, endpoints);
                          });
}

void websocket_transport::state::connect(const std::shared_ptr<session>& one, const url& to, const tcp::resolver::results_type& endpoints) {
  if (one->is_closed())
    return;
  asio::async_connect(one->socket(), endpoints, [one, to](error_code failure, const tcp::endpoint&) {
    if (one->is_closed())
      return;
    if (failure)
      return one->finish(close_code::abnormal, "No connection to " + to.authority() + ": " + failure.message() + ".");
    configure(one->socket());
    one->handshake(to.authority(), to.target);
  });
}

void websocket_transport::state::take(plain_socket socket, const std::function<connection_events(connection_id)>& events_for) {
  if (shut || table->full())
    return; // closes it
  auto id = next_connection_id();
  auto one = std::make_shared<session>(id, coalescing_socket{std::move(socket)}, events_for(id), settings(), table);
  table->add(one);
  one->expect_open_within(options.handshake_deadline, "The other side did not open the websocket in time.");
  one->accept();
}

websocket_transport::websocket_transport(io_thread& io, transport_options options) : state_(std::make_shared<state>(io, options)) {
  // nop
}

websocket_transport::~websocket_transport() {
  shutdown();
}

connection_id websocket_transport::connect(const std::string& url, connection_events events, uint32_t deadline_ms) {
  auto id = next_connection_id();
  if (state_->shut)
    return id;
  auto one = std::make_shared<session>(id, coalescing_socket{plain_socket{state_->io.context()}}, std::move(events), state_->settings(), state_->table);
  auto room = !state_->table->full(outgoing_reserve);
  if (room)
    state_->table->add(one); // from now on it takes frames
  asio::post(state_->io.context(), [self = state_, one, room, url, deadline = std::chrono::milliseconds{deadline_ms}] {
    if (self->shut || one->is_closed())
      return;
    if (room)
      self->dial(one, url, deadline);
    else
      one->finish(close_code::abnormal, "There are too many connections already.");
  });
  return id;
}

result<transport::listener> websocket_transport::listen(const std::string& host, uint16_t port, std::function<connection_events(connection_id)> events_for) {
  result<listener> outcome = fail(errc::cancelled, "The transport is shut down.");
  state_->io.execute([&] {
    if (state_->shut)
      return;
    auto opened = std::make_shared<acceptor>(state_->io.context(), [self = state_->weak_from_this(), events_for = std::move(events_for)](plain_socket socket) {
      if (auto alive = self.lock())
        alive->take(std::move(socket), events_for);
    });
    auto taken = opened->open(host, port);
    if (!taken) {
      outcome = taken.failure();
      return;
    }
    auto id = ++state_->last_listener;
    state_->listeners.emplace(id, std::move(opened));
    outcome = listener{id, *taken};
  });
  return outcome;
}

void websocket_transport::stop_listening(uint64_t id) {
  asio::post(state_->io.context(), [self = state_, id] {
    if (auto found = self->listeners.find(id); found != self->listeners.end()) {
      found->second->close();
      self->listeners.erase(found);
    }
  });
}

void websocket_transport::send(connection_id id, frame next) {
  if (auto one = state_->table->find(id))
    one->send(std::move(next));
}

void websocket_transport::close(connection_id id, uint16_t code, std::string reason) {
  if (auto one = state_->table->find(id))
    one->close(code, std::move(reason));
}

void websocket_transport::grant(connection_id id, uint32_t credits) {
  if (auto one = state_->table->find(id))
    one->grant(credits);
}

void websocket_transport::set_message_limit(connection_id id, std::size_t bytes) {
  if (auto one = state_->table->find(id))
    one->set_message_limit(bytes);
}

std::size_t websocket_transport::queued_bytes(connection_id id) const {
  auto one = state_->table->find(id);
  return one ? one->queued_bytes() : 0;
}

std::size_t websocket_transport::connections() const {
  return state_->table->size();
}

void websocket_transport::shutdown() {
  state_->io.execute([this] {
    state_->shut = true;
    for (auto& [id, one] : std::exchange(state_->listeners, {}))
      one->close();
    for (const auto& one : state_->table->all())
      one->finish(close_code::abnormal, "This node is shutting down.");
  });
}

} // namespace lama::net
