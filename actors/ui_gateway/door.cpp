#include "actors/ui_gateway/door.hpp"

#include "protocol/crypto/crypto.hpp"

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

net::http_response refusal(unsigned status, const char* why) {
  net::http_response x;
  x.status = status;
  x.body = std::string{R"({"error":")"} + why + "\"}";
  if (status == 401)
    x.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503)
    x.headers.emplace_back("Retry-After", "1");
  return x;
}

constexpr const char* no_token = "The token is missing or wrong: it stands in ipc.json (archive-ipc.json for the archive) in the data dir.";
constexpr const char* not_yet = "The node is starting; try again in a moment.";

} // namespace

gateway_door::gateway_door(std::string token, uint32_t login_attempts_a_minute) : token_{std::move(token)}, login_attempts_{login_attempts_a_minute} {
  // nop
}

net::http_handlers gateway_door::handlers() {
  net::http_handlers x;
  x.request = [door = shared_from_this()](net::http_request request, net::http_responder respond) { door->take_request(std::move(request), respond); };
  x.upgrade = [door = shared_from_this()](net::http_request request, net::upgrade_responder respond) { door->take_upgrade(request, respond); };
  x.file = [](const std::string&) -> std::optional<net::static_file> { return std::nullopt; };
  return x;
}

void gateway_door::serve_by(net::http_server& server) {
  server_ = &server;
}

void gateway_door::attach(std::shared_ptr<const connection_context> context) {
  std::lock_guard guard{mutex_};
  context_ = std::move(context);
}

void gateway_door::detach() {
  std::lock_guard guard{mutex_};
  context_ = nullptr;
}

ui_gateway_actor gateway_door::gateway() const {
  std::lock_guard guard{mutex_};
  return context_ ? context_->members->find<ui_gateway_actor>("ui-gateway") : ui_gateway_actor{};
}

bool gateway_door::bears_token(const net::http_request& request) const {
  return protocol::equal_secret(request.bearer, token_);
}

void gateway_door::take_request(net::http_request request, const net::http_responder& respond) const {
  auto health = request.route == net::http_route::healthz;
  if (!health && !bears_token(request))
    return respond(refusal(401, no_token));
  if (auto whom = gateway())
    return caf::anon_send(whom, http_arrived{std::make_shared<arrived_request>(arrived_request{std::move(request), respond})});
  if (!health)
    return respond(refusal(503, not_yet));
  net::http_response starting;
  starting.body = R"({"status":"starting"})";
  respond(std::move(starting));
}

void gateway_door::take_upgrade(const net::http_request& request, const net::upgrade_responder& respond) {
  if (!bears_token(request))
    return respond({std::nullopt, refusal(401, no_token)});
  if (!gateway())
    return respond({std::nullopt, refusal(503, not_yet)});
  net::connection_events events;
  events.opened = [door = shared_from_this(), who = socket{request.user, request.remote_address}](net::connection_id id) {
    std::lock_guard guard{door->mutex_};
    door->sockets_[id] = who;
  };
  events.received = [door = shared_from_this()](net::connection_id id, net::frame frame) {
    if (auto whom = door->gateway())
      caf::anon_send(whom, socket_said{id, std::move(frame.bytes)});
    else
      door->server_->close(id, net::close_code::normal, not_yet);
  };
  events.closed = [door = shared_from_this()](net::connection_id id, const std::string&, uint16_t) {
    door->drop(id);
    if (auto whom = door->gateway())
      caf::anon_send(whom, socket_gone{id});
  };
  respond({std::move(events), {}});
}

void gateway_door::drop(net::connection_id id) {
  std::lock_guard guard{mutex_};
  sockets_.erase(id);
}

gateway_door::socket gateway_door::socket_of(net::connection_id id) const {
  std::lock_guard guard{mutex_};
  auto found = sockets_.find(id);
  return found == sockets_.end() ? socket{} : found->second;
}

void gateway_door::bind(net::connection_id id, const std::string& user) {
  std::lock_guard guard{mutex_};
  if (auto found = sockets_.find(id); found != sockets_.end())
    found->second.user = user;
}

void gateway_door::unbind(const std::string& user) {
  std::lock_guard guard{mutex_};
  for (auto& [id, x] : sockets_)
    if (x.user == user)
      x.user.clear();
}

std::vector<net::connection_id> gateway_door::sockets_of(const std::string& user) const {
  std::lock_guard guard{mutex_};
  std::vector<net::connection_id> found;
  for (const auto& [id, x] : sockets_)
    if (x.user == user)
      found.push_back(id);
  return found;
}

std::vector<std::string> gateway_door::users() const {
  std::lock_guard guard{mutex_};
  std::vector<std::string> all;
  for (const auto& [id, x] : sockets_)
    if (!x.user.empty() && std::ranges::find(all, x.user) == all.end())
      all.push_back(x.user);
  return all;
}

std::size_t gateway_door::sockets() const {
  std::lock_guard guard{mutex_};
  return sockets_.size();
}

} // namespace lama::actors
