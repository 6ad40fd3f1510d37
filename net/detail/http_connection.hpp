#pragma once

#include "net/detail/coalescing_socket.hpp"
#include "net/detail/session_table.hpp"
#include "net/http_listener.hpp"
#include "net/http_rules.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace lama::net::detail {

namespace http = beast::http;

class http_connection;

inline std::string text(beast::string_view view) {
  return {view.data(), view.size()};
}

/// What the connections of one server share. I/O thread; `sessions` has a lock of its own.
struct http_shared {
  http_shared(asio::io_context& where, http_handlers called, http_options chosen, host_rules rules)
      : context(where), handlers(std::move(called)), options(std::move(chosen)), hosts(std::move(rules)),
        sessions(std::make_shared<session_table>(options.connections)),
        budget(std::make_shared<queue_budget>(options.total_queue_bytes, options.fair_queue_bytes)) {
    // nop
  }

  asio::io_context& context;
  http_handlers handlers;
  const http_options options;
  host_rules hosts;
  std::shared_ptr<session_table> sessions;
  std::shared_ptr<queue_budget> budget;
  std::set<std::shared_ptr<http_connection>> connections;
  bool shut = false;
};

/// One TCP connection: requests one after the other, each answered before the next is read; or it becomes a websocket and leaves.
///
///   head ──► (body | pieces on demand) ──► handler … ──► answer ──► head
///
/// I/O thread. The set in `http_shared` owns it; what is handed to handlers refers to it weakly and names the request by number.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  http_connection(plain_socket socket, std::shared_ptr<http_shared> shared);

  void start();
  /// Ends it at once. Does nothing when it is gone.
  void drop();

private:
  using head_parser = http::request_parser<http::empty_body>;
  using body_parser = http::request_parser<http::string_body>;
  using piece_parser = http::request_parser<http::buffer_body>;

  void expect_within(std::chrono::milliseconds deadline);
  void read_head(std::chrono::milliseconds deadline);
  void head_read(error_code failure);
  void route(const std::string& path);
  void route_blob(const std::string& path);
  http_request describe(http_route route, const std::string& path) const;

  void receive_body(http_route route, const std::string& path, std::size_t most);
  void route_session(const std::string& path);
  void ask(http_request request);
  void prepare_upload(http_request request);
  void read_piece(uint64_t number, const piece_taker& take);
  void piece_read(error_code failure, const piece_taker& take);
  void send_continue(std::function<void()> then);

  void upgrade();
  void become_websocket(uint64_t number, upgrade_answer answer);
  void answer_file(const std::string& path);

  http_responder responder();
  void refuse(unsigned status, const std::string& why);
  void answer(uint64_t number, http_response response);
  void write_answer(http_response response, std::shared_ptr<const std::string> shared_body);
  void write_body();
  void ask_piece();
  void write_piece(result<std::string> piece);
  void answered(error_code failure);
  void linger();
  void drain();

  std::shared_ptr<http_shared> shared_;
  coalescing_socket stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::string remote_address_;
  bool gone_ = false;

  // of the request at hand:
  uint64_t number_ = 0;  ///< answers and pieces for another one come too late
  bool waiting_ = false; ///< for a handler's answer
  std::optional<head_parser> head_;
  http::request_header<> request_; ///< a copy of the head, since the parsers below take it
  bool keep_alive_ = false;
  bool body_left_ = false; ///< the next request cannot be found before it is read
  bool continue_wanted_ = false;
  std::optional<body_parser> body_;
  std::optional<piece_parser> pieces_;
  std::string piece_;
  bool reading_piece_ = false;

  // of the answer at hand:
  std::optional<http::response<http::empty_body>> response_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;
  std::shared_ptr<const std::string> answer_body_;
  piece_source source_;
  uint64_t source_left_ = 0;
  std::string answer_piece_;
};

} // namespace lama::net::detail
