#include "net/http_listener.hpp"

#include "net/detail/http_connection.hpp"
#include "net/detail/tcp.hpp"

#include <utility>

namespace lama::net {

using namespace detail;

namespace {

class socket_server final : public http_server {
public:
  socket_server(io_thread& io, http_handlers handlers, http_options options)
      : io_(io), shared_(std::make_shared<http_shared>(io.context(), std::move(handlers), std::move(options), host_rules{0, {}})) {
    // nop
  }
  ~socket_server() override {
    shutdown();
  }

  result<done> open(const std::string& host, uint16_t port) {
    result<done> outcome = done{};
    io_.execute([&] {
      acceptor_ = std::make_shared<acceptor>(io_.context(), [shared = shared_](plain_socket socket) { take(shared, std::move(socket)); });
      auto taken = acceptor_->open(host, port);
      if (!taken) {
        outcome = taken.failure();
        return;
      }
      port_ = *taken;
      shared_->hosts = host_rules{port_, shared_->options.hosts};
    });
    return outcome;
  }

  uint16_t port() const override {
    return port_;
  }
  void allow_hosts(std::vector<std::string> hosts) override {
    asio::post(io_.context(), [shared = shared_, rules = host_rules{port_, hosts}] { shared->hosts = rules; });
  }
  void shutdown() override {
    io_.execute([this] {
      shared_->shut = true;
      if (acceptor_)
        acceptor_->close();
      for (const auto& one : std::set{shared_->connections})
        one->drop();
      for (const auto& one : shared_->sessions->all())
        one->finish(close_code::abnormal, "This node is shutting down.");
      shared_->handlers = {};
    });
  }

  void send(connection_id id, frame next) override {
    if (auto one = shared_->sessions->find(id))
      one->send(std::move(next));
  }
  void close(connection_id id, uint16_t code, std::string reason) override {
    if (auto one = shared_->sessions->find(id))
      one->close(code, std::move(reason));
  }
  void grant(connection_id id, uint32_t credits) override {
    if (auto one = shared_->sessions->find(id))
      one->grant(credits);
  }
  void set_message_limit(connection_id id, std::size_t bytes) override {
    if (auto one = shared_->sessions->find(id))
      one->set_message_limit(bytes);
  }
  std::size_t queued_bytes(connection_id id) const override {
    auto one = shared_->sessions->find(id);
    return one ? one->queued_bytes() : 0;
  }

private:
  static void take(const std::shared_ptr<http_shared>& shared, plain_socket socket) {
    if (shared->connections.size() + shared->sessions->size() >= shared->options.connections)
      return; // closes it
    auto one = std::make_shared<http_connection>(std::move(socket), shared);
    shared->connections.insert(one);
    one->start();
  }

  io_thread& io_;
  std::shared_ptr<http_shared> shared_;
  std::shared_ptr<acceptor> acceptor_;
  uint16_t port_ = 0;
};

} // namespace

result<std::unique_ptr<http_server>> listen_http(io_thread& io, const std::string& host, uint16_t port, http_handlers handlers, http_options options) {
  auto server = std::make_unique<socket_server>(io, std::move(handlers), std::move(options));
  LAMA_CHECK(server->open(host, port));
  return std::unique_ptr<http_server>{std::move(server)};
}

} // namespace lama::net
