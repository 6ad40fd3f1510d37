#include "net/detail/session.hpp"

#include "net/detail/session_table.hpp"
#include "protocol/limits.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace lama::net::detail {

namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr std::size_t read_step_bytes = 256u << 10;  // so that a message costs what came of it, not what its head claims
constexpr std::size_t mask_buffer_bytes = 64u << 10; // a client masks and writes in pieces of this
constexpr std::size_t copied_frame_bytes = 4096;     // smaller frames are copied to their size, the buffer stays
constexpr uint16_t no_status = 1005;                 // RFC 6455 §7.4.1, never on the wire
constexpr uint16_t protocol_error = 1002;
constexpr uint16_t unsupported_data = 1003;

std::string broken(error_code failure) {
  if (failure == asio::error::eof)
    return "The other side closed the connection without saying why.";
  return "The connection broke: " + failure.message() + ".";
}

} // namespace

connection_id next_connection_id() {
  static std::atomic<connection_id> last{0};
  return ++last;
}

std::string cut_reason(std::string reason) {
  constexpr std::size_t longest = 123;
  if (reason.size() <= longest)
    return reason;
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80)
    --end;
  reason.resize(end);
  return reason;
}

session::session(connection_id id, coalescing_socket socket, connection_events events, session_settings settings, std::weak_ptr<session_table> table)
    : id_(id), settings_(settings), stream_(std::move(socket)), timer_(stream_.get_executor()), events_(std::move(events)), table_(std::move(table)) {
  stream_.read_message_max(settings_.message_bytes);
  stream_.write_buffer_bytes(mask_buffer_bytes);
  stream_.auto_fragment(false);
  stream_.control_callback([this](websocket::frame_type kind, beast::string_view) {
    heard_ = true;
    if (kind == websocket::frame_type::close)
      expect_end(); // Beast answers it
  });
  stream_.next_layer().on_teardown([this] { expect_end(); });
}

// -- opening ---------------------------------------------------------------------

void session::expect_open_within(std::chrono::milliseconds deadline, std::string why) {
  timer_.expires_after(deadline);
  timer_.async_wait([self = shared_from_this(), why = std::move(why)](error_code failure) {
    if (!failure && self->phase_ == phase::opening)
      self->finish(close_code::abnormal, why);
  });
}

void session::accept() {
  parser_.emplace();
  parser_->header_limit(limits::http_header_bytes);
  http::async_read_header(stream_.next_layer(), head_, *parser_, [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure)
      return self->finish(close_code::abnormal, "No websocket request came: " + failure.message() + ".");
    self->stream_.next_layer().unread(beast::buffers_to_string(self->head_.data()));
    // A listener echoes the first subprotocol that is offered (docs/protocol/02 §2).
    std::string protocol;
    auto offered = http::token_list{self->parser_->get()[http::field::sec_websocket_protocol]};
    if (offered.begin() != offered.end())
      protocol = std::string{*offered.begin()};
    self->accept(self->parser_->get(), protocol);
  });
}

void session::accept(const request_head& request, const std::string& protocol) {
  stream_.set_option(websocket::stream_base::decorator([protocol](websocket::response_type& response) {
    response.erase(http::field::server);
    if (!protocol.empty())
      response.set(http::field::sec_websocket_protocol, protocol);
  }));
  stream_.async_accept(request, [self = shared_from_this()](error_code failure) {
    if (failure)
      return self->finish(close_code::abnormal, "The request is not one for a websocket: " + failure.message() + ".");
    self->opened();
  });
}

void session::handshake(const std::string& authority, const std::string& target, std::optional<std::string> protocol) {
  stream_.set_option(websocket::stream_base::decorator([protocol](websocket::request_type& request) {
    request.erase(http::field::user_agent);
    if (protocol)
      request.set(http::field::sec_websocket_protocol, *protocol);
  }));
  auto response = std::make_shared<websocket::response_type>();
  stream_.async_handshake(*response, authority, target, [self = shared_from_this(), response](error_code failure) {
    if (!failure)
      return self->opened();
    auto declined = failure == websocket::error::upgrade_declined;
    self->finish(close_code::abnormal, declined ? "The other side answered HTTP " + std::to_string(response->result_int()) + " in place of a websocket."
                                                : "The websocket could not be opened: " + failure.message() + ".");
  });
}

void session::opened() {
  if (phase_ != phase::opening)
    return;
  phase_ = phase::open;
  timer_.cancel();
  parser_.reset();
  head_ = {};
  if (events_.opened)
    events_.opened(id_);
  if (settings_.ping_after.count() > 0)
    watch_silence();
  work();
}

// -- what other threads ask for ----------------------------------------------------

void session::wake_locked() {
  if (woken_ || gone_)
    return;
  woken_ = true;
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->work(); });
}

void session::send(frame next) {
  std::lock_guard guard{lock_};
  if (gone_ || overflow_ || close_order_)
    return;
  auto all = queued_bytes_ + next.bytes.size();
  const auto& budget = settings_.budget;
  auto greedy = budget && all > budget->fair_bytes && budget->used_bytes + next.bytes.size() > budget->most_bytes;
  if (all > settings_.queue_bytes || greedy) {
    overflow_ = true;
  } else {
    count_locked(next.bytes.size());
    queue_.push_back(std::move(next));
  }
  wake_locked();
}

void session::close(uint16_t code, std::string reason) {
  std::lock_guard guard{lock_};
  if (gone_ || close_order_)
    return;
  close_order_ = close_order{code, cut_reason(std::move(reason))};
  wake_locked();
}

void session::grant(uint32_t credits) {
  std::lock_guard guard{lock_};
  granted_ += credits;
  if (std::exchange(paused_, false))
    wake_locked();
}

void session::set_message_limit(std::size_t bytes) {
  std::lock_guard guard{lock_};
  message_limit_ = bytes;
  wake_locked();
}

std::size_t session::queued_bytes() const {
  std::lock_guard guard{lock_};
  return queued_bytes_;
}

bool session::clogged() const {
  return settings_.pause_bytes > 0 && queued_bytes() > settings_.pause_bytes;
}

void session::count_locked(std::size_t bytes) {
  queued_bytes_ += bytes;
  if (settings_.budget)
    settings_.budget->used_bytes += bytes;
}

void session::uncount_locked(std::size_t bytes) {
  queued_bytes_ -= bytes;
  if (settings_.budget)
    settings_.budget->used_bytes -= bytes;
}

void session::work() {
  std::unique_lock guard{lock_};
  woken_ = false;
  auto overflow = overflow_;
  auto limit = std::exchange(message_limit_, std::nullopt);
  auto order = close_order_;
  guard.unlock();
  if (phase_ == phase::closed)
    return;
  if (overflow)
    return finish(close_code::abnormal, "The queue is full: the other side does not read.");
  if (limit)
    stream_.read_message_max(std::max<std::size_t>(*limit, 1)); // 0 would be none
  if (order && !closing_)
    order_close(std::move(*order));
  if (phase_ == phase::opening || phase_ == phase::closed)
    return;
  if (!writing_)
    take_batch();
  if (!reading_)
    read();
}

// -- reading -----------------------------------------------------------------------

void session::read() {
  if (phase_ == phase::closed || close_sent_)
    return; // the closing handshake reads for itself
  if (phase_ == phase::open && clogged())
    return; // `take_batch` goes on
  if (credits_ == 0 && phase_ == phase::open) {
    std::lock_guard guard{lock_};
    credits_ = std::exchange(granted_, 0);
    paused_ = credits_ == 0 && !write_failure_;
    if (paused_)
      return;
  }
  if (credits_ == 0 && write_failure_)
    return finish(close_code::abnormal, broken(*write_failure_));
  reading_ = true;
  incoming_.clear();
  incoming_buffer_.emplace(incoming_);
  read_some();
}

void session::read_some() {
  stream_.async_read_some(*incoming_buffer_, read_step_bytes, [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure) {
      self->reading_ = false;
      return self->read_failed(failure);
    }
    if (!self->stream_.is_message_done())
      return self->read_some();
    self->reading_ = false;
    self->frame_read();
  });
}

void session::frame_read() {
  heard_ = true;
  if (phase_ == phase::open && settings_.text_only && !stream_.got_text())
    order_close({unsupported_data, "Only text is understood here."});
  if (phase_ == phase::open) {
    --credits_;
    frame got{stream_.got_text(), {}};
    if (incoming_.size() < copied_frame_bytes)
      got.bytes = incoming_;
    else
      got.bytes = std::move(incoming_);
    if (events_.received)
      events_.received(id_, std::move(got));
  }
  read();
}

void session::read_failed(error_code failure) {
  if (failure == websocket::error::closed) {
    auto said = stream_.reason();
    return finish(said.code == websocket::close_code::none ? no_status : static_cast<uint16_t>(said.code), std::string{said.reason.data(), said.reason.size()});
  }
  if (failure == websocket::error::message_too_big || failure == websocket::error::buffer_overflow)
    return finish(close_code::too_big, "A message is longer than " + std::to_string(stream_.read_message_max()) + " bytes.");
  if (failure == asio::error::operation_aborted && close_sent_)
    return; // the closing handshake ends it
  auto spoke_wrongly = failure.category() == make_error_code(websocket::error::closed).category();
  finish(spoke_wrongly ? protocol_error : close_code::abnormal, broken(failure));
}

// -- writing -----------------------------------------------------------------------

void session::take_batch() {
  if (write_failure_)
    return;
  {
    std::lock_guard guard{lock_};
    uncount_locked(std::min(std::exchange(batch_bytes_, 0), queued_bytes_)); // after `finish` it is all counted off
    while (!queue_.empty() && batch_bytes_ < coalescing_socket::held_bytes) {
      batch_bytes_ += queue_.front().bytes.size();
      batch_.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  writing_ = !batch_.empty();
  if (writing_)
    write_next();
  else if (closing_)
    begin_close();
  if (!reading_ && settings_.pause_bytes > 0 && phase_ == phase::open && !closing_)
    read();
}

void session::write_next() {
  const auto& next = batch_.front();
  stream_.next_layer().hold(batch_.size() > 1);
  stream_.text(next.text);
  stream_.async_write(asio::buffer(next.bytes), [self = shared_from_this()](error_code failure, std::size_t) { self->written(failure); });
}

void session::written(error_code failure) {
  if (phase_ == phase::closed)
    return;
  if (failure) {
    write_failure_ = failure; // nothing is written any more; what the other side said before is still to be read, and says why
    if (!reading_)
      return finish(close_code::abnormal, broken(failure));
    expect_end();
    return;
  }
  batch_.pop_front();
  if (batch_.empty())
    take_batch();
  else
    write_next();
}

// -- closing -----------------------------------------------------------------------

void session::order_close(close_order order) {
  closing_ = std::move(order);
  if (phase_ == phase::opening)
    return finish(closing_->code, closing_->reason);
  phase_ = phase::closing;
  watch_closing();
}

void session::begin_close() {
  if (std::exchange(close_sent_, true))
    return;
  websocket::close_reason reason{static_cast<websocket::close_code>(closing_->code), beast::string_view{closing_->reason}};
  stream_.async_close(reason, [self = shared_from_this()](error_code) { self->finish(close_code::normal, {}); });
}

void session::watch_closing() {
  progress_seen_ = stream_.next_layer().written_bytes();
  timer_.expires_after(settings_.close_deadline);
  timer_.async_wait([self = shared_from_this()](error_code failure) {
    if (failure || self->phase_ == phase::closed)
      return;
    if (self->stream_.next_layer().written_bytes() == self->progress_seen_)
      return self->finish(close_code::normal, {});
    self->watch_closing();
  });
}

void session::expect_end() {
  if (closing_)
    return; // is watched
  timer_.expires_after(settings_.close_deadline);
  timer_.async_wait([self = shared_from_this()](error_code failure) {
    error_code ignored;
    if (!failure && self->phase_ != phase::closed)
      self->socket().cancel(ignored); // ends the read, which says why
  });
}

void session::watch_silence() {
  timer_.expires_after(settings_.ping_after);
  timer_.async_wait([self = shared_from_this()](error_code failure) {
    if (failure || self->phase_ != phase::open)
      return;
    auto written = self->stream_.next_layer().written_bytes();
    auto stalled = self->writing_ && written == std::exchange(self->written_seen_, written);
    if (std::exchange(self->stalled_, stalled) && stalled)
      return self->finish(close_code::abnormal, "The other side takes nothing of what it asked for.");
    // While reading is paused nothing can be heard; and a ping would wait behind what is being written, which is watched above.
    auto heard = std::exchange(self->heard_, false) || !self->reading_ || self->writing_;
    if (!heard && self->pinged_)
      return self->finish(close_code::abnormal, "No sign of life from the other side.");
    self->pinged_ = !heard;
    if (!heard)
      self->stream_.async_ping({}, [self](error_code) {});
    self->watch_silence();
  });
}

void session::finish(uint16_t code, std::string reason) {
  if (phase_ == phase::closed)
    return;
  phase_ = phase::closed;
  timer_.cancel();
  error_code ignored;
  socket().close(ignored);
  {
    std::lock_guard guard{lock_};
    gone_ = true;
    queue_.clear();
    uncount_locked(queued_bytes_); // batch_ stays: the write under way may still look at it
  }
  auto events = std::exchange(events_, {}); // with them go the actors' handles
  if (auto table = table_.lock())
    table->remove(id_);
  if (closing_) { // asked for here: however it went, this is what was asked
    code = closing_->code;
    reason = std::move(closing_->reason);
  }
  if (events.closed)
    events.closed(id_, std::move(reason), code);
}

} // namespace lama::net::detail
