#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace lama::net {

/// The one thread on which all sockets live. Whoever has transports and servers on it takes them down in this order (and declares them the other way round):
///
///   transport.shutdown(), server.shutdown()   closes sockets, drops actor handles
///   io.stop()                                 joins the thread
///   … the actors exit, their systems go …
///   ~transport, ~server                       actors may call them until here
///   ~io_thread
class io_thread {
public:
  io_thread();
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  /// For the implementations in net/.
  boost::asio::io_context& context();

  /// Runs `work` on the thread and waits for it; in place where this is that thread or where it was stopped.
  void execute(const std::function<void()>& work);

  /// Ends the thread when nothing is left to do on it: sockets, timers and listeners must be gone. Again: does nothing.
  void stop();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::net
