#pragma once

#include "harness.hpp"
#include "net/http_listener.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lama::net::testing {

/// A gateway without actors, for tests of the server and its clients: /rpc answers what it was sent, blobs are kept in memory, /ipc echoes.
class test_gateway {
public:
  explicit test_gateway(http_options options = {});
  ~test_gateway();

  uint16_t port() const {
    return server->port();
  }
  std::string host() const {
    return "localhost:" + std::to_string(port());
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port());
  }
  std::string blob(const std::string& name) {
    std::lock_guard guard{lock_};
    return blobs_[name];
  }
  void keep_blob(const std::string& name, std::string bytes) {
    std::lock_guard guard{lock_};
    blobs_[name] = std::move(bytes);
  }
  http_request last_request() {
    std::lock_guard guard{lock_};
    return last_;
  }

  static constexpr const char* token = "secret-token";

  recorder sessions;
  std::atomic<bool> echo{true};
  /// In place of the answers below, when set. Before the first request.
  std::function<void(http_request, http_responder)> instead;
  io_thread io;
  std::unique_ptr<http_server> server;

private:
  void serve(http_request request, http_responder respond);
  void receive_upload(const std::shared_ptr<std::string>& so_far, const http_request& request, const http_responder& respond);

  std::mutex lock_;
  http_request last_;
  std::map<std::string, std::string> blobs_;
  std::vector<std::thread> threads_;
};

} // namespace lama::net::testing
