#pragma once

#include <cstdint>
#include <string>

namespace lama::net::testing {

/// A blocking TCP client of 127.0.0.1 that speaks whatever bytes it is told to: for peers that misbehave.
class raw_socket {
public:
  explicit raw_socket(uint16_t port);
  ~raw_socket();
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  void send(const std::string& bytes);
  /// Until `end` was read, or the other side closed, or a minute went by.
  std::string read_until(const std::string& end);
  /// All that comes until the other side closes (or a minute without a byte).
  std::string read_all();
  /// True when the other side closed within a minute; what comes before is dropped.
  bool closed_by_peer();
  void shutdown_send();

  /// The websocket opening of RFC 6455 §1.3, read through its answer.
  std::string open_websocket(const std::string& target = "/");

private:
  int descriptor_;
};

/// Listens at a port of 127.0.0.1 and accepts nobody: the system completes the connection, and then nothing comes.
class silent_listener {
public:
  silent_listener();
  ~silent_listener();
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;

  uint16_t port() const;

private:
  int descriptor_;
};

} // namespace lama::net::testing
