#pragma once

#include "net/detail/coalescing_socket.hpp"
#include "protocol/result.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace lama::net::detail {

/// TCP_NODELAY; keepalive after 30 s of silence, given up after three probes 10 s apart.
void configure(plain_socket& socket);

/// Accepts for ever, and goes on after errors such as having no descriptors left. I/O thread, except for `port`.
class acceptor : public std::enable_shared_from_this<acceptor> {
public:
  using taker = std::function<void(plain_socket)>;

  acceptor(asio::io_context& context, taker take);

  /// io_failure with the address and what to do.
  result<uint16_t> open(const std::string& host, uint16_t port);
  void close();

private:
  void accept_next();
  void pause();

  asio::io_context& context_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> socket_;
  asio::steady_timer retry_;
  taker take_;
};

} // namespace lama::net::detail
