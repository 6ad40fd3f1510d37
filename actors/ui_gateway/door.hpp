#pragma once

#include "actors/connection/plan.hpp"
#include "actors/ui_gateway/attempts.hpp"
#include "actors/ui_gateway/interface.hpp"
#include "actors/ui_gateway/sessions.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lama::actors {

struct door_options {
  std::string token;                         ///< what programs bear (contract: `Authorization: Bearer`, or the subprotocol)
  uint32_t login_attempts_a_minute = 10;     ///< for one address; scrypt makes each of them cost 90 ms
  std::string session_key{};                 ///< 32 bytes that outlive the process, for cookies; empty: new ones
  const wall_clock* clock = nullptr;         ///< for their ends; null: the system's
  decltype(net::http_handlers::file) page{}; ///< files of the page; none: a line that says where it is
  /// Answers and notifications are held against the schema, and one that breaks it becomes an error: for tests.
  bool checks_answers = false;
};

/// Between the HTTP server, which lives as long as the process, and the gateway actor, which may die and come back: holds the token, lets in
/// who shows it or a browser's cookie, and remembers which websocket is whose. Safe from several threads.
///
///   server ──handlers()──► door ──roster "ui-gateway"──► gateway actor ──server()──► answers, notifications
class gateway_door : public std::enable_shared_from_this<gateway_door> {
public:
  explicit gateway_door(door_options options);

  const door_options& options() const {
    return options_;
  }
  const std::string& token() const {
    return options_.token;
  }
  page_sessions& sessions() {
    return sessions_;
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
    std::string user;    ///< bound by a login, or named at the opening; empty: nobody's yet, or its session's newest
    std::string address; ///< for rate limits
    std::string session; ///< of the cookie it came with; empty: the bare token
  };
  /// What is known of it; empty fields for one that is gone.
  socket socket_of(net::connection_id id) const;
  /// With its session, where it has one.
  void bind(net::connection_id id, const std::string& user);
  /// After a logout: nobody acts as this user by an old binding.
  void unbind(const std::string& user);
  std::vector<net::connection_id> sockets_of(const std::string& user) const;
  /// Users of open websockets, each once.
  std::vector<std::string> users() const;
  std::size_t sockets() const;

private:
  ui_gateway_actor gateway() const;
  void take_request(net::http_request request, const net::http_responder& respond);
  void take_upgrade(const net::http_request& request, const net::upgrade_responder& respond);
  /// Empty session: by the bare token. Nothing: neither that nor a cookie.
  std::optional<std::string> admit(const net::http_request& request) const;
  std::string session_of(const net::http_request& request) const;
  void take_session(const net::http_request& request, const net::http_responder& respond);
  net::http_response begin_session(const net::http_request& request);
  std::string cookie_header(const std::string& content, int64_t lifetime_s, bool by_tls) const;
  socket known_locked(const socket& x) const;
  void drop(net::connection_id id);

  const door_options options_;
  page_sessions sessions_;
  std::string cookie_name_;
  net::http_server* server_ = nullptr;
  mutable std::mutex mutex_; ///< guards what follows
  attempts exchanges_;
  std::shared_ptr<const connection_context> context_;
  std::map<net::connection_id, socket> sockets_;
};

} // namespace lama::actors
