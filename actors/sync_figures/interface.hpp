#pragma once

#include "actors/common/message.hpp"
#include "actors/object_store/interface.hpp"

#include <cstdint>
#include <string>

namespace lama::actors {

/// From the chum session with the user's other instance: it has durably what lines of our change log up to here say.
struct instance_holds {
  uint64_t sequence = 0;
};
LAMA_MESSAGE(instance_holds, x.sequence)

struct get_sync_figures {};
LAMA_MESSAGE(get_sync_figures)

/// One instance of a user in numbers: what it has, what is written to it, and how far the other instance is behind it. These cross the bridge.
struct sync_figures {
  uint64_t sequence = 0; ///< of the change log
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t lost = 0; ///< names that a scrub or a repair found damaged, and that are not healed
  double entries_a_second = 0;
  double commits_a_second = 0; ///< over the last seconds
  bool knows_other = false;    ///< the two have met; else what follows says nothing
  uint64_t other_behind = 0;   ///< entries that the other instance has not acknowledged
  int64_t other_behind_ms = 0; ///< how long the oldest of them has waited
};
LAMA_MESSAGE(sync_figures, x.sequence, x.objects, x.bytes, x.lost, x.entries_a_second, x.commits_a_second, x.knows_other, x.other_behind, x.other_behind_ms)

/// To itself: write down how far the other instance is.
struct note_held {};
LAMA_MESSAGE(note_held)

/// How the two instances of one user stand to each other, as this one sees it.
using sync_figures_actor = caf::typed_actor<caf::reacts_to<instance_holds>, caf::reacts_to<objects_committed>, caf::reacts_to<note_held>,
                                            caf::replies_to<get_sync_figures>::with<sync_figures>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
