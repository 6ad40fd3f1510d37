#pragma once

#include "net/detail/coalescing_socket.hpp"
#include "net/rpc_client.hpp"
#include "net/url.hpp"

#include <chrono>
#include <optional>

namespace lama::net::detail {

/// Asio's asynchronous operations, waited for with a deadline on the caller's own thread.
class patient {
public:
  using clock = std::chrono::steady_clock;

  asio::io_context& context() {
    return context_;
  }

  /// Starts `operation(callback)` and runs until the callback was called with (error_code, …). At the deadline `give_up()` must make it end; then timed_out.
  template <class Operation, class GiveUp>
  error_code run(clock::time_point deadline, Operation operation, GiveUp give_up) {
    std::optional<error_code> outcome;
    operation([&outcome](error_code failure, const auto&...) { outcome = failure; });
    context_.restart();
    while (!outcome && context_.run_one_until(deadline) > 0)
      ;
    if (outcome)
      return *outcome;
    give_up();
    while (!outcome && context_.run_one() > 0)
      ;
    return asio::error::timed_out;
  }

private:
  asio::io_context context_{1};
};

/// Resolves and connects; offline or timeout with what to do. On failure the socket is closed.
result<done> dial(patient& runner, plain_socket& socket, const url& to, patient::clock::time_point deadline);

/// What a person is told when the connection fails under way.
error connection_failure(const url& to, const error_code& failure);

/// What a person is told for an HTTP status that is no success; `body` may hold {"error":…}.
error status_failure(unsigned status, const std::string& body);

} // namespace lama::net::detail
