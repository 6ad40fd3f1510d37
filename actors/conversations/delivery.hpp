#pragma once

#include "actors/instance/user_context.hpp"

#include "protocol/sync/types.hpp"

#include <cstdint>

/// The archive's half of the outbox (docs/architecture.md, "Outbox").
namespace lama::actors {

struct delivery_report {
  uint64_t posted = 0;
  uint64_t refused = 0;
  uint64_t forged = 0;     ///< entries that our sparse instance did not make
  bool incomplete = false; ///< something is not here yet, or there are more than one transaction takes
};

/// Takes up to `most_deliveries` new entries of one outbox channel, oldest first: checks each, posts it, writes its receipt; remembers in
/// the same transaction how far it came.
inline constexpr std::size_t most_deliveries = 500;
result<done> deliver_outbox(storage::transaction& to, const user_context& user, const hash& channel, delivery_report& report);

/// The same for what a batch of our sparse instance has just brought, in the transaction that stores it: a message costs the archive one
/// commit, not two. What fails is left to the conversations' actor, which tries again and says why; the batch itself stands.
void deliver_with_batch(storage::transaction& to, const user_context& user, const protocol::sync::commit_batch& batch);

/// Outboxes of our sparse instance that are here.
std::vector<hash> outbox_channels(const protocol::object_source& from, const user_context& user);

} // namespace lama::actors
