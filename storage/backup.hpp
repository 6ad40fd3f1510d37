#pragma once

#include "protocol/backup/file.hpp"
#include "protocol/environment.hpp"
#include "storage/store.hpp"

#include <functional>
#include <optional>
#include <string>

/// A store as a backup file (docs/backup.md): all keys and values of one moment, or those that came since an earlier backup.
namespace lama::storage {

/// What an earlier backup held.
struct backup_base {
  std::string id;
  std::string store; ///< the store's id then
  uint64_t sequence = 0;
};

struct backup_request {
  std::string user{};
  std::string side{}; ///< "archive" or "sparse"
  int64_t created_ms = 0;
  std::optional<backup_base> base{};
  std::optional<protocol::backup::seal_description> seal{};
  std::optional<protocol::key32> key{}; ///< where `seal` is
};

struct backup_outcome {
  protocol::backup::header header;
  protocol::backup::summary summary;
};

/// Any thread, beside whatever is written: it sees one moment. Holds a snapshot as long as it runs, and gives up (`overloaded`) when that is in the way.
/// `conflict` where `base` is not of this store, or the store evicts: a sparse one is always backed up whole.
/// @param progress  is told how many bytes of keys and values are done
result<backup_outcome> write_backup(const store& from, const backup_request& request, protocol::backup::byte_sink sink, random_source& random,
                                    const std::function<void(uint64_t)>& progress = {});

} // namespace lama::storage
