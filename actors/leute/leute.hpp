#pragma once

#include "actors/connection_manager/interface.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/leute/interface.hpp"

#include <vector>

namespace lama::actors {

struct leute_state {
  static inline const char* name = "leute";

  user_context_ptr user;
  bool refresh_is_due = false;
  std::vector<hash> arrived; ///< ids of profiles with a new version, not looked at yet
  std::size_t known = 0;
};

leute_actor::behavior_type leute(leute_actor::stateful_pointer<leute_state> self, user_context_ptr user);

} // namespace lama::actors
