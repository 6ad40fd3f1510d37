#include "net/detail/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>

namespace lama::net::detail {

void configure(plain_socket& socket) {
  error_code ignored; // a socket without them works too
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.set_option(asio::socket_base::keep_alive{true}, ignored);
  constexpr int silence_s = 30;
  constexpr int probe_s = 10;
  constexpr int probes = 3;
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &silence_s, sizeof silence_s);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

acceptor::acceptor(asio::io_context& context, taker take) : context_(context), socket_(context), retry_(context), take_(std::move(take)) {
  // nop
}

result<uint16_t> acceptor::open(const std::string& host, uint16_t port) {
  auto refused = [&](const error_code& why) {
    auto hint =
        why == asio::error::address_in_use ? "Stop the other program, or choose another port (0 takes a free one)." : "Check the host and port that are set.";
    return fail(errc::io_failure, "Cannot listen at " + host + " port " + std::to_string(port) + ": " + why.message() + ". " + hint);
  };
  error_code failure;
  auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failure);
  if (failure) {
    tcp::resolver resolver{context_};
    auto found = resolver.resolve(host, "", tcp::resolver::passive, failure);
    if (failure || found.empty())
      return refused(failure ? failure : error_code{asio::error::host_not_found});
    address = found.begin()->endpoint().address();
  }
  tcp::endpoint endpoint{address, port};
  socket_.open(endpoint.protocol(), failure);
  if (!failure)
    socket_.set_option(asio::socket_base::reuse_address{true}, failure);
  if (!failure)
    socket_.bind(endpoint, failure);
  if (!failure)
    socket_.listen(asio::socket_base::max_listen_connections, failure);
  if (failure)
    return refused(failure);
  accept_next();
  return socket_.local_endpoint().port();
}

void acceptor::close() {
  error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
  take_ = nullptr;
}

void acceptor::accept_next() {
  socket_.async_accept([self = shared_from_this()](error_code failure, plain_socket accepted) {
    if (!self->socket_.is_open())
      return;
    if (failure)
      return self->pause();
    configure(accepted);
    self->take_(std::move(accepted));
    if (self->socket_.is_open())
      self->accept_next();
  });
}

void acceptor::pause() {
  retry_.expires_after(std::chrono::milliseconds{100}); // out of descriptors, most likely: it would fail again at once
  retry_.async_wait([self = shared_from_this()](error_code failure) {
    if (!failure && self->socket_.is_open())
      self->accept_next();
  });
}

} // namespace lama::net::detail
