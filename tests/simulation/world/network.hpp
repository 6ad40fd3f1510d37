#pragma once

#include "tests/simulation/world/chance.hpp"

#include <caf/actor_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace lama::simulator {

using time_point = caf::actor_clock::time_point;
using duration = caf::actor_clock::duration_type;
using node_index = std::size_t;

/// Carries bytes between nodes: late by a seeded latency, in order per stream and direction but not between streams, lost when the line is
/// cut. Knows no actor.
/// Also the world's alarm clock for what is no actor.
class network {
public:
  /// Takes bytes into a node. Called by `deliver_due` only, never from within `send`.
  using receiver = std::function<void(node_index from, std::string bytes)>;

  network(chance& dice, duration least_latency, duration most_latency);

  void attach(node_index at, receiver on_bytes);
  /// What is on its way to or from `at` is lost.
  void detach(node_index at);

  /// @param stream  which connection of the sender's: what is sent on one arrives in order
  void send(node_index from, node_index to, uint64_t stream, std::string bytes, time_point now);

  void cut(node_index a, node_index b);
  void mend(node_index a, node_index b);
  /// From now on everything between the two takes this much longer; zero ends it.
  void delay(node_index a, node_index b, duration more);

  /// Calls `work` when it is that time, from outside any actor. Dropped when `owner` is detached before.
  void at(node_index owner, time_point when, std::function<void()> work);

  std::optional<time_point> next_due() const;
  void deliver_due(time_point now);

private:
  using line = std::pair<node_index, node_index>;
  struct parcel {
    line on;
    std::string bytes;
    std::function<void()> work; ///< instead of bytes
  };

  void drop_if(const std::function<bool(const line&)>& lost);

  chance& dice_;
  duration least_latency_;
  duration most_latency_;
  std::map<node_index, receiver> receivers_;
  std::set<line> cut_;
  std::map<line, duration> delays_;
  std::map<std::pair<line, uint64_t>, time_point> latest_; ///< keeps a stream in order
  uint64_t sent_ = 0;                                      ///< breaks ties: equal times deliver in the order of sending
  std::map<std::pair<time_point, uint64_t>, parcel> on_the_way_;
};

} // namespace lama::simulator
