#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// Keeps a sparse store within its budget (docs/chum-extension.md §8): what is cold and held by the archive makes room, and leaves a mark.
namespace lama::storage {

/// What may go: the entries of these channels, oldest first, with all that they reach. Channels that the archive writes: what stands in one,
/// the archive has.
struct eviction_rules {
  std::vector<hash> channels{};
  std::size_t kept_entries = 50;     ///< of each channel the newest stay: what the page shows first
  std::vector<hash> kept_channels{}; ///< pinned: nothing that they reach goes
  std::vector<hash> kept_objects{};  ///< nor what these reach: messages that are on their way
};

struct eviction_plan {
  std::vector<hash> names; ///< in the order of going
  uint64_t bytes = 0;      ///< what that frees
};

/// Names whose eviction frees at least `bytes`, or all that may go. Large blobs first, then whole entries; of both what was not looked at
/// lately (`store::mark_used`) before what was, and the older before the newer. A channel loses its oldest part, never a piece of its middle.
/// Where that is not enough, entries go that no list leads to.
/// Reads the channels through: some 20 µs an entry. Errors: the disk's.
result<eviction_plan> plan_eviction(const store& from, const eviction_rules& rules, uint64_t bytes);

/// Those that are still here go; answers how many.
result<std::size_t> evict_all(transaction& in, const std::vector<hash>& names);

/// The newest entry of one of `channels` whose message has this blob or object attached; for a fetch of it (docs/chum-extension.md §5). Reads the
/// channels through: some 100 µs an entry and more.
struct attachment_place {
  hash channel;
  hash entry;
  int64_t time = 0; ///< of the entry, ms since 1970
};
std::optional<attachment_place> find_attachment(const snapshot& from, const std::vector<hash>& channels, const hash& blob);

} // namespace lama::storage
