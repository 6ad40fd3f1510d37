#pragma once

#include "actors/instance/user_context.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "protocol/connection/invitation.hpp"

#include <optional>

namespace lama::actors {

/// The domain in invitation links, as LAMA has it (docs/protocol/02 §6.1); the link is for people, the fragment behind `#` is what counts.
inline constexpr std::string_view invitation_domain = "edda.dev.refinio.one";

struct pairing_manager_state {
  static inline const char* name = "pairing-manager";

  user_context_ptr user;
  std::optional<protocol::invitations> open; ///< in memory only: a restart forgets them
  uint64_t stored = 0;
};

pairing_manager_actor::behavior_type pairing_manager(pairing_manager_actor::stateful_pointer<pairing_manager_state> self, user_context_ptr user);

} // namespace lama::actors
