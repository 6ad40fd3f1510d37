#pragma once

#include "net/detail/coalescing_socket.hpp"
#include "net/transport.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lama::net::detail {

class session_table;

/// What all sessions of a server may have queued together: who holds more than a fair share is cut when it is used up, the others go on.
struct queue_budget {
  std::size_t most_bytes;
  std::size_t fair_bytes;
  std::atomic<std::size_t> used_bytes{0};
};

struct session_settings {
  std::size_t queue_bytes;
  std::size_t message_bytes;                ///< until `set_message_limit`
  std::chrono::milliseconds close_deadline; ///< without progress, from `close` on
  std::chrono::milliseconds ping_after{0};  ///< of silence; without a sign of life for as long again it is cut. 0: never (the protocol has its own keepalive)
  bool text_only = false;                   ///< a binary frame closes with 1003
  std::size_t pause_bytes = 0;              ///< nothing more is read while more than this is queued: who does not read is not listened to. 0: no limit
  std::shared_ptr<queue_budget> budget{};   ///< null: none
};

connection_id next_connection_id();

/// At most 123 bytes of whole UTF-8 characters: what a close frame holds (docs/protocol/02 §2).
std::string cut_reason(std::string reason);

/// One websocket from its first byte to `closed`.
///
///   opening ──► open ──► closing ──► closed        any of them ──► closed when it breaks, times out or is cut
///
/// `send`, `close`, `grant`, `set_message_limit` and `queued_bytes` come from any thread: they leave what they want under the lock and wake the I/O thread,
/// once for many. All else runs on the I/O thread. The table owns the session, since while reading is paused no handler does.
class session : public std::enable_shared_from_this<session> {
public:
  using request_head = beast::http::request<beast::http::empty_body>;

  session(connection_id id, coalescing_socket socket, connection_events events, session_settings settings, std::weak_ptr<session_table> table);

  connection_id id() const {
    return id_;
  }

  // -- I/O thread --------------------------------------------------------------
  plain_socket& socket() {
    return stream_.next_layer().next_layer();
  }
  /// Cuts the connection with `why` if it is not open by then.
  void expect_open_within(std::chrono::milliseconds deadline, std::string why);
  /// Incoming, TCP is there: reads the request and answers it.
  void accept();
  /// Incoming, the request was read already; `protocol` is the subprotocol to answer with, empty: none.
  void accept(const request_head& request, const std::string& protocol);
  /// Outgoing, TCP is there.
  void handshake(const std::string& authority, const std::string& target, std::optional<std::string> protocol = {});
  /// The end without a close frame. Does nothing when it is closed.
  void finish(uint16_t code, std::string reason);
  bool is_closed() const {
    return phase_ == phase::closed;
  }

  // -- any thread --------------------------------------------------------------
  void send(frame next);
  void close(uint16_t code, std::string reason);
  void grant(uint32_t credits);
  void set_message_limit(std::size_t bytes);
  std::size_t queued_bytes() const;

private:
  enum class phase : uint8_t { opening, open, closing, closed };

  struct close_order {
    uint16_t code;
    std::string reason;
  };

  void wake_locked();
  bool clogged() const;
  void count_locked(std::size_t bytes);
  void uncount_locked(std::size_t bytes);
  void work();
  void opened();
  void read();
  void read_some();
  void frame_read();
  void read_failed(error_code failure);
  void take_batch();
  void write_next();
  void written(error_code failure);
  void order_close(close_order order);
  void begin_close();
  void expect_end();
  void watch_closing();
  void watch_silence();

  const connection_id id_;
  const session_settings settings_;
  beast::websocket::stream<coalescing_socket, false> stream_; // false: permessage-deflate is never negotiated (docs/protocol/02 §2)
  asio::steady_timer timer_;
  connection_events events_;
  std::weak_ptr<session_table> table_;

  phase phase_ = phase::opening;
  beast::flat_buffer head_;
  std::optional<beast::http::request_parser<beast::http::empty_body>> parser_;
  std::string incoming_;
  std::optional<asio::dynamic_string_buffer<char, std::char_traits<char>, std::allocator<char>>> incoming_buffer_;
  bool reading_ = false;
  bool heard_ = false;
  bool pinged_ = false;
  uint64_t written_seen_ = 0; ///< bytes written when silence was last looked at
  bool stalled_ = false;      ///< nothing was, though something is to be
  uint64_t credits_ = initial_credits;
  std::deque<frame> batch_; ///< being written
  std::size_t batch_bytes_ = 0;
  bool writing_ = false;
  std::optional<error_code> write_failure_;
  bool close_sent_ = false;
  std::optional<close_order> closing_; ///< what was asked for, and is told at the end
  uint64_t progress_seen_ = 0;         ///< bytes written when the closing deadline began

  mutable std::mutex lock_;
  std::deque<frame> queue_;
  std::size_t queued_bytes_ = 0; ///< of queue_ and batch_
  uint64_t granted_ = 0;
  std::optional<std::size_t> message_limit_;
  std::optional<close_order> close_order_;
  bool overflow_ = false;
  bool paused_ = false; ///< a grant must wake the I/O thread
  bool woken_ = false;
  bool gone_ = false;
};

} // namespace lama::net::detail
