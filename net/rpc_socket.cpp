#include "net/rpc_socket.hpp"

#include "net/detail/patient.hpp"
#include "protocol/limits.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <utility>

namespace lama::net {

using namespace detail;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace jsonrpc = protocol::jsonrpc;
using clock = patient::clock;

struct rpc_socket::state {
  /// Reads on until a message is there or `until` is past; a read that is not over by then goes on at the next call.
  result<done> receive(clock::time_point until);
  std::optional<jsonrpc::incoming> take(int64_t id);
  error closed(const error_code& failure) const;

  url to;
  patient runner;
  websocket::stream<coalescing_socket, false> stream{coalescing_socket{plain_socket{runner.context()}}};
  asio::steady_timer alarm{runner.context()}; ///< ends a wait for messages
  beast::flat_buffer buffer;
  bool reading = false;
  std::optional<error_code> read_outcome;
  std::deque<jsonrpc::incoming> arrived;
  int64_t last_id = 0;
};

rpc_socket::rpc_socket(std::unique_ptr<state> opened) : state_(std::move(opened)) {
  // nop
}

rpc_socket::~rpc_socket() = default;
rpc_socket::rpc_socket(rpc_socket&&) noexcept = default;
rpc_socket& rpc_socket::operator=(rpc_socket&&) noexcept = default;

result<rpc_socket> rpc_socket::open(const rpc_options& options) {
  auto opened = std::make_unique<state>();
  auto& s = *opened;
  auto deadline = clock::now() + options.deadline;
  LAMA_TRY(parsed, parse_url(options.url, "http"));
  s.to = parsed;
  auto& socket = s.stream.next_layer().next_layer();
  LAMA_CHECK(dial(s.runner, socket, s.to, deadline));
  s.stream.auto_fragment(false);
  s.stream.read_message_max(std::size_t{4} * limits::rpc_message_bytes);
  s.stream.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    request.set(http::field::authorization, "Bearer " + options.token);
    if (!options.user.empty())
      request.set("Lama-User", options.user);
  }));
  websocket::response_type response;
  auto failure = s.runner.run(
      deadline, [&](auto finished) { s.stream.async_handshake(response, s.to.authority(), "/ipc", finished); },
      [&socket] {
        error_code ignored;
        socket.close(ignored);
      });
  if (failure == websocket::error::upgrade_declined)
    return status_failure(response.result_int(), response.body());
  if (failure)
    return connection_failure(s.to, failure);
  s.stream.text(true);
  return rpc_socket{std::move(opened)};
}

error rpc_socket::state::closed(const error_code& failure) const {
  if (failure != websocket::error::closed)
    return connection_failure(to, failure);
  auto said = stream.reason().reason;
  return fail(errc::offline, "The node at " + to.authority() + " closed the connection: " + std::string{said.data(), said.size()});
}

result<int64_t> rpc_socket::send(const std::string& method, const nlohmann::json& params) {
  auto& s = *state_;
  auto text = jsonrpc::write_request(++s.last_id, method, params);
  auto failure = s.runner.run(
      clock::now() + std::chrono::seconds{30}, [&](auto finished) { s.stream.async_write(asio::buffer(text), finished); },
      [&s] {
        error_code ignored;
        s.stream.next_layer().next_layer().close(ignored);
      });
  if (failure)
    return s.closed(failure);
  return s.last_id;
}

result<done> rpc_socket::state::receive(clock::time_point until) {
  if (!std::exchange(reading, true)) {
    read_outcome.reset();
    stream.async_read(buffer, [this](error_code failure, std::size_t) { read_outcome = failure; });
  }
  // `run_one_until` rounds up to whole milliseconds, which is more than a call takes; an alarm does not.
  alarm.expires_at(until);
  alarm.async_wait([](error_code) {});
  runner.context().restart();
  while (!read_outcome && clock::now() < until && runner.context().run_one() > 0)
    ;
  if (!read_outcome)
    return done{};
  reading = false;
  if (*read_outcome)
    return closed(*read_outcome);
  LAMA_TRY(messages, jsonrpc::parse_incoming(beast::buffers_to_string(buffer.data())));
  buffer.consume(buffer.size());
  for (auto& message : messages)
    arrived.push_back(std::move(message));
  return done{};
}

result<std::optional<jsonrpc::incoming>> rpc_socket::next(std::chrono::nanoseconds patience) {
  auto& s = *state_;
  if (s.arrived.empty())
    LAMA_CHECK(s.receive(clock::now() + patience));
  std::optional<jsonrpc::incoming> first;
  if (!s.arrived.empty()) {
    first = std::move(s.arrived.front());
    s.arrived.pop_front();
  }
  return first;
}

std::optional<jsonrpc::incoming> rpc_socket::state::take(int64_t id) {
  for (auto at = arrived.begin(); at != arrived.end(); ++at)
    if (at->method.empty() && at->id == id) {
      auto found = std::move(*at);
      arrived.erase(at);
      return found;
    }
  return std::nullopt;
}

result<nlohmann::json> rpc_socket::call(const std::string& method, const nlohmann::json& params, std::chrono::milliseconds deadline) {
  auto& s = *state_;
  auto end = clock::now() + deadline;
  LAMA_TRY(id, send(method, params));
  for (;;) {
    if (auto answer = s.take(id)) {
      if (answer->failure)
        return *answer->failure;
      return std::move(answer->value);
    }
    if (clock::now() >= end)
      return fail(errc::timeout, "The node at " + s.to.authority() + " did not answer " + method + " in time.");
    LAMA_CHECK(s.receive(end));
  }
}

} // namespace lama::net
