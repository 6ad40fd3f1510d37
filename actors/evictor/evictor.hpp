#pragma once

#include "actors/common/message.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/object_store/interface.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lama::actors {

/// To itself: look whether the store is over its budget.
struct make_room {};
LAMA_MESSAGE(make_room)

/// Keeps the sparse store of one user within `node_settings::sparse_budget` (docs/chum-extension.md §8). Detached in production: it reads
/// channels through.
using evictor_actor = caf::typed_actor<caf::reacts_to<objects_committed>, caf::reacts_to<make_room>, caf::replies_to<get_status>::with<status_report>>;

struct evictor_state {
  static inline const char* name = "evictor";

  user_context_ptr user;
  bool busy = false;       ///< from the plan to its last write
  std::vector<hash> names; ///< still to go
  bool waiting = false;    ///< a look is due
  uint64_t evicted = 0;
  std::string last_error;
};

evictor_actor::behavior_type evictor(evictor_actor::stateful_pointer<evictor_state> self, user_context_ptr user);

/// Before a conversation's id: nothing of it is evicted.
inline constexpr const char* pinned_note = "pinned/";

} // namespace lama::actors
