#pragma once

#include "protocol/versions/merge_memory.hpp"
#include "storage/overlay.hpp"
#include "storage/usage.hpp"
#include "storage/value_cache.hpp"
#include "storage/view.hpp"

#include <leveldb/write_batch.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// What stands behind the classes of store.hpp.
namespace lama::storage {

struct snapshot::state final : view {
  state(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> types,
        std::shared_ptr<const std::atomic<bool>> reopening, std::shared_ptr<value_cache> cache);
  ~state() override;

  std::optional<std::string> get(std::string_view key) const override;
  void scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const override;
  /// With keys, from `start` on, until `each` answers false.
  void scan(std::string_view prefix, std::string_view start, const std::function<bool(std::string_view, std::string_view)>& each) const;

  leveldb::DB* db() const {
    return database_ ? &database_->db() : nullptr;
  }

  leveldb::ReadOptions options;
  std::shared_ptr<const std::atomic<bool>> reopening;
  std::shared_ptr<const protocol::recipe_table> registered; ///< what `recipes()` is part of: a snapshot may outlive its store

private:
  std::shared_ptr<value_cache> cache_;
  value_cache::version version_ = 0; ///< 0: reads from the database alone
};

/// What the store and its one open transaction both move on.
struct writer_shared {
  bool transaction_open = false;
  uint64_t next_storage = 1;                       ///< id of the next large blob; never goes back while the store lives
  std::shared_ptr<protocol::recipe_table> recipes; ///< of the options, and what was registered here
  protocol::merge_memory merges;
};

struct transaction::state final : view {
  /// As it was before an operation: what taking that back restores.
  struct progress {
    totals counts;
    std::size_t lines = 0;
    std::size_t bytes = 0;
  };

  state(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> known, const totals& counts,
        std::shared_ptr<writer_shared> shared, std::shared_ptr<value_cache> cache);
  ~state() override;

  std::optional<std::string> get(std::string_view key) const override;
  void scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const override;

  /// Not what is remembered of it: whether it is damaged is the question.
  std::optional<std::string> get_from_disk(std::string_view key) const;

  void write(std::string_view key, std::string value, bool ranged = false);
  void erase(std::string_view key);
  uint16_t number_of(std::string_view type);
  /// Writes a record with its line, and answers its head; `old` is what stood under the name.
  record_head store_record(const hash& name, record_head head, std::string_view payload, uint64_t size, const std::optional<stored_record>& old);
  /// As `store_record` for an object or id object, with its entries in the reverse maps.
  void store_indexed(const hash& name, record_head head, std::string_view text, const protocol::object_facts& facts, const std::optional<stored_record>& old);
  /// With the id object that a versioned object brings along.
  void store_text(std::string_view text, const hash& name, const protocol::object_facts& facts, const std::optional<stored_record>& old);
  void mark_text(std::string_view type, const text_mark& x);
  void unmark_text(std::string_view type, const hash& name);
  /// kept_texts.hpp
  void take_up_texts(std::string_view type);
  void take_up_text(std::string_view type, const hash& name);
  /// Where what is stored under the name is not `bytes`, which are what it says, it is damaged, and is replaced in its place.
  void heal(const hash& name, const stored_record& known, std::string_view bytes);
  /// Takes the bytes of a record away, chunks included, and what it counts for.
  void drop_content(const stored_record& old);
  /// The damaged bytes below `q`, once the object is here again.
  void drop_quarantined(const hash& name);
  void note_trouble(error failure) const override;
  /// What could not be read after so many operations was read for what is taken back.
  void forget_trouble_since(std::size_t operation);
  /// The commit will fail with this, unless it is rolled back.
  void refuse(error why);

  /// All of it as one write; adds the posting lists, the new types and the counts.
  void fill(leveldb::WriteBatch& batch) const;
  std::vector<change> changes() const;

  std::shared_ptr<writer_shared> shared;
  uint64_t base = 0; ///< last sequence before this transaction
  totals counts;     ///< with this transaction
  overlay writes;
  std::vector<progress> before; ///< one for each operation of `writes`
  std::vector<log_line> lines;
  std::size_t bytes = 0;
  std::size_t first_new_type = 0;
  std::shared_ptr<type_table> own_types;               ///< with those that this transaction brings; null while there are none
  std::vector<std::pair<std::size_t, error>> refusals; ///< with the number of their operation

private:
  mutable std::size_t trouble_at_ = 0; ///< how many operations there were at the first trouble
  std::shared_ptr<value_cache> cache_;
  value_cache::version version_;
};

struct blob_upload {
  sha256_stream digest;
  std::string waiting; ///< not written yet
  uint64_t size = 0;   ///< of what was appended
  uint32_t chunks = 0; ///< written
};

/// Twice this is what the values read last may take in memory, for each store.
inline constexpr std::size_t cached_value_bytes = 512u << 10;

struct store::state {
  std::filesystem::path folder;
  store_options options;
  std::shared_ptr<writer_shared> shared = std::make_shared<writer_shared>();
  std::shared_ptr<value_cache> cache = std::make_shared<value_cache>(cached_value_bytes);
  std::map<uint64_t, blob_upload> uploads; ///< by storage id; the writer's thread only
  usage_log used;

  mutable std::mutex mutex;         ///< guards what follows
  std::shared_ptr<database> opened; ///< null: opening again failed
  std::shared_ptr<const type_table> types;
  totals counts;
  bool failed = false;    ///< a write was not OK
  bool left_overs = true; ///< not looked for since the files were opened
  std::shared_ptr<std::atomic<bool>> reopening = std::make_shared<std::atomic<bool>>(false);

  /// Opens the files and reads what is kept in memory; writes nothing but the schema of a new store. Holds the mutex, or is alone.
  result<done> open_files();
  /// Removes what unfinished blobs left, before the first write after opening. Writer's thread, as above.
  result<done> remove_left_overs();
  /// Before anything is acknowledged: closes and opens again after a failure.
  result<done> ready_to_write();
  result<done> write(leveldb::WriteBatch& batch, bool durable);
  std::unique_ptr<transaction> begin();
  result<commit_info> commit(transaction& what);
  /// Adds what waits as chunks to `batch`.
  void move_chunks(uint64_t storage, blob_upload& from, leveldb::WriteBatch& batch) const;

private:
  result<done> load(database& from);
};

/// What backup, digest and eviction use of a store beside its public face.
struct inside {
  using snapshot_state = snapshot::state;

  static snapshot_state& of(const snapshot& x) {
    return *x.state_;
  }
  static const store::state& of(const store& x) {
    return *x.state_;
  }
};

/// Deletes the chunks of a large blob, in pieces.
result<done> remove_chunks(database& from, uint64_t storage, const std::function<void()>& before_write);

} // namespace lama::storage
