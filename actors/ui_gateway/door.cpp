#include "actors/ui_gateway/door.hpp"

#include "net/http_rules.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

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
constexpr const char* not_from_page = "A cookie is good for this node's own page alone; programs bear the token.";

/// One-time tokens cannot be guessed; this keeps who tries from costing anything.
constexpr uint32_t exchanges_a_minute = 60;

std::optional<net::static_file> no_page(const std::string& path, const std::string&) {
  if (path != "/")
    return std::nullopt;
  return net::static_file{"text/plain; charset=utf-8",
                          std::make_shared<const std::string>("This is a LAMA node's port for programs (docs/ipc.md). The page is on the device's side.\n"),
                          {},
                          {},
                          false};
}

} // namespace

gateway_door::gateway_door(door_options options)
    : options_{std::move(options)}, sessions_{options_.session_key.empty() ? system_random().bytes(32) : options_.session_key,
                                              options_.clock ? *options_.clock : system_clock()},
      exchanges_{exchanges_a_minute} {
  // nop
}

net::http_handlers gateway_door::handlers() {
  net::http_handlers x;
  x.request = [door = shared_from_this()](net::http_request request, net::http_responder respond) { door->take_request(std::move(request), respond); };
  x.upgrade = [door = shared_from_this()](net::http_request request, net::upgrade_responder respond) { door->take_upgrade(request, respond); };
  x.file = options_.page ? options_.page : no_page;
  return x;
}

void gateway_door::serve_by(net::http_server& server) {
  server_ = &server;
  cookie_name_ = "lama-session-" + std::to_string(server.port());
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

std::string gateway_door::session_of(const net::http_request& request) const {
  auto cookie = net::cookie_named(request.cookie, cookie_name_);
  return cookie ? sessions_.session_of(*cookie).value_or(std::string{}) : std::string{};
}

std::optional<std::string> gateway_door::admit(const net::http_request& request) const {
  if (!request.bearer.empty())
    return protocol::equal_secret(request.bearer, options_.token) ? std::optional{std::string{}} : std::nullopt;
  auto session = session_of(request);
  return session.empty() ? std::nullopt : std::optional{std::move(session)};
}

std::string gateway_door::cookie_header(const std::string& content, int64_t lifetime_s, bool by_tls) const {
  return cookie_name_ + '=' + content + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime_s) + (by_tls ? "; Secure" : "");
}

net::http_response gateway_door::begin_session(const net::http_request& request) {
  {
    std::lock_guard guard{mutex_};
    if (auto wait = exchanges_.count(request.remote_address, std::chrono::steady_clock::now())) {
      auto refused = refusal(429, "Too many tries; wait a moment.");
      refused.headers.emplace_back("Retry-After", std::to_string(wait->count() / 1000 + 1));
      return refused;
    }
  }
  auto body = protocol::jsonrpc::parse_bounded(request.body);
  auto token = body && body->is_object() ? body->find("token") : nlohmann::json::iterator{};
  if (!body || !body->is_object() || token == body->end() || !token->is_string())
    return refusal(400, "The body is {\"token\": …} with what stands behind # in the login URL.");
  auto session = sessions_.exchange(token->get_ref<const std::string&>());
  if (!session)
    return refusal(403, "This login link was used already, or is too old; lama login-url makes a new one.");
  net::http_response begun;
  begun.body = R"({"authorised":true,"user":null})";
  begun.headers.emplace_back("Set-Cookie", cookie_header(sessions_.cookie_of(*session), page_sessions::cookie_lifetime_s, request.by_tls));
  return begun;
}

void gateway_door::take_session(const net::http_request& request, const net::http_responder& respond) {
  if (request.method == "POST")
    return respond(begin_session(request));
  auto session = session_of(request);
  net::http_response told;
  if (request.method == "DELETE") {
    told.status = 204;
    told.headers.emplace_back("Set-Cookie", cookie_header("", 0, request.by_tls));
    return respond(std::move(told));
  }
  if (session.empty())
    return respond(refusal(401, "This browser is not let in; open the link that lama run or lama login-url prints."));
  auto user = sessions_.user_of(session);
  told.body = nlohmann::json{{"authorised", true}, {"user", user.empty() ? nlohmann::json(nullptr) : nlohmann::json(user)}}.dump();
  respond(std::move(told));
}

void gateway_door::take_request(net::http_request request, const net::http_responder& respond) {
  if (request.route == net::http_route::session)
    return take_session(request, respond);
  auto health = request.route == net::http_route::healthz;
  auto session = health ? std::optional{std::string{}} : admit(request);
  if (!session)
    return respond(refusal(401, no_token));
  auto changes = request.route == net::http_route::rpc || request.route == net::http_route::upload;
  if (!session->empty()) {
    if (changes && !request.from_page)
      return respond(refusal(403, not_from_page));
    request.user = sessions_.user_of(*session, request.user);
  }
  if (auto whom = gateway())
    return caf::anon_send(whom, http_arrived{std::make_shared<arrived_request>(arrived_request{std::move(request), respond, std::move(*session)})});
  if (!health)
    return respond(refusal(503, not_yet));
  net::http_response starting;
  starting.body = R"({"status":"starting"})";
  respond(std::move(starting));
}

void gateway_door::take_upgrade(const net::http_request& request, const net::upgrade_responder& respond) {
  auto session = admit(request);
  if (!session)
    return respond({std::nullopt, refusal(401, no_token)});
  if (!session->empty() && !request.from_page)
    return respond({std::nullopt, refusal(403, not_from_page)});
  if (!gateway())
    return respond({std::nullopt, refusal(503, not_yet)});
  net::connection_events events;
  events.opened = [door = shared_from_this(), who = socket{request.user, request.remote_address, *session}](net::connection_id id) {
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

gateway_door::socket gateway_door::known_locked(const socket& x) const {
  return x.session.empty() ? x : socket{sessions_.user_of(x.session, x.user), x.address, x.session};
}

gateway_door::socket gateway_door::socket_of(net::connection_id id) const {
  std::lock_guard guard{mutex_};
  auto found = sockets_.find(id);
  return found == sockets_.end() ? socket{} : known_locked(found->second);
}

void gateway_door::bind(net::connection_id id, const std::string& user) {
  std::lock_guard guard{mutex_};
  auto found = sockets_.find(id);
  if (found == sockets_.end())
    return;
  found->second.user = user;
  if (!found->second.session.empty())
    sessions_.bind(found->second.session, user);
}

void gateway_door::unbind(const std::string& user) {
  std::lock_guard guard{mutex_};
  for (auto& [id, x] : sockets_)
    if (x.user == user)
      x.user.clear();
  sessions_.unbind(user);
}

std::vector<net::connection_id> gateway_door::sockets_of(const std::string& user) const {
  std::lock_guard guard{mutex_};
  std::vector<net::connection_id> found;
  for (const auto& [id, x] : sockets_)
    if (known_locked(x).user == user)
      found.push_back(id);
  return found;
}

std::vector<std::string> gateway_door::users() const {
  std::lock_guard guard{mutex_};
  std::vector<std::string> all;
  for (const auto& [id, x] : sockets_)
    if (auto user = known_locked(x).user; !user.empty() && std::ranges::find(all, user) == all.end())
      all.push_back(std::move(user));
  return all;
}

std::size_t gateway_door::sockets() const {
  std::lock_guard guard{mutex_};
  return sockets_.size();
}

} // namespace lama::actors
