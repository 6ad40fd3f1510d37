#pragma once

#include "actors/common/message.hpp"
#include "actors/object_store/interface.hpp"

namespace lama::actors {

/// To itself: work out again who is known; several commits make one round.
struct refresh_people {};
LAMA_MESSAGE(refresh_people)

/// People of one user: keeps Someone/Leute up with new profiles (docs/protocol/04 §2.3), tells the connection manager whom to know and
/// dial, and on the archive's side writes what the sparse instance shows of them (LamaContact).
using leute_actor = caf::typed_actor<caf::reacts_to<objects_committed>, caf::reacts_to<refresh_people>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
