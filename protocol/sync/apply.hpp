#pragma once

#include "protocol/sync/types.hpp"

/// Puts a checked batch into a store's transaction (docs/chum-extension.md §4).
namespace lama::protocol::sync {

/// All items but blob pieces, in order. The caller keeps the notes in the same transaction, and the pieces before it (they may stay if it fails).
/// An error means that nothing of this transaction may be committed.
result<done> apply_batch(object_space& space, const commit_batch& batch, version_mode mode);

} // namespace lama::protocol::sync
