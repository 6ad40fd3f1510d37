#pragma once

#include "net/http_limits.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace lama::net {

struct http_options {
  std::vector<std::string> hosts{}; ///< as in `http_server::allow_hosts`
  std::size_t connections = limits::http_clients;
  std::size_t queue_bytes = limits::rpc_queue_bytes;
  std::size_t fair_queue_bytes = limits::rpc_fair_queue_bytes;
  std::size_t total_queue_bytes = limits::rpc_total_queue_bytes;
  /// From accept to the end of the first request's head.
  std::chrono::milliseconds head_deadline{10'000};
  /// Between requests of one connection.
  std::chrono::milliseconds idle_deadline{75'000};
  /// Without a byte moving within a body, either way, or a piece coming from its source. How long a handler thinks is not limited here.
  std::chrono::milliseconds progress_deadline{30'000};
  /// Of silence on a websocket; it has as long again to answer.
  std::chrono::milliseconds ping_after{30'000};
  std::chrono::milliseconds close_deadline{5'000};
};

/// The UI port over real sockets: HTTP/1.1 and websockets by Boost.Beast on the I/O thread, which outlives it. io_failure with what to do where the address
/// cannot be had. Answered without asking a handler: 400 (not HTTP, a bad path), 403 (Host or Origin of somebody else), 404, 405, 413, 415, 426, 431.
/// Every answer bears the headers that keep a browser from guessing types, framing the page and leaking its address.
result<std::unique_ptr<http_server>> listen_http(io_thread& io, const std::string& host, uint16_t port, http_handlers handlers, http_options options = {});

} // namespace lama::net
