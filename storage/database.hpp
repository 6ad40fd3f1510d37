#pragma once

#include "storage/compaction_gate.hpp"
#include "storage/name_filter.hpp"
#include "storage/name_reader.hpp"
#include "storage/store.hpp"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>

#include <memory>
#include <string>
#include <string_view>

namespace lama::storage {

inline leveldb::Slice slice(std::string_view x) {
  return {x.data(), x.size()};
}
inline std::string_view view_of(const leveldb::Slice& x) {
  return {x.data(), x.size()};
}

/// LevelDB's answer as an error of ours; a full disk is told apart. `what` begins the message: "Writing to the store failed".
error storage_failure(const leveldb::Status& status, const std::string& what);

/// As every database of ours is opened, but for filter and cache.
leveldb::Options database_options(const store_options& options);

/// One opened LevelDB with what must live as long as it. Readers and the writer share it; closed when the last one lets go.
class database {
public:
  /// Creates what is not there. Errors as `store::open`.
  static result<std::shared_ptr<database>> open(const std::filesystem::path& folder, const store_options& options);
  /// Not ending a replacement of its files that was begun: for whoever replaces them.
  static result<std::shared_ptr<database>> open_as_it_is(const std::filesystem::path& folder, const store_options& options);
  ~database();

  leveldb::DB& db() const {
    return *db_;
  }
  /// From now on `names` hears of every write before it is done.
  void learn_names();
  name_filter& names() {
    return names_;
  }

private:
  database() = default;
  /// What is in memory and in the log becomes a table now, so that the next start does not wait for it.
  void settle();

  std::function<void()> before_close_;
  bool settles_ = false; ///< not in a simulation: it would wait for LevelDB's background thread
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<compaction_gate> gate_; ///< not in a simulation, whose disk does such work itself
  std::unique_ptr<leveldb::DB> db_;
  name_filter names_;
  std::shared_ptr<name_reader> reader_;
  leveldb::Env* env_ = nullptr; ///< without the gate
};

/// Is there room for what opening writes again (the log becomes a table)? Asked before a store that can still be read is closed.
result<done> probe_disk(const std::filesystem::path& folder, const store_options& options);

/// For every read: without the checksums a damaged key would be an absence, also for who finds its block in the cache later.
inline leveldb::ReadOptions checked_reads() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

/// Calls `each(key, value)` for all keys with `prefix`, from `start` on, until it answers false.
template <class F>
leveldb::Status scan(leveldb::DB& db, const leveldb::ReadOptions& options, std::string_view prefix, std::string_view start, F each) {
  std::unique_ptr<leveldb::Iterator> i{db.NewIterator(options)};
  for (i->Seek(slice(start)); i->Valid() && i->key().starts_with(slice(prefix)); i->Next())
    if (!each(view_of(i->key()), view_of(i->value())))
      break;
  return i->status();
}

} // namespace lama::storage
