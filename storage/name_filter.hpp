#pragma once

#include <leveldb/write_batch.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace lama::storage {

/// Which names a database cannot hold: half of all look-ups ask for what is new, and LevelDB looks for it in its buffers and in a table of every
/// level, 5 to 10 us each time. A Bloom filter in blocks of a cache line (Putze et al., "Cache-, Hash- and Space-Efficient Bloom Filters"): 12 bits
/// a name, and one in a hundred absent names is looked for all the same.
///
/// Knows of the keys below `o`, `h` and `v` (keys.hpp), whose end is a SHA-256. What is deleted stays in it. Any thread.
class name_filter {
public:
  static bool covers(std::string_view key);
  /// False: the key was in the database at no time since it was opened.
  bool may_hold(std::string_view key) const;

  /// The keys that `batch` puts, before the database may show them.
  void add(const leveldb::WriteBatch& batch);
  void add(const std::vector<uint64_t>& fingerprints);
  /// From now on all that was in the database when it was opened is in here.
  void complete();

  static uint64_t fingerprint(std::string_view key);

private:
  using block = std::array<uint64_t, 8>;
  struct layer {
    std::vector<block> blocks;
    std::size_t room = 0; ///< names that it still takes
  };

  void put(uint64_t fingerprint);

  std::atomic<bool> complete_ = false;
  mutable std::mutex mutex_;
  std::vector<layer> layers_; ///< each four times as large as the one before
};

} // namespace lama::storage
