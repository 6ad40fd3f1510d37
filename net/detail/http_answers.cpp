#include "net/detail/http_connection.hpp"

#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>

#include <utility>

/// The second half of http_connection: what is written.
namespace lama::net::detail {

namespace {

const char* allowed_methods(const std::string& target) {
  if (target == "/rpc")
    return "POST";
  if (target == "/session")
    return "GET, POST, DELETE";
  return target.starts_with("/blob/") ? "GET, HEAD, PUT" : "GET, HEAD";
}

} // namespace

void http_connection::refuse(unsigned status, const std::string& why) {
  http_response response{.status = status, .body = nlohmann::json{{"error", why}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  if (status == 405)
    response.headers.emplace_back("Allow", allowed_methods(text(request_.target())));
  if (status == 426)
    response.headers.emplace_back("Upgrade", "websocket");
  waiting_ = true;
  answer(number_, std::move(response));
}

void http_connection::answer_file(const std::string& path) {
  auto file = shared_->handlers.file ? shared_->handlers.file(path, text(request_[http::field::accept_encoding])) : std::nullopt;
  if (!file || !file->bytes)
    return refuse(404, "There is no such file.");
  http_response response{.content_type = file->content_type};
  response.headers.emplace_back("Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file->etag.empty())
    response.headers.emplace_back("ETag", file->etag);
  if (!file->content_encoding.empty()) {
    response.headers.emplace_back("Content-Encoding", file->content_encoding);
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  auto known = !file->etag.empty() && text(request_[http::field::if_none_match]) == file->etag;
  if (known)
    response.status = 304;
  write_answer(std::move(response), known ? std::make_shared<const std::string>() : file->bytes);
}

void http_connection::answer(uint64_t number, http_response response) {
  if (gone_ || number != number_ || !std::exchange(waiting_, false))
    return;
  auto body = std::make_shared<const std::string>(std::move(response.body));
  write_answer(std::move(response), std::move(body));
}

namespace {

/// What a handler sets is checked: a line break in a value would be a header of somebody else's.
bool is_header_text(std::string_view value) {
  return value.find_first_of(std::string_view{"\r\n\0", 3}) == value.npos;
}

/// `host` is one of our own names. Browsers of some years ago do not count websockets among 'self'.
void protect(http::response<http::empty_body>& response, const std::string& host, bool is_blob) {
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("X-Frame-Options", "DENY");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  // A blob may be a page that a contact sent: it runs nothing and is nobody.
  response.set("Content-Security-Policy",
               is_blob ? "default-src 'none'; frame-ancestors 'none'; sandbox"
                       : "default-src 'self'; connect-src 'self' ws://" + host + " wss://" + host +
                             "; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'");
  if (response.count(http::field::cache_control) == 0)
    response.set(http::field::cache_control, "no-store");
}

} // namespace

void http_connection::write_answer(http_response given, std::shared_ptr<const std::string> body) {
  ++number_; // nothing more is expected for this request
  response_.emplace();
  auto& response = *response_;
  response.version(request_.version() == 10 ? 10 : 11);
  response.result(given.status);
  for (const auto& [name, value] : given.headers)
    if (is_header_text(name) && is_header_text(value))
      response.insert(name, value);
  auto host = text(request_[http::field::host]);
  protect(response, shared_->hosts.allows_host(host) ? host : "localhost", request_.target().starts_with("/blob/"));
  source_ = std::move(given.stream);
  source_left_ = source_ ? given.stream_bytes : 0;
  auto bytes = given.stream_bytes > 0 ? given.stream_bytes : body->size();
  auto bodiless = given.status == 304 || given.status == 204;
  if (!bodiless) {
    response.content_length(bytes);
    if (bytes > 0 && is_header_text(given.content_type))
      response.set(http::field::content_type, given.content_type);
  }
  response.keep_alive(keep_alive_ && !body_left_);
  auto silent = bodiless || request_.method() == http::verb::head;
  answer_body_ = silent || source_ ? std::make_shared<const std::string>() : std::move(body);
  if (silent)
    source_ = nullptr;
  serializer_.emplace(response);
  expect_within(shared_->options.progress_deadline);
  stream_.hold(!answer_body_->empty()); // head and body in one write
  http::async_write_header(stream_, *serializer_, [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure)
      return self->drop();
    if (!self->gone_)
      self->write_body();
  });
}

void http_connection::write_body() {
  stream_.hold(false);
  if (source_)
    return ask_piece();
  if (answer_body_->empty())
    return answered({});
  asio::async_write(stream_, asio::buffer(*answer_body_), [self = shared_from_this()](error_code failure, std::size_t) { self->answered(failure); });
}

void http_connection::ask_piece() {
  expect_within(shared_->options.progress_deadline);
  auto given = std::make_shared<std::atomic<bool>>(false);
  source_([weak = weak_from_this(), number = number_, executor = stream_.get_executor(), given](result<std::string> piece) {
    if (given->exchange(true))
      return;
    asio::post(executor, [weak, number, piece = std::move(piece)]() mutable {
      if (auto self = weak.lock(); self && !self->gone_ && number == self->number_)
        self->write_piece(std::move(piece));
    });
  });
}

void http_connection::write_piece(result<std::string> piece) {
  if (!piece || piece->empty() || piece->size() > source_left_)
    return drop(); // the length was promised: all that can be told now is that it broke off
  source_left_ -= piece->size();
  answer_piece_ = std::move(*piece);
  expect_within(shared_->options.progress_deadline);
  asio::async_write(stream_, asio::buffer(answer_piece_), [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure || self->gone_ || self->source_left_ == 0)
      return self->answered(failure);
    self->ask_piece();
  });
}

void http_connection::answered(error_code failure) {
  if (gone_)
    return;
  if (failure)
    return drop();
  source_ = nullptr;
  answer_body_.reset();
  if (keep_alive_ && !body_left_)
    return read_head(shared_->options.idle_deadline);
  linger();
}

/// What is still coming is read and dropped for a moment, else the reset would take our answer along.
void http_connection::linger() {
  error_code ignored;
  stream_.next_layer().shutdown(asio::socket_base::shutdown_send, ignored);
  expect_within(std::chrono::seconds{2});
  drain();
}

void http_connection::drain() {
  piece_.resize(limits::blob_chunk_bytes);
  stream_.async_read_some(asio::buffer(piece_), [self = shared_from_this()](error_code failure, std::size_t) { failure ? self->drop() : self->drain(); });
}

} // namespace lama::net::detail
