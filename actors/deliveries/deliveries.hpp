#pragma once

#include "actors/deliveries/interface.hpp"
#include "actors/instance/user_context.hpp"

#include <map>
#include <utility>

namespace lama::actors {

struct deliveries_state {
  static inline const char* name = "deliveries";

  user_context_ptr user;
  std::map<std::pair<hash, hash>, hash> waiting; ///< (person, channel) → the newest version that was acknowledged
  bool is_due = false;
  uint64_t delivered = 0; ///< messages, since the start
};

deliveries_actor::behavior_type deliveries(deliveries_actor::stateful_pointer<deliveries_state> self, user_context_ptr user);

} // namespace lama::actors
