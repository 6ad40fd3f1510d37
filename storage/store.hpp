#pragma once

#include "protocol/objects/object_space.hpp"

#include <leveldb/env.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The store of one instance: objects, versions, indexes and a change log in one LevelDB (docs/architecture.md, storage/keys.hpp).
namespace lama::storage {

struct store_options {
  leveldb::Env* env = nullptr;               ///< null: the operating system's
  std::size_t write_buffer_bytes = 8u << 20; ///< after a crash the log of up to two of these is read again
  std::size_t cache_bytes = 8u << 20;
  bool sync_writes = true; ///< false: durability = "relaxed"
  const protocol::recipe_table* recipes = &protocol::standard_recipes();
  std::function<void()> before_write; ///< the simulator drains LevelDB's background work here
};

enum class change_kind : uint8_t {
  object = 1,    ///< a new object that is not an id object: `name`, and `id` where it is versioned
  id_object = 2, ///< a new id object: `id`
  head = 3,      ///< `id` has a new head: `name` is its data
  blob = 4,      ///< a new blob or clob: `name`
};

/// One line of the change log. `sequence` counts from 1 without gaps.
struct change {
  uint64_t sequence = 0;
  change_kind kind = change_kind::object;
  std::string type;
  hash name{};
  hash id{};
};

struct commit_info {
  uint64_t last_sequence = 0;
  std::vector<change> changes;
};

class transaction;

/// A consistent view of the store at one moment. Cheap to make; keep it short (it holds old data on disk). One thread at a time.
class snapshot final : public protocol::object_source {
public:
  ~snapshot() override;
  const protocol::recipe_table& recipes() const override;
  std::optional<std::string> read(const hash& name) const override;
  bool contains(const hash& name) const override;
  bool elsewhere(const hash& name) const override;
  std::optional<hash> head(const hash& id) const override;
  bool in_history(const hash& id, const hash& node) const override;
  std::vector<hash> referrers(const hash& target, std::string_view type) const override;
  std::vector<hash> referring_ids(const hash& target, std::string_view type) const override;
  std::optional<protocol::text_origin> kept_text(const hash& name, std::string_view type) const override;
  protocol::kept_texts kept_texts() const override;

  /// Objects of `type` in the order of writing, at most `limit`, after the position that an earlier answer gave (empty: from the start).
  struct page {
    std::vector<hash> names; ///< id hashes for versioned types
    std::string next;        ///< empty at the end
  };
  page objects_of_type(std::string_view type, std::size_t limit, std::string_view after = {}) const;

  uint64_t last_sequence() const;
  /// The change log from `after` on, at most `limit` lines.
  std::vector<change> changes(uint64_t after, std::size_t limit) const;

  /// Size of a blob, object or id object; nothing where it is not here.
  std::optional<uint64_t> size_of(const hash& name) const;
  /// Up to `length` bytes of a blob from `offset`.
  result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const;

  /// Small values of the node's own (positions, receipts, keys at rest), by a name such as "sync/position/…". Never exported.
  std::optional<std::string> note(std::string_view key) const;
  std::vector<std::pair<std::string, std::string>> notes(std::string_view prefix, std::size_t limit = 1000) const;

  /// What was damaged or lost and is not healed, in order of names: at most `limit`, after `after`. Neither here nor `elsewhere`.
  std::vector<hash> wanted(std::size_t limit, const std::optional<hash>& after = std::nullopt) const;

  /// The first failure of the disk, or `corrupt` for what is damaged: "nothing" answered since then may be a lie. Ask before acting upon an absence.
  std::optional<error> trouble() const;
  /// A write failed, and the store waits for this snapshot to go before it opens its files again: long readers give up and start anew.
  bool in_the_way() const;

private:
  friend class store;
  friend class transaction;
  friend class verification;
  friend struct inside;
  struct state;
  std::unique_ptr<state> state_;
};

/// Writes collected over a consistent view, read back by itself, made durable as one. Dropped without a trace unless committed.
/// One at a time a store; `store::begin` fails while another is open.
class transaction final : public protocol::object_space {
public:
  ~transaction() override;
  const protocol::recipe_table& recipes() const override;
  std::optional<std::string> read(const hash& name) const override;
  bool contains(const hash& name) const override;
  bool elsewhere(const hash& name) const override;
  std::optional<hash> head(const hash& id) const override;
  bool in_history(const hash& id, const hash& node) const override;
  std::vector<hash> referrers(const hash& target, std::string_view type) const override;
  std::vector<hash> referring_ids(const hash& target, std::string_view type) const override;
  std::optional<protocol::text_origin> kept_text(const hash& name, std::string_view type) const override;
  protocol::kept_texts kept_texts() const override;
  result<protocol::put_result> put(std::string_view text) override;
  result<protocol::put_result> put_blob(std::string_view bytes) override;
  result<protocol::put_result> keep_text(std::string_view text, protocol::text_origin origin) override;
  /// The recipe of `type` is known: the user's own texts of it that conform become objects, the others stay and say why. Versions are stored, and none
  /// becomes current: in which order they were made is not known. Storing a Recipe does this by itself.
  void take_up_texts(std::string_view type);
  /// Where `id` or `node` (with its data) is not here, the commit fails.
  void set_head(const hash& id, const hash& node, const std::vector<hash>& joined) override;
  /// Does nothing for what is here.
  void mark_elsewhere(const hash& name) override;
  protocol::merge_memory* remembered() const override;

  /// Drops the bytes of an object or blob that is held elsewhere; the name stays in the indexes, and `elsewhere` is true.
  /// Fails with `not_found`, and with `conflict` for id objects, which are never evicted.
  result<done> evict(const hash& name);

  /// Takes damaged bytes out of service: the name is `wanted` from then on, and storing the object again ends it.
  /// Fails with `not_found`, and with `conflict` where the bytes are what their name says.
  result<done> quarantine(const hash& name);

  std::optional<std::string> note(std::string_view key) const;
  void set_note(std::string_view key, std::string_view value);
  void remove_note(std::string_view key);

  /// Takes back everything since `mark()`: one request of a group that failed must not spoil the others.
  std::size_t mark() const;
  void roll_back(std::size_t mark);
  /// Why the commit would fail as it stands (`set_head` answers nothing); rolling back what asked for it helps.
  std::optional<error> refused() const;

  std::size_t pending_bytes() const;

private:
  friend class store;
  struct state;
  std::unique_ptr<state> state_;
};

struct verify_report {
  uint64_t objects = 0;
  uint64_t id_objects = 0;
  uint64_t blobs = 0;
  uint64_t bytes = 0;
  uint64_t heads = 0;
  uint64_t references = 0;
  uint64_t lost = 0;                 ///< `wanted`; each is a problem
  uint64_t kept_texts = 0;           ///< of types without a recipe here, or that do not fit it; they are blobs, too
  std::vector<std::string> refused;  ///< those that do not fit, a line each; no problem
  std::vector<std::string> problems; ///< one line each, the first 1000
  uint64_t problem_count = 0;
};

class store {
public:
  /// Opens or creates. Errors: `locked` (another process has it: the message names what to do), `unsupported` (a newer schema),
  /// `corrupt`, `io_failure`.
  static result<std::unique_ptr<store>> open(const std::filesystem::path& folder, store_options options = {});
  ~store();

  /// Safe from any thread, also while a commit runs. Never null; where the files cannot be opened, it has `trouble` from the start.
  /// May outlive the store, but keeps its files open.
  std::unique_ptr<snapshot> read() const;

  /// The writer's thread only.
  result<std::unique_ptr<transaction>> begin();
  /// Durable when it answers (unless `sync_writes` is false). After a failed write nothing more is acknowledged before the store was
  /// closed and opened again, which this does by itself at the next call (docs/architecture.md, "After a failed write"). Until then
  /// readers see what was; the writer is refused with `io_failure` or `no_space` while the disk still fails, and with `overloaded`
  /// while an old snapshot is held. A transaction that was begun before the failure is lost: its commit answers `conflict`.
  result<commit_info> commit(std::unique_ptr<transaction> what);

  /// Streams a blob in, never held whole: pieces of any size; the answer of `finish_blob` is its name. Not visible until then; what a
  /// crash leaves over is removed at open. A failed `append_blob` forgets the upload. The writer's thread only.
  result<uint64_t> begin_blob();
  result<done> append_blob(uint64_t upload, std::string_view piece);
  /// `conflict`, and the upload stays, while a transaction is open.
  /// Fails with `corrupt`, and forgets the upload, where `expected` is given and is not its hash.
  result<hash> finish_blob(uint64_t upload, const std::optional<hash>& expected = std::nullopt);
  void cancel_blob(uint64_t upload);

  /// Re-hashes everything; checks references, heads, indexes, counts. `progress` is told how many objects are done.
  /// A blob that the peer could not deliver is no problem where a note "missing-blob/HEX" says so (docs/protocol/03 §4.3).
  /// Any thread; takes a snapshot for as long as it runs, and gives up, with a problem, when that is in the way.
  verify_report verify(const std::function<void(uint64_t)>& progress = {}) const;

  uint64_t last_sequence() const;
  /// Objects, id objects and blobs.
  uint64_t object_count() const;
  /// How many names are `wanted`.
  uint64_t lost_count() const;
  /// What they are long together, without indexes and before compression: for a byte budget.
  uint64_t stored_bytes() const;
  /// Somebody looked at these: eviction (storage/evict.hpp) takes them last. Any thread; forgotten when the store is closed.
  void mark_used(const std::vector<hash>& names) const;

private:
  store();
  friend class snapshot;
  friend class transaction;
  friend struct inside;
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::storage
