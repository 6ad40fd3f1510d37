#pragma once

#include "actors/common/message.hpp"
#include "actors/object_store/commit_listeners.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

/// A change to the store as a function over a transaction, run by the one writer: all of it is durable when answered, or none of it.
/// It reads what it needs from the transaction, so that heads cannot move under it; it must be quick (no scrypt, no waiting) and must not
/// touch an actor. What it finds out it leaves in objects it shares with the asker, who reads them once the answer is there.
/// (docs/decisions/transactions-as-functions.md)
struct transact {
  std::string label; ///< for logs and traces: "post message"
  std::function<result<done>(storage::transaction&)> apply;
};
LAMA_MESSAGE(transact, x.label)

struct transacted {
  uint64_t last_sequence = 0; ///< of the change log, after it
};
LAMA_MESSAGE(transacted, x.last_sequence)

/// What one group commit changed, in order; sent to all listeners after it is durable.
struct objects_committed {
  std::shared_ptr<const storage::commit_info> info;
};
LAMA_MESSAGE(objects_committed)

using commit_listener = caf::typed_actor<caf::reacts_to<objects_committed>>;

/// Join by `user_context::commits`.
using commit_listeners = listeners_of<commit_listener>;

/// Work with the store itself on the writer's thread, between transactions: blobs that come in pieces with a sync batch.
struct use_store {
  std::string label;
  std::function<result<done>(storage::store&)> work;
};
LAMA_MESSAGE(use_store, x.label)

/// Blobs come in pieces and are never held whole.
struct begin_blob {};
LAMA_MESSAGE(begin_blob)
struct blob_begun {
  uint64_t upload = 0;
};
LAMA_MESSAGE(blob_begun, x.upload)
struct append_blob {
  uint64_t upload = 0;
  std::string piece;
};
LAMA_MESSAGE(append_blob, x.upload)
struct finish_blob {
  uint64_t upload = 0;
  std::optional<hash> expected;
};
LAMA_MESSAGE(finish_blob, x.upload)
struct blob_stored {
  hash name;
};
LAMA_MESSAGE(blob_stored, x.name)
struct cancel_blob {
  uint64_t upload = 0;
};
LAMA_MESSAGE(cancel_blob, x.upload)

/// To itself: everything that waits is written as one group.
struct flush_group {};
LAMA_MESSAGE(flush_group)

/// The one writer of a store. Everybody reads by `storage::store::read()`.
using object_store_actor = caf::typed_actor<
    // Answers when durable; fails with the function's own error (nothing of it is stored), or with the disk's.
    caf::replies_to<transact>::with<transacted>, caf::reacts_to<flush_group>, caf::replies_to<use_store>::with<ok>,
    caf::replies_to<begin_blob>::with<blob_begun>, caf::replies_to<append_blob>::with<ok>,
    // Durable when answered; `corrupt` where it is not `expected`.
    caf::replies_to<finish_blob>::with<blob_stored>, caf::reacts_to<cancel_blob>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
