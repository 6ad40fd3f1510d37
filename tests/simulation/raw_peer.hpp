#pragma once

#include "actors/instance/user_context.hpp"
#include "protocol/chum/session.hpp"
#include "protocol/connection/session.hpp"
#include "protocol/sync/wire.hpp"
#include "tests/simulation/world/side.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::simulator {

/// A contact without manners: it holds a real user's keys, proves who it is, and then sends what no honest exporter would.
class raw_peer {
public:
  /// `who` must stay logged in, though its node may be cut off.
  raw_peer(world& all, const actors::user_context& who, uint64_t seed);
  ~raw_peer();
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  /// Dials and goes on until both have said hello (docs/chum-extension.md §1). Takes the world's time.
  result<done> connect(const std::string& url, const protocol::key32& remote_instance_key);
  /// As a peer with the stock software: it says no hello, knows no service of ours, and takes all that it is offered into `taken`. `connect` then waits
  /// until its session runs.
  void speak_stock() {
    stock_dialect_ = true;
  }
  const protocol::memory_space& taken() const {
    return taken_;
  }
  /// What the other side said by the stock protocol.
  const std::vector<std::string>& texts() const {
    return texts_;
  }
  /// A binary message, as it is.
  void send(std::string_view bytes);
  /// Lets the world run, and answers what it is asked.
  void run_for(duration time);

  bool is_open() const {
    return open_;
  }
  /// Why the other side ended it.
  const std::string& end() const {
    return end_;
  }
  /// The extension's frames that came, refusals and answers among them.
  const std::vector<std::string>& received() const {
    return received_;
  }

private:
  void carry_out();
  void perform(protocol::session_action& x);
  void take(protocol::message& content);
  void carry_out_stock();
  int64_t now_ms() const;

  world& all_;
  protocol::pairing_identity identity_;
  models::identity me_;
  std::shared_ptr<const models::key_ring> keys_;
  seeded_random random_;
  node_index index_;
  transport network_;
  net::connection_id id_ = 0;
  std::unique_ptr<protocol::session> session_;
  std::unique_ptr<protocol::chum::session> stock_;
  protocol::memory_space taken_{protocol::standard_recipes()};
  bool stock_dialect_ = false;
  std::vector<std::string> texts_;
  std::optional<int64_t> hello_;
  bool answered_ = false;
  bool greeted_ = false;
  bool open_ = false;
  std::string end_;
  std::vector<std::string> received_;
};

} // namespace lama::simulator
