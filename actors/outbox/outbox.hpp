#pragma once

#include "actors/conversations/registration.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/outbox/interface.hpp"

namespace lama::actors {

struct outbox_actor_state {
  static inline const char* name = "outbox";

  user_context_ptr user;
  channel_registration registration;
  uint64_t written = 0;
  uint64_t refused = 0; ///< by the archive
};

outbox_actor::behavior_type outbox(outbox_actor::stateful_pointer<outbox_actor_state> self, user_context_ptr user);

} // namespace lama::actors
