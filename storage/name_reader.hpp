#pragma once

#include "storage/name_filter.hpp"

#include <leveldb/db.h>
#include <leveldb/env.h>

#include <memory>
#include <mutex>
#include <string_view>

namespace lama::storage {

/// Reads all names of a database into a filter, in pieces between LevelDB's own background work: a second of it for each million of objects.
/// Where something cannot be read the filter stays incomplete, and who asks is sent to the database.
class name_reader {
public:
  /// Of what `from` holds now; nothing is written before this returns. `at_once`: not in the background (a simulation).
  static std::shared_ptr<name_reader> start(leveldb::DB& from, leveldb::Env& env, name_filter& into, bool at_once);
  /// Before the database is closed.
  void stop();

private:
  name_reader(leveldb::DB& from, leveldb::Env& env, name_filter& into);

  static void run_piece(void* self); ///< takes a `std::shared_ptr<name_reader>` on the heap
  /// Whether there is more.
  bool read_piece();
  bool read_some_of(std::string_view prefix);

  std::mutex mutex_; ///< held while a piece is read
  leveldb::DB* database_;
  leveldb::Env& env_;
  name_filter& filter_;
  leveldb::ReadOptions options_;
  std::unique_ptr<leveldb::Iterator> position_;
  std::size_t prefix_ = 0; ///< which of them is being read
};

} // namespace lama::storage
