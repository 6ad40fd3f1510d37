#pragma once

#include "actors/common/message.hpp"
#include "actors/object_store/commit_listeners.hpp"
#include "protocol/hash.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <optional>

/// What was lost here is had back from others (docs/chum-extension.md §9).
namespace lama::actors {

/// Something was put into quarantine; also to itself, to go on.
struct heal_due {};
LAMA_MESSAGE(heal_due)

/// To itself: the time has come to ask for what was not had.
struct retry_healing {};
LAMA_MESSAGE(retry_healing)

using loss_listener = caf::typed_actor<caf::reacts_to<heal_due>>;
/// Join by `user_context::losses`.
using loss_listeners = listeners_of<loss_listener>;

/// One session's way through the list of what is wanted, again and again while there is something on it.
struct healing_round {
  std::optional<hash> after;       ///< how far
  std::optional<uint32_t> request; ///< that is open
  uint64_t lost_before = 0;        ///< when it was sent
  bool again = false;              ///< something more was lost meanwhile
  bool retry_is_due = false;
};

} // namespace lama::actors
