#pragma once

#include "tests/simulation/world/chance.hpp"
#include "tests/simulation/world/network.hpp"
#include "tests/simulation/world/node.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace lama::simulator {

/// All nodes, the lines between them and time, in one thread. A run is its seed.
class world {
public:
  /// Builds a node's actors and attaches it to the network; used again when the node restarts.
  using builder = std::function<void(world&, node_index, node&)>;

  explicit world(uint64_t seed);

  node_index add(builder build);
  void crash(node_index which);
  void restart(node_index which);

  void run_for(duration time);
  /// Stops where it is so, which is looked at after every step of an actor; false: it never was within `most`.
  bool run_until(const std::function<bool()>& is_so, duration most);

  network& lines() {
    return lines_;
  }
  time_point now() const {
    return now_;
  }
  uint64_t steps() const {
    return steps_;
  }
  /// FNV-1a over everything that happened, in order.
  uint64_t trace() const {
    return trace_;
  }

private:
  struct seat {
    builder build;
    std::unique_ptr<node> sitting; ///< null while crashed
  };

  bool run_one();
  time_point next_event(time_point latest);
  void note(std::string_view text);

  chance dice_;
  network lines_;
  std::vector<seat> seats_;
  time_point now_{duration{1}}; ///< where CAF's test clock begins
  bool loud_;                   ///< LAMA_SIMULATION_TRACE is set: every step goes to stderr
  uint64_t steps_ = 0;
  uint64_t trace_ = 14695981039346656037u;
};

} // namespace lama::simulator
