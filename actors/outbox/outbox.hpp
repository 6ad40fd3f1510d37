#pragma once

#include "actors/conversations/registration.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/outbox/interface.hpp"

namespace lama::actors {

/// To itself: a write failed, try once more.
struct enter_channels_again {};
LAMA_MESSAGE(enter_channels_again)

using outbox_root = outbox_actor::extend<caf::reacts_to<enter_channels_again>>;

struct outbox_actor_state {
  static inline const char* name = "outbox";

  user_context_ptr user;
  channel_registration registration;
  std::vector<hash> channels; ///< to be entered: that failed once
  uint64_t written = 0;
  uint64_t refused = 0; ///< by the archive
};

outbox_root::behavior_type outbox(outbox_root::stateful_pointer<outbox_actor_state> self, user_context_ptr user);

} // namespace lama::actors
