#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Looking, a piece at a time and as long as the store lives, whether what is stored still is what its name says.
namespace lama::storage {

/// Under which the state stands in the store's notes.
inline constexpr std::string_view scrub_note = "scrub/state";

struct scrub_state {
  std::optional<hash> position; ///< the last name that was looked at in this pass
  uint64_t checked = 0;         ///< objects and blobs in this pass
  uint64_t bytes = 0;           ///< in this pass
  uint64_t passes = 0;          ///< whole ones
  int64_t last_pass_ms = 0;     ///< when the last one ended, since 1970; 0: never
  uint64_t found = 0;           ///< damaged ones, ever
  uint64_t unreadable = 0;      ///< pieces in which files could not be read, ever: `lama verify --repair` is needed

  friend bool operator==(const scrub_state&, const scrub_state&) = default;
};

std::string encode(const scrub_state& x);
/// Nothing for text that `encode` never made.
std::optional<scrub_state> decode_scrub_state(std::string_view text);
/// As noted in the store; a new one where there is none.
scrub_state scrub_state_of(const snapshot& from);

struct scrub_piece {
  std::vector<hash> damaged; ///< to be given to `transaction::quarantine`
  uint64_t bytes = 0;        ///< read
  bool ended = false;        ///< a pass
};

/// Looks at records after the position until `most_bytes` were read (one large blob is read whole), and moves the state on. The caches of other
/// readers stay as they are.
scrub_piece scrub(const snapshot& from, scrub_state& state, std::size_t most_bytes, int64_t now_ms);

} // namespace lama::storage
