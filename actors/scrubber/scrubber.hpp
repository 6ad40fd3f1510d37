#pragma once

#include "actors/chum_session/healing.hpp"
#include "actors/common/message.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/scrubber/give_back.hpp"
#include "storage/scrub.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors {

/// How fast and how often: 256 KiB a second is 22 GB a day, and a thousandth of a core.
inline constexpr std::size_t scrubbed_bytes_a_piece = 256u << 10;
inline constexpr std::chrono::seconds next_piece{1};
inline constexpr std::chrono::minutes first_piece{10}; ///< after a login, when the user is no longer waited for
inline constexpr std::chrono::hours next_pass{7 * 24};
/// The sessions go first; what the archive does not have it may have later.
inline constexpr std::chrono::minutes before_asking_back{1};
inline constexpr std::chrono::minutes before_asking_again{10};
/// Pieces after which the position is noted: what is looked at again after a restart.
inline constexpr std::size_t pieces_a_note = 256;

/// To itself.
struct scrub_next {};
LAMA_MESSAGE(scrub_next)

/// To itself, on the device: asks the archive for what is lost.
struct ask_back {};
LAMA_MESSAGE(ask_back)

/// Reads a user's store from end to end, slowly, week for week (storage/scrub.hpp). What is damaged goes into quarantine, and the sessions
/// ask for it elsewhere. For what they did not get the device's asks the archive's over the bridge, since there may be no session for want of it. It reads
/// large blobs whole: a thread of its own in production.
using scrubber_actor = caf::typed_actor<caf::reacts_to<scrub_next>, caf::reacts_to<heal_due>, caf::reacts_to<ask_back>,
                                        caf::replies_to<give_back>::with<given_back>, caf::replies_to<get_status>::with<status_report>>;

struct scrubber_state {
  static inline const char* name = "scrubber";

  user_context_ptr user;
  storage::scrub_state progress;
  std::size_t pieces = 0; ///< since the last note
  bool note_is_due = false;
  std::vector<hash> damaged; ///< to be put into quarantine with the next note
  std::string last_error;
  bool asking_is_due = false;
  std::optional<hash> asked_after; ///< how far in the list of what is wanted

  /// How long until the next piece.
  std::chrono::milliseconds scrub_piece();
};

scrubber_actor::behavior_type scrubber(scrubber_actor::stateful_pointer<scrubber_state> self, user_context_ptr user);

} // namespace lama::actors
