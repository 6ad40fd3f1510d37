#include "raw_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

namespace lama::net::testing {

raw_socket::raw_socket(uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  timeval patience{60, 0}; // a machine may be busy
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error{"no connection to port " + std::to_string(port)};
}

raw_socket::~raw_socket() {
  close(descriptor_);
}

void raw_socket::send(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    auto count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return;
    sent += static_cast<std::size_t>(count);
  }
}

std::string raw_socket::read_until(const std::string& end) {
  std::string got;
  char byte = 0;
  while (!got.ends_with(end) && recv(descriptor_, &byte, 1, 0) == 1)
    got += byte;
  return got;
}

std::string raw_socket::read_all() {
  std::string got;
  char some[4096];
  for (ssize_t count = 0; (count = recv(descriptor_, some, sizeof some, 0)) > 0;)
    got.append(some, static_cast<std::size_t>(count));
  return got;
}

bool raw_socket::closed_by_peer() {
  char some[4096];
  ssize_t count = 0;
  while ((count = recv(descriptor_, some, sizeof some, 0)) > 0)
    ;
  return count == 0 || errno == ECONNRESET;
}

void raw_socket::shutdown_send() {
  shutdown(descriptor_, SHUT_WR);
}

std::string raw_socket::open_websocket(const std::string& target) {
  send("GET " + target +
       " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: first, second\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n");
  return read_until("\r\n\r\n");
}

silent_listener::silent_listener() : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(descriptor_, 8) != 0)
    throw std::runtime_error{"no port to listen at"};
}

silent_listener::~silent_listener() {
  close(descriptor_);
}

uint16_t silent_listener::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

} // namespace lama::net::testing
