#pragma once

#include "tests/simulation/world/network.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace lama::simulator {

/// One actor system without threads. Its clock stands still until the world moves it.
///
/// The root is linked to every actor that the node spawns (spawn<caf::linked>), so that killing it kills all.
class node {
public:
  /// @param now  the world's time: a node that restarts must not begin at zero again
  explicit node(time_point now);
  /// Stops all actors at once, without letting any of them act on it: what a crash looks like to the disk and to the peers.
  ~node();

  node(const node&) = delete;
  node& operator=(const node&) = delete;

  caf::actor_system& system() {
    return system_;
  }
  void watch(caf::actor root) {
    root_ = std::move(root);
  }

  std::size_t ready() {
    return scheduler().jobs.size();
  }
  /// Lets the `nth` waiting actor handle one message; answers who and what.
  std::string run_one(std::size_t nth);

  std::optional<time_point> next_timeout();
  void move_clock_to(time_point now);

private:
  struct config : caf::actor_system_config {
    config();
  };

  caf::scheduler::test_coordinator& scheduler();

  config config_;
  caf::actor_system system_{config_};
  caf::actor root_;
};

} // namespace lama::simulator
