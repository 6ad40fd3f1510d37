#include "net/detail/http_connection.hpp"

#include "protocol/hash.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <utility>

namespace lama::net::detail {

http_connection::http_connection(plain_socket socket, std::shared_ptr<http_shared> shared)
    : shared_(std::move(shared)), stream_(std::move(socket)), timer_(stream_.get_executor()) {
  // nop
}

void http_connection::start() {
  error_code failure;
  auto remote = stream_.next_layer().remote_endpoint(failure);
  if (failure)
    return drop();
  remote_address_ = remote.address().to_string();
  read_head(shared_->options.head_deadline);
}

void http_connection::drop() {
  if (std::exchange(gone_, true))
    return;
  error_code ignored;
  stream_.next_layer().close(ignored);
  timer_.cancel();
  source_ = nullptr;
  shared_->connections.erase(shared_from_this());
}

void http_connection::expect_within(std::chrono::milliseconds deadline) {
  timer_.expires_after(deadline);
  timer_.async_wait([self = shared_from_this()](error_code failure) {
    auto moved = self->timer_.expiry() > asio::steady_timer::clock_type::now(); // it had fired already when it was set anew
    if (!failure && !moved)
      self->drop();
  });
}

namespace {

/// What a person opens, unlike what programs call.
bool is_page(const std::string& path) {
  return path != "/rpc" && path != "/ipc" && path != "/session" && path != "/metrics" && !path.starts_with("/blob/");
}

} // namespace

// -- the request's head ------------------------------------------------------------

void http_connection::read_head(std::chrono::milliseconds deadline) {
  ++number_;
  body_.reset();
  pieces_.reset();
  head_.emplace();
  head_->header_limit(limits::http_header_bytes);
  head_->body_limit(boost::none); // looked at by route
  expect_within(deadline);
  http::async_read_header(stream_, buffer_, *head_, [self = shared_from_this()](error_code failure, std::size_t) { self->head_read(failure); });
}

void http_connection::head_read(error_code failure) {
  if (gone_)
    return;
  timer_.cancel();
  if (failure) {
    keep_alive_ = false;
    body_left_ = true; // whatever it was, what follows cannot be told from it
    if (failure == http::error::header_limit)
      return refuse(431, "The request's head is longer than " + std::to_string(limits::http_header_bytes) + " bytes.");
    auto is_http = failure != http::error::end_of_stream && failure != http::error::partial_message &&
                   failure.category() == make_error_code(http::error::bad_version).category();
    return is_http ? refuse(400, "This is not an HTTP/1.1 request: " + failure.message() + ".") : drop();
  }
  request_ = head_->get().base();
  keep_alive_ = head_->keep_alive();
  body_left_ = !head_->is_done();
  continue_wanted_ = body_left_ && beast::iequals(request_[http::field::expect], "100-continue");

  auto host = text(request_[http::field::host]);
  if (request_.count(http::field::host) != 1 || !shared_->hosts.allows_host(host))
    return refuse(403, "This node does not answer to the host \"" + host.substr(0, 100) + "\". Call it as localhost, or add the name to its configuration.");
  if (!host_rules::allows_origin(text(request_[http::field::origin]), host))
    return refuse(403, "Pages of other sites may not call this node.");
  auto path = decode_path(text(request_.target()));
  if (!path)
    return refuse(400, "The path is not one of this node's.");
  if (!host_rules::allows_fetch(text(request_["Sec-Fetch-Site"]), text(request_["Sec-Fetch-Mode"]), is_page(*path)))
    return refuse(403, "Pages of other sites may not call this node.");
  route(*path);
}

http_request http_connection::describe(http_route route, const std::string& path) const {
  http_request request;
  request.route = route;
  request.method = text(request_.method_string());
  request.target = path;
  request.bearer = bearer_token(text(request_[http::field::authorization]));
  request.cookie = text(request_[http::field::cookie]);
  request.content_type = media_type(text(request_[http::field::content_type]));
  request.range = text(request_[http::field::range]);
  request.user = text(request_["Lama-User"]);
  if (request.user.empty()) // a browser's websockets and links can set no header
    request.user = query_parameter(text(request_.target()), "user").value_or(std::string{});
  request.file_name = query_parameter(text(request_.target()), "name").value_or(std::string{});
  request.remote_address = remote_address_;
  auto origin = lower_case(text(request_[http::field::origin])); // this node's own, else it would have been refused
  request.from_page = !origin.empty() || request_["Sec-Fetch-Site"] == "same-origin";
  request.by_tls = origin.starts_with("https:");
  return request;
}

void http_connection::route(const std::string& path) {
  auto method = request_.method();
  auto reads = method == http::verb::get || method == http::verb::head;
  if (body_left_ && method != http::verb::post && method != http::verb::put)
    return refuse(400, "Only POST and PUT bear a body.");
  if (path == "/rpc") {
    if (method != http::verb::post)
      return refuse(405, "Calls come by POST.");
    if (media_type(text(request_[http::field::content_type])) != "application/json")
      return refuse(415, "Calls are of type application/json."); // other types could be sent by any page without asking
    return receive_body(http_route::rpc, path, limits::rpc_message_bytes);
  }
  if (path == "/session")
    return route_session(path);
  if (path == "/ipc")
    return upgrade();
  if (path.starts_with("/blob/"))
    return route_blob(path);
  if (!reads)
    return refuse(405, "There is nothing to change here.");
  if (path == "/healthz")
    return ask(describe(http_route::healthz, path));
  if (path == "/metrics")
    return ask(describe(http_route::metrics, path));
  answer_file(path);
}

void http_connection::route_session(const std::string& path) {
  auto method = request_.method();
  if (method == http::verb::get || method == http::verb::delete_)
    return ask(describe(http_route::session, path));
  if (method != http::verb::post)
    return refuse(405, "A session is begun by POST, looked at by GET, ended by DELETE.");
  if (media_type(text(request_[http::field::content_type])) != "application/json")
    return refuse(415, "The token comes as application/json.");
  receive_body(http_route::session, path, limits::session_body_bytes);
}

void http_connection::route_blob(const std::string& path) {
  auto name = path.substr(std::string_view{"/blob/"}.size());
  auto method = request_.method();
  auto reads = method == http::verb::get || method == http::verb::head;
  if (!hash::from_hex(name))
    return refuse(404, "A blob is named by 64 lower-case hex digits.");
  if (!reads && method != http::verb::put)
    return refuse(405, "Blobs are read by GET and brought by PUT.");
  auto request = describe(reads ? http_route::blob : http_route::upload, path);
  request.blob = name;
  if (reads)
    ask(std::move(request));
  else
    prepare_upload(std::move(request));
}

// -- bodies ------------------------------------------------------------------------

void http_connection::send_continue(std::function<void()> then) {
  if (!std::exchange(continue_wanted_, false))
    return then();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(go_on), [self = shared_from_this(), then = std::move(then)](error_code failure, std::size_t) {
    if (failure)
      self->drop();
    if (!self->gone_)
      then();
  });
}

void http_connection::receive_body(http_route route, const std::string& path, std::size_t most) {
  auto too_long = "A message has at most " + std::to_string(most) + " bytes. Send attachments by PUT /blob.";
  auto length = head_->content_length();
  if (length && *length > most)
    return refuse(413, too_long);
  body_.emplace(std::move(*head_));
  body_->body_limit(most);
  expect_within(shared_->options.progress_deadline);
  buffer_.reserve(limits::blob_chunk_bytes); // else Beast reads 512 bytes at a time
  send_continue([this, route, path, too_long] {
    http::async_read(stream_, buffer_, *body_, [self = shared_from_this(), route, path, too_long](error_code failure, std::size_t) {
      if (self->gone_)
        return;
      self->timer_.cancel();
      if (failure == http::error::body_limit)
        return self->refuse(413, too_long);
      if (failure)
        return self->drop();
      self->body_left_ = false;
      auto request = self->describe(route, path);
      request.body = std::move(self->body_->get().body());
      self->ask(std::move(request));
    });
  });
}

void http_connection::prepare_upload(http_request request) {
  request.content_length = head_->content_length() ? std::optional<uint64_t>{*head_->content_length()} : std::nullopt;
  if (request.content_length.value_or(0) > limits::blob_bytes)
    return refuse(413, "A blob has at most " + std::to_string(limits::blob_bytes) + " bytes.");
  pieces_.emplace(std::move(*head_));
  pieces_->body_limit(limits::blob_bytes);
  request.content = [weak = weak_from_this(), number = number_, executor = stream_.get_executor()](piece_taker take) {
    asio::post(executor, [weak, number, take = std::move(take)] {
      if (auto self = weak.lock())
        self->read_piece(number, take);
      else
        take(fail(errc::offline, "The upload broke off."));
    });
  };
  ask(std::move(request));
}

void http_connection::read_piece(uint64_t number, const piece_taker& take) {
  if (shared_->shut)
    return;
  if (gone_ || number != number_ || reading_piece_ || !pieces_)
    return take(fail(errc::offline, "The upload broke off."));
  if (pieces_->is_done()) {
    body_left_ = false;
    return take(std::string{});
  }
  reading_piece_ = true;
  expect_within(shared_->options.progress_deadline);
  send_continue([this, take] {
    buffer_.reserve(limits::blob_chunk_bytes);
    piece_.resize(limits::blob_chunk_bytes);
    auto& body = pieces_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    http::async_read(stream_, buffer_, *pieces_, [self = shared_from_this(), take](error_code failure, std::size_t) { self->piece_read(failure, take); });
  });
}

void http_connection::piece_read(error_code failure, const piece_taker& take) {
  reading_piece_ = false;
  timer_.cancel();
  if (shared_->shut)
    return;
  if (failure == http::error::body_limit)
    return take(fail(errc::too_large, "A blob has at most " + std::to_string(limits::blob_bytes) + " bytes."));
  if (failure && failure != http::error::need_buffer) {
    drop();
    return take(fail(errc::offline, "The upload broke off: " + failure.message() + "."));
  }
  body_left_ = !pieces_->is_done();
  piece_.resize(piece_.size() - pieces_->get().body().size);
  take(std::move(piece_));
}

void http_connection::ask(http_request request) {
  waiting_ = true;
  if (!shared_->handlers.request)
    return refuse(404, "Nothing is served here.");
  shared_->handlers.request(std::move(request), responder());
}

/// One answer, from any thread; none at all is an answer too.
http_responder http_connection::responder() {
  struct pending {
    std::weak_ptr<http_connection> to;
    uint64_t number;
    plain_socket::executor_type executor;
    std::atomic<bool> given = false;

    pending(std::weak_ptr<http_connection> connection, uint64_t request, plain_socket::executor_type where)
        : to(std::move(connection)), number(request), executor(where) {
      // nop
    }
    ~pending() {
      if (!given)
        give({.status = 503, .body = R"({"error":"The node could not answer; try again."})"});
    }
    void give(http_response response) {
      if (given.exchange(true) || to.expired())
        return;
      asio::post(executor, [to = to, number = number, response = std::move(response)]() mutable {
        if (auto self = to.lock())
          self->answer(number, std::move(response));
      });
    }
  };
  auto shared = std::make_shared<pending>(weak_from_this(), number_, stream_.get_executor());
  return [shared](http_response response) { shared->give(std::move(response)); };
}

// -- becoming a websocket ------------------------------------------------------------

namespace {

constexpr std::string_view spoken_protocol = "lama.ipc.v1";

} // namespace

void http_connection::upgrade() {
  http::request<http::empty_body> request{request_};
  if (!beast::websocket::is_upgrade(request))
    return refuse(426, "This is a websocket.");
  if (!shared_->handlers.upgrade)
    return refuse(404, "Nothing is served here.");
  auto described = describe(http_route::ipc, "/ipc");
  if (described.bearer.empty()) // pages cannot set headers on a websocket
    for (const auto& offered : http::token_list{request_[http::field::sec_websocket_protocol]})
      if (offered.starts_with("bearer."))
        described.bearer = text(offered.substr(std::string_view{"bearer."}.size()));
  waiting_ = true;
  auto answered = std::make_shared<std::atomic<bool>>(false);
  shared_->handlers.upgrade(std::move(described), [weak = weak_from_this(), number = number_, executor = stream_.get_executor(), answered,
                                                   unanswered = responder()](upgrade_answer answer) {
    if (answered->exchange(true))
      return;
    if (!answer.accepted)
      return unanswered(std::move(answer.refused));
    asio::post(executor, [weak, number, unanswered, answer = std::move(answer)]() mutable { // `unanswered` comes too late then
      if (auto self = weak.lock())
        self->become_websocket(number, std::move(answer));
    });
  });
}

void http_connection::become_websocket(uint64_t number, upgrade_answer answer) {
  if (gone_ || number != number_ || !waiting_)
    return;
  waiting_ = false;
  gone_ = true; // as a connection of this kind; the socket goes on
  timer_.cancel();
  std::string protocol;
  for (const auto& offered : http::token_list{request_[http::field::sec_websocket_protocol]})
    if (text(offered) == spoken_protocol)
      protocol = spoken_protocol;
  const auto& options = shared_->options;
  session_settings settings{.queue_bytes = options.queue_bytes,
                            .message_bytes = limits::rpc_message_bytes,
                            .close_deadline = options.close_deadline,
                            .ping_after = options.ping_after,
                            .text_only = true,
                            .pause_bytes = options.fair_queue_bytes,
                            .budget = shared_->budget};
  stream_.unread(beast::buffers_to_string(buffer_.data()));
  auto one = std::make_shared<session>(next_connection_id(), std::move(stream_), std::move(*answer.accepted), settings, shared_->sessions);
  shared_->sessions->add(one);
  one->expect_open_within(options.head_deadline, "The page did not take the answer to its websocket request.");
  one->accept(http::request<http::empty_body>{request_}, protocol);
  shared_->connections.erase(shared_from_this());
}

} // namespace lama::net::detail
