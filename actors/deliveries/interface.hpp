#pragma once

#include "actors/common/message.hpp"

namespace lama::actors {

/// From a chum session: this person's node holds this version of the id, with all that it reaches, on its disk.
struct version_delivered {
  hash person{};
  hash id{};
  hash data{};
};
LAMA_MESSAGE(version_delivered, x.person, x.id, x.data)

/// To itself: write down what was delivered. Many acknowledgements make one round.
struct note_deliveries {};
LAMA_MESSAGE(note_deliveries)

/// The archive's knowledge of which messages of the user are at other persons' nodes.
using deliveries_actor = caf::typed_actor<caf::reacts_to<version_delivered>, caf::reacts_to<note_deliveries>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
