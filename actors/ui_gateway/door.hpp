#pragma once

#include "actors/connection/plan.hpp"
#include "actors/ui_gateway/interface.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lama::actors {

/// Between the HTTP server, which lives as long as the process, and the gateway actor, which may die and come back: holds the token, lets in
/// who shows it, and remembers which websocket is whose. Safe from several threads.
///
///   server ──handlers()──► door ──roster "ui-gateway"──► gateway actor ──server()──► answers, notifications
class gateway_door : public std::enable_shared_from_this<gateway_door> {
public:
  /// @param token  what every request but /healthz must bear (contract: `Authorization: Bearer`, or the subprotocol)
  /// @param login_attempts_a_minute  for one address; scrypt makes each of them cost 90 ms
  explicit gateway_door(std::string token, uint32_t login_attempts_a_minute = 10);

  const std::string& token() const {
    return token_;
  }
  uint32_t login_attempts_a_minute() const {
    return login_attempts_;
  }

  /// For `listen_http`. They keep the door alive.
  net::http_handlers handlers();
  /// Once it listens, before `attach`. The server outlives all actors.
  void serve_by(net::http_server& server);
  net::http_server& server() const {
    return *server_;
  }
  /// The node's parts are there: from now on requests find the gateway. Until then they are told to come back.
  void attach(std::shared_ptr<const connection_context> context);
  /// At the end: nobody is found any more.
  void detach();

  // Websockets

  struct socket {
    std::string user;    ///< bound by a login, or named at the opening; empty: nobody's yet
    std::string address; ///< for rate limits
  };
  /// What is known of it; empty fields for one that is gone.
  socket socket_of(net::connection_id id) const;
  void bind(net::connection_id id, const std::string& user);
  /// After a logout: nobody acts as this user by an old binding.
  void unbind(const std::string& user);
  std::vector<net::connection_id> sockets_of(const std::string& user) const;
  /// Users of open websockets, each once.
  std::vector<std::string> users() const;
  std::size_t sockets() const;

private:
  ui_gateway_actor gateway() const;
  void take_request(net::http_request request, const net::http_responder& respond) const;
  void take_upgrade(const net::http_request& request, const net::upgrade_responder& respond);
  bool bears_token(const net::http_request& request) const;
  void drop(net::connection_id id);

  const std::string token_;
  const uint32_t login_attempts_;
  net::http_server* server_ = nullptr;
  mutable std::mutex mutex_; ///< guards what follows
  std::shared_ptr<const connection_context> context_;
  std::map<net::connection_id, socket> sockets_;
};

} // namespace lama::actors
