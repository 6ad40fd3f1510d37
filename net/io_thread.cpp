#include "net/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <thread>

namespace lama::net {

struct io_thread::state {
  boost::asio::io_context context{1}; // one thread runs it: fewer locks
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{context.get_executor()};
  std::thread thread;
};

io_thread::io_thread() : state_(std::make_unique<state>()) {
  state_->thread = std::thread{[this] { state_->context.run(); }};
}

io_thread::~io_thread() {
  stop();
}

boost::asio::io_context& io_thread::context() {
  return state_->context;
}

void io_thread::execute(const std::function<void()>& work) {
  if (!state_->thread.joinable() || state_->thread.get_id() == std::this_thread::get_id())
    return work();
  std::promise<void> finished;
  boost::asio::post(state_->context, [&] {
    work();
    finished.set_value();
  });
  finished.get_future().wait();
}

void io_thread::stop() {
  if (!state_->thread.joinable())
    return;
  state_->guard.reset();
  state_->thread.join();
}

} // namespace lama::net
