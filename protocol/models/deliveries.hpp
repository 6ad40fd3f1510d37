#pragma once

#include "protocol/models/outbox.hpp"

/// Which messages are durable at another person's node. Written by the archive when a version of a channel was acknowledged there
/// (docs/chum-extension.md §3), read by whoever shows a message.
namespace lama::models {

/// Messages by `sender` in the list that begins at `head` and not in the one at `former`, newest first. Where both meet, all below is known.
/// Looks at `limit` entries at most: what is below them counts as not delivered, which is said of nothing wrongly.
std::vector<hash> newly_delivered(const object_source& from, const std::optional<hash>& head, const std::optional<hash>& former, const hash& sender,
                                  std::size_t limit);

/// Messages of one LamaDelivered.
inline constexpr std::size_t most_in_delivered = 500;

/// Stores that they are durable at `person`'s, and tells the sparse instance (`sparse` absent: there is none yet).
result<done> note_delivered(object_space& space, const hash& me, const std::optional<hash>& sparse, const std::string& conversation, const hash& person,
                            const std::vector<hash>& messages, const signer& as, int64_t now_ms);

/// Is this message durable at another person's node?
bool is_delivered(const object_source& from, const hash& creation_time);
bool is_delivered_to(const object_source& from, const hash& creation_time, const hash& person);

} // namespace lama::models
