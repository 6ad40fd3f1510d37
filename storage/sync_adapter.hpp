#pragma once

#include "protocol/environment.hpp"
#include "protocol/sync/types.hpp"
#include "storage/store.hpp"

#include <map>
#include <optional>
#include <string>

/// What the sync between our own nodes needs of a store (docs/chum-extension.md): its view, its notes, its batches.
///
/// Notes: `sync/store` the id of this store; `sync/position/PERSON` how far a remote was imported; `sync/frontier/PERSON/STORE/ID` what it has;
/// `sync/brought/PERSON/ID` that it is the writer of this id.
namespace lama::storage {

/// Whom a session is with.
struct sync_peer {
  hash person;
  std::string store; ///< the id in its hello
  std::string own{}; ///< our id in ours; where the store has another one since (`begin_sync_anew`), no position of the session is kept
};

/// The id of this store, made at the first call. A restored backup must take `renew_store_id`: sequences that were told before mean other lines then.
std::string store_id(transaction& in, random_source& random);
void renew_store_id(transaction& in, random_source& random);

/// With everybody: remotes offer again all that they grant, whatever they believe to be here, and what is here is offered to them. For a store
/// that has lost something.
void begin_sync_anew(const snapshot& from, transaction& in, random_source& random);

/// Where to go on with this person.
protocol::sync::position sync_position(const snapshot& from, const hash& person);

/// Did this person's instance, which is the user's other one, bring versions of `id`?
bool was_brought_by(const snapshot& from, const hash& person, const hash& id);

/// A view for `session::pump` and `session::receive`.
class sync_source final : public protocol::sync::change_source {
public:
  sync_source(const snapshot& from, sync_peer peer);

  const protocol::object_source& objects() const override;
  uint64_t last_sequence() const override;
  std::vector<protocol::sync::change_line> changes(uint64_t after, std::size_t limit) const override;
  std::optional<uint64_t> size_of(const hash& name) const override;
  result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const override;
  std::optional<protocol::sync::frontier> frontier_of(const hash& id) const override;
  std::optional<error> trouble() const override;

private:
  const snapshot& from_;
  sync_peer peer_;
  mutable std::optional<uint64_t> last_sequence_; ///< asked for with every step
};

/// Blobs that come in pieces, of one session. Take the pieces of a batch before the transaction that applies it is begun.
class sync_uploads {
public:
  /// An error ends the session.
  result<done> take(store& into, const protocol::sync::commit_batch& batch);
  /// At the end of the session.
  void cancel(store& into);

private:
  std::map<hash, uint64_t> open_;
};

/// Everything else of a batch, with the notes that belong into the same commit.
result<done> apply_sync_batch(transaction& in, const protocol::sync::commit_batch& batch, const sync_peer& peer, protocol::sync::version_mode mode);

/// May wait for the next commit: losing it costs bytes only.
void save_frontier(transaction& in, const sync_peer& peer, const hash& id, const protocol::sync::frontier& content);

} // namespace lama::storage
