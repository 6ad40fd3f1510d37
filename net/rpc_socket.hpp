#pragma once

#include "net/rpc_client.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace lama::net {

/// The websocket of a node's UI port, synchronous: for what listens (`lama status --watch`) and what measures (the live benchmark).
class rpc_socket {
public:
  /// `options.deadline` bounds the opening. Errors as `rpc_client`.
  static result<rpc_socket> open(const rpc_options& options);
  ~rpc_socket();
  rpc_socket(rpc_socket&&) noexcept;
  rpc_socket& operator=(rpc_socket&&) noexcept;

  /// Sends a request without waiting for its answer, and gives its id.
  result<int64_t> send(const std::string& method, const nlohmann::json& params = nlohmann::json::object());
  /// The next answer or notification, in the order of arrival; nothing when none came in time. offline when the node has closed: its reason.
  result<std::optional<protocol::jsonrpc::incoming>> next(std::chrono::nanoseconds patience);
  /// Sends and waits for this one answer; what else comes stays for `next`.
  result<nlohmann::json> call(const std::string& method, const nlohmann::json& params = nlohmann::json::object(),
                              std::chrono::milliseconds deadline = std::chrono::seconds{30});

private:
  struct state;
  explicit rpc_socket(std::unique_ptr<state> opened);

  std::unique_ptr<state> state_;
};

} // namespace lama::net
