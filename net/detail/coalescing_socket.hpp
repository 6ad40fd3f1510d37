#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_cat.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lama::net::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;
using plain_socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

/// A socket below Beast that saves system calls: small writes are kept while it is told to `hold` and go out together with the first write after; reads take
/// what is there and give it out in portions. Beast keeps its writes in order, and all real writes happen within one of them, so there is never a second one
/// under way. One thread.
class coalescing_socket {
public:
  using next_layer_type = plain_socket;
  using executor_type = plain_socket::executor_type;

  /// More than this is not held but written.
  static constexpr std::size_t held_bytes = 256u << 10;

  explicit coalescing_socket(plain_socket socket) : socket_(std::move(socket)) {
    // nop
  }

  executor_type get_executor() {
    return socket_.get_executor();
  }
  next_layer_type& next_layer() {
    return socket_;
  }

  /// While true, what is written stays here if it fits. The write after `hold(false)` takes it along.
  void hold(bool on) {
    holding_ = on;
  }
  /// Bytes the operating system took so far, to tell a slow peer from a dead one.
  uint64_t written_bytes() const {
    return written_bytes_;
  }
  /// What was read and is not for the one who read it: given out before anything else.
  void unread(std::string bytes) {
    read_.erase(0, std::exchange(taken_, 0));
    read_.insert(0, bytes);
  }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& completion, const Buffers& wanted) { this->start_read(wanted, std::forward<decltype(completion)>(completion)); }, handler, buffers);
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& completion, const Buffers& given) { this->start_write(given, std::forward<decltype(completion)>(completion)); }, handler, buffers);
  }

  /// Called when Beast begins to wait for the other side's end of the TCP connection, which it would do for ever. `cancel` on the socket ends that.
  void on_teardown(std::function<void()> callback) {
    on_teardown_ = std::move(callback);
  }

  /// In place of Beast's own, which closes after the first portion of what is still coming in: the reset would take our close frame along.
  template <class Handler>
  friend void async_teardown(beast::role_type role, coalescing_socket& stream, Handler&& handler) {
    if (stream.on_teardown_)
      stream.on_teardown_();
    stream.holding_ = false;
    teardown<std::decay_t<Handler>> ending{stream, role, std::forward<Handler>(handler)};
    // The close frame may be among what was held.
    asio::async_write(stream.socket_, asio::buffer(stream.written_), std::move(ending));
  }

private:
  /// Ends our side, then reads what comes to the end of the other side.
  template <class Handler>
  struct teardown {
    coalescing_socket& stream;
    beast::role_type role;
    Handler completion;
    bool draining = false;

    void operator()(error_code failure, std::size_t) {
      error_code ignored;
      if (!std::exchange(draining, true)) {
        stream.written_.clear();
        stream.read_.resize(read_bytes);
        if (role == beast::role_type::server) // a client lets the server end first (RFC 6455 §7.1.1)
          stream.socket_.shutdown(asio::socket_base::shutdown_send, ignored);
      }
      if (!failure)
        return stream.socket_.async_read_some(asio::buffer(stream.read_), std::move(*this));
      stream.socket_.close(ignored);
      std::move(completion)(error_code{}); // how the wait ended is of no interest: what led to it is, and Beast tells that if this went well
    }
  };

  /// Reads for less go through the buffer, so that one system call brings many small frames.
  static constexpr std::size_t read_bytes = 16u << 10;

  template <class Completion>
  void complete(Completion&& completion, error_code failure, std::size_t count) {
    asio::post(socket_.get_executor(), beast::bind_front_handler(std::forward<Completion>(completion), failure, count));
  }

  template <class Buffers>
  std::size_t give(const Buffers& wanted) {
    auto count = asio::buffer_copy(wanted, asio::buffer(read_) + taken_);
    taken_ += count;
    if (taken_ == read_.size()) {
      read_.clear();
      taken_ = 0;
    }
    return count;
  }

  template <class Buffers, class Completion>
  void start_read(const Buffers& wanted, Completion&& completion) {
    if (!read_.empty())
      return complete(std::forward<Completion>(completion), {}, give(wanted));
    auto size = beast::buffer_bytes(wanted);
    if (size == 0 || size >= read_bytes)
      return socket_.async_read_some(wanted, std::forward<Completion>(completion));
    read_.resize(read_bytes);
    socket_.async_read_some(asio::buffer(read_),
                            [this, wanted, completion = std::forward<Completion>(completion)](error_code failure, std::size_t count) mutable {
                              read_.resize(count);
                              std::move(completion)(failure, failure ? 0 : give(wanted));
                            });
  }

  template <class Buffers, class Completion>
  void start_write(const Buffers& given, Completion&& completion) {
    auto size = beast::buffer_bytes(given);
    if (holding_ && written_.size() + size <= held_bytes) {
      auto before = written_.size();
      written_.resize(before + size);
      asio::buffer_copy(asio::buffer(written_) + before, given);
      return complete(std::forward<Completion>(completion), {}, size);
    }
    if (written_.empty())
      return write_through(given, std::forward<Completion>(completion));
    if (size <= held_bytes) {
      auto together = beast::buffers_cat(asio::const_buffer(written_.data(), written_.size()), given);
      return asio::async_write(socket_, together,
                               [this, size, completion = std::forward<Completion>(completion)](error_code failure, std::size_t count) mutable {
                                 written_.clear();
                                 written_bytes_ += count;
                                 std::move(completion)(failure, failure ? 0 : size);
                               });
    }
    asio::async_write(socket_, asio::const_buffer(written_.data(), written_.size()),
                      [this, given, completion = std::forward<Completion>(completion)](error_code failure, std::size_t count) mutable {
                        written_.clear();
                        written_bytes_ += count;
                        if (failure)
                          return std::move(completion)(failure, 0);
                        write_through(given, std::move(completion));
                      });
  }

  template <class Buffers, class Completion>
  void write_through(const Buffers& given, Completion&& completion) {
    socket_.async_write_some(given, [this, completion = std::forward<Completion>(completion)](error_code failure, std::size_t count) mutable {
      written_bytes_ += count;
      std::move(completion)(failure, count);
    });
  }

  plain_socket socket_;
  std::function<void()> on_teardown_;
  bool holding_ = false;
  std::string written_; ///< held, or part of the write under way
  uint64_t written_bytes_ = 0;
  std::string read_;
  std::size_t taken_ = 0;
};

} // namespace lama::net::detail
