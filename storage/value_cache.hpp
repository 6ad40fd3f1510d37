#pragma once

#include <leveldb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lama::storage {

/// Values, and absences, that were read or written last, for all readers of a store and its writer: what a message touches is asked for some
/// four hundred times on its way, by sessions, watchers and the next transaction, and the database takes microseconds for each.
///
/// An entry is the last value of its key and counts from the version of the store in which it was read or written; a reader of an earlier
/// version does not see it and asks the database. Any thread.
class value_cache {
public:
  /// Counts the writes. 0: one is under way, and what a reader sees may be from before or after it; such a reader does without.
  using version = uint64_t;

  /// Holds at most about twice `bytes`: two generations, of which the older is dropped as a whole.
  explicit value_cache(std::size_t bytes);

  version now() const;
  /// Before the database may show anything of it.
  void begin_write();
  /// All of `batch` can be read by now. A large one empties the cache rather than filling it.
  void end_write(const leveldb::WriteBatch& batch);
  /// After a write that failed and the reopening that followed: what it left is not known.
  void forget_all();

  /// The outer optional: whether it is known here; the inner: whether it is there.
  std::optional<std::optional<std::string>> find(std::string_view key, version at);
  /// What the database said at version `at`; ignored when there is a later one by now.
  void offer(std::string_view key, const std::optional<std::string>& value, version at);

private:
  struct entry {
    std::optional<std::string> value;
    version since = 0;
  };
  struct hash_of_key {
    using is_transparent = void;
    std::size_t operator()(std::string_view x) const {
      if (x.size() <= sizeof(std::size_t) || x[0] == 'n')
        return std::hash<std::string_view>{}(x);
      std::size_t end = 0; // of a SHA-256
      std::memcpy(&end, x.data() + x.size() - sizeof end, sizeof end);
      return end;
    }
  };
  using entries = std::unordered_map<std::string, entry, hash_of_key, std::equal_to<>>;
  class batch_reader;

  void put(std::string_view key, std::optional<std::string> value, version since);
  void erase(std::string_view key);
  void clear();

  mutable std::mutex mutex_;
  const std::size_t most_bytes_;
  std::size_t young_bytes_ = 0;
  entries young_, old_;
  version version_ = 1;
  bool writing_ = false;
};

} // namespace lama::storage
