#pragma once

#include "actors/instance/user_context.hpp"
#include "actors/sync_figures/interface.hpp"
#include "actors/sync_figures/lag_marks.hpp"
#include "actors/sync_figures/rate.hpp"

namespace lama::actors {

struct sync_figures_state {
  static inline const char* name = "sync-figures";

  user_context_ptr user;
  lag_marks marks;
  rate<caf::actor_clock> entries;
  rate<caf::actor_clock> commits;
  uint64_t last_sequence = 0; ///< that was counted
  std::string noted;          ///< as the store has it
  bool note_is_due = false;

  sync_figures now(caf::actor_clock::time_point at);
};

sync_figures_actor::behavior_type sync_figures_of(sync_figures_actor::stateful_pointer<sync_figures_state> self, user_context_ptr user);

} // namespace lama::actors
