#pragma once

#include "protocol/models/channels.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The texts of a channel, folded (search.hpp) and in blocks, so that a search reads some hundred long values in place of every message. Blocks hold what stood
/// in the entries when they were written: what a message says now is looked at where a text fits. (docs/decisions/search-reads-folded-texts.md)
///
///   channel, newest entry first   [ tail: read live ][ block n-1 ] … [ block 1 ][ block 0 ]
namespace lama::models {

/// Entries of one block: some 40 kB, and as many as may stand before the newest block unwritten.
inline constexpr std::size_t entries_a_block = 128;

/// One entry; without text where it holds none.
struct indexed_text {
  hash message;     ///< the CreationTime of the message that says it; of an edit, the edited one's
  int64_t time = 0; ///< of that message
  std::string text; ///< folded
};
std::string encode_block(const std::vector<indexed_text>& oldest_first);
/// Nothing where it is damaged. The texts point into `block`.
struct indexed_view {
  hash message;
  int64_t time;
  std::string_view text;
};
std::optional<std::vector<indexed_view>> decode_block(std::string_view block);

/// Up to where the blocks reach.
struct index_state {
  std::size_t blocks = 0;
  std::optional<hash> newest; ///< the LinkedListEntry of the last one's newest text
};
std::string encode(const index_state& x);
/// What cannot be read: none yet.
index_state decode_index_state(std::string_view note);
std::string index_state_note(const hash& channel);
std::string index_block_note(const hash& channel, std::size_t number);

/// What one entry says.
indexed_text text_of_entry(const object_source& from, const channel_entry& entry);

/// Walks down from `at` until `until` or the end, at most `most` entries; `each` may be null. Answers where it stopped: nothing at the end or at `until`.
struct walked {
  std::optional<hash> next;
  bool met = false;    ///< it came to `until`
  bool broken = false; ///< an entry is not here
};
walked walk_entries(const object_source& from, const hash& channel, std::optional<hash> at, const std::optional<hash>& until, std::size_t most,
                    const std::function<void(const hash& name, const channel_entry& entry)>& each);

} // namespace lama::models
