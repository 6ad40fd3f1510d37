#pragma once

#include "protocol/objects/object_space.hpp"

#include <rapidcheck.h>

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

/// Random histories of several replicas of one object: who changes it, tells of it, and hears what, when, how often (docs/protocol/01 §5.6).
namespace lama::testing {

struct history_step {
  enum class kind { change, send, deliver };
  kind what = kind::change;
  int who = 0;
  int time = 0;         ///< change: how far the replica's clock goes on
  uint32_t content = 0; ///< change: what the object says then
  uint32_t message = 0; ///< deliver: which of those sent so far; again, late, or out of order, as it comes
};
std::ostream& operator<<(std::ostream& out, const history_step& x);

/// What the replicas share, and what a change writes.
struct shared_object {
  const protocol::recipe_table* recipes;
  /// The text of the object's next version, where `now` is the present one (null: none yet).
  std::function<std::string(protocol::object_space& space, const protocol::object* now, const history_step& step)> next;
  /// The stock peer tells versions of one millisecond apart by their nodes, so that replicas may disagree for ever; then no two have one time.
  bool distinct_times = false;
};

constexpr int replica_count = 5;

rc::Gen<std::vector<history_step>> any_history();

/// Plays it; then everybody hears everybody, and all must come to rest with the same bytes; then all that was ever sent arrives once more at all, in
/// another order, and they must come to rest again.
void check_convergence(const shared_object& what, const std::vector<history_step>& steps);

/// As rc::check, for so many histories: `usual`, or what LAMA_HISTORIES says.
bool holds(int usual, const std::function<void(const std::vector<history_step>&)>& property);

} // namespace lama::testing
