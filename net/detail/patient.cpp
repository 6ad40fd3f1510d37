#include "net/detail/patient.hpp"

#include "net/detail/tcp.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <boost/asio/connect.hpp>

namespace lama::net::detail {

error connection_failure(const url& to, const error_code& failure) {
  auto at = to.authority();
  if (failure == asio::error::timed_out)
    return fail(errc::timeout, "The node at " + at + " did not answer in time.");
  if (failure == asio::error::connection_refused)
    return fail(errc::offline, "No node listens at " + at + ". Start one with `lama run`, or name another with --url and --token.");
  return fail(errc::offline, "The connection to the node at " + at + " failed: " + failure.message() + ". See `lama status`, or start it with `lama run`.");
}

error status_failure(unsigned status, const std::string& body) {
  std::string said;
  if (auto parsed = protocol::jsonrpc::parse_bounded(body); parsed && parsed->is_object())
    if (auto text = parsed->find("error"); text != parsed->end() && text->is_string())
      said = " " + text->get<std::string>();
  auto detail = std::to_string(status);
  switch (status) {
  case 401:
    return fail(errc::forbidden, "The node does not accept the token." + said + " Use --data-dir of the running node, or --token.", detail);
  case 403:
    return fail(errc::forbidden, "The node refuses the request." + said, detail);
  case 404:
    return fail(errc::not_found, "The node has no such thing." + said, detail);
  case 409:
    return fail(errc::conflict, "The node refuses the request." + said, detail);
  case 413:
    return fail(errc::too_large, "The node takes no more." + said, detail);
  case 422:
    return fail(errc::bad_input, "The node refuses what was sent." + said, detail);
  case 429:
  case 503:
    return fail(errc::overloaded, "The node is too busy; try again." + said, detail);
  case 507:
    return fail(errc::no_space, "The node's disk is full." + said, detail);
  default:
    return fail(errc::io_failure, "The node answered HTTP " + detail + "." + said, detail);
  }
}

result<done> dial(patient& runner, plain_socket& socket, const url& to, patient::clock::time_point deadline) {
  auto close = [&socket] {
    error_code ignored;
    socket.close(ignored);
  };
  close();
  tcp::resolver resolver{runner.context()};
  tcp::resolver::results_type endpoints;
  error_code failure;
  auto literal = asio::ip::make_address(to.host, failure);
  if (!failure) {
    endpoints = tcp::resolver::results_type::create(tcp::endpoint{literal, to.port}, to.host, std::to_string(to.port));
  } else {
    failure = runner.run(
        deadline,
        [&](auto finished) {
          resolver.async_resolve(to.host, std::to_string(to.port), [&endpoints, finished](error_code unresolved, tcp::resolver::results_type found) mutable {
            endpoints = std::move(found);
            finished(unresolved);
          });
        },
        [&] { resolver.cancel(); });
    if (failure)
      return connection_failure(to, failure);
  }
  failure = runner.run(
      deadline, [&](auto finished) { asio::async_connect(socket, endpoints, finished); }, close);
  if (failure) {
    close();
    return connection_failure(to, failure);
  }
  configure(socket);
  return done{};
}

} // namespace lama::net::detail
