#pragma once

#include "actors/node/node.hpp"
#include "actors/ui_gateway/gateway.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors::testing {

using nlohmann::json;

/// Small files in memory; a folder is one that a store was opened in.
class memory_files final : public file_area {
public:
  result<std::optional<std::string>> read(const std::string& path) override;
  result<done> write(const std::string& path, std::string_view content) override;
  result<done> remove(const std::string& path) override;
  std::vector<std::string> folders(const std::string& path) override;

  std::map<std::string, std::string> files;
  std::vector<std::string> opened;
};

/// A transport on which nobody is reached.
class empty_network final : public net::transport {
public:
  net::connection_id connect(const std::string&, net::connection_events events, uint32_t) override;
  result<listener> listen(const std::string&, uint16_t, std::function<net::connection_events(net::connection_id)>) override;
  void stop_listening(uint64_t) override {
  }
  void send(net::connection_id, net::frame) override {
  }
  void close(net::connection_id, uint16_t, std::string) override {
  }
  void grant(net::connection_id, uint32_t) override {
  }
  void set_message_limit(net::connection_id, std::size_t) override {
  }
  std::size_t queued_bytes(net::connection_id) const override {
    return 0;
  }

private:
  net::connection_id last_ = 0;
};

/// The HTTP server as the gateway sees it; keeps what is sent.
class recording_server final : public net::http_server {
public:
  void send(net::connection_id id, net::frame next) override {
    sent[id].push_back(json::parse(next.bytes));
    order.push_back(id);
  }
  void close(net::connection_id, uint16_t, std::string) override {
  }
  void grant(net::connection_id id, uint32_t credits) override {
    granted[id] += credits;
  }
  void set_message_limit(net::connection_id, std::size_t) override {
  }
  std::size_t queued_bytes(net::connection_id) const override {
    return 0;
  }
  uint16_t port() const override {
    return 8766;
  }
  void allow_hosts(std::vector<std::string>) override {
  }
  void shutdown() override {
  }

  std::map<net::connection_id, std::vector<json>> sent;
  std::map<net::connection_id, uint32_t> granted;
  std::vector<net::connection_id> order; ///< to whom, message by message
};

/// The time of day, and what a test has moved on: an hour in a test is one to who reads the clock, too.
class moved_clock final : public wall_clock {
public:
  int64_t now_ms() const override {
    return system_clock().now_ms() + moved.count();
  }
  std::chrono::milliseconds moved{0};
};

struct test_config : caf::actor_system_config {
  test_config();
};

/// One side of a node with its gateway, on the test scheduler: production actors, a real store in a scratch folder.
class gateway_rig {
public:
  explicit gateway_rig(side which);
  ~gateway_rig();

  /// Runs everything that is ready.
  void settle();
  void advance(std::chrono::milliseconds time);
  /// Runs one actor that is ready; false: none is.
  bool step();

  struct answer {
    unsigned status = 0;
    json body;
    std::vector<std::pair<std::string, std::string>> headers{};
  };
  /// What a request is answered with; ten seconds of the rig's time may pass until then. Status 0: not answered.
  answer request(net::http_request request);
  answer post(const std::string& body, const std::string& user = {});
  /// The whole response object of one call.
  json call(const std::string& method, const json& params = json::object(), const std::string& user = {});

  /// A websocket that showed the token, or the page's with a cookie.
  net::connection_id open_socket(net::connection_id id, const std::string& cookie = {});
  void say(net::connection_id id, const std::string& method, const json& params = json::object());
  /// Many calls at once, before any of them is looked at.
  void pile_up(net::connection_id id, const std::string& method, int count, const json& params = json::object());
  void pile_up_batch(net::connection_id id, const std::string& method, int count);
  void hang_up(net::connection_id id);
  /// The data dir: where stores, backups and exports really are.
  const std::filesystem::path& folder() const {
    return folder_;
  }

  const std::string token = "the-token";
  recording_server server;
  std::shared_ptr<memory_files> files = std::make_shared<memory_files>();
  std::shared_ptr<gateway_door> door = std::make_shared<gateway_door>(door_options{.token = token, .login_attempts_a_minute = 3, .checks_answers = true});
  net::http_handlers handlers;
  running_node node;

private:
  caf::scheduler::test_coordinator& scheduler();

  std::filesystem::path folder_;
  moved_clock clock_;
  test_config config_;
  caf::actor_system system_{config_};
  std::map<net::connection_id, net::connection_events> sockets_;
};

} // namespace lama::actors::testing
