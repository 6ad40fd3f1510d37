#pragma once

#include "storage/backup.hpp"
#include "storage/restore.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Backups as files of a folder (docs/backup.md). Memory: one block.
namespace lama::storage {

/// Into `path`, 0600; it appears when it is whole and on the disk. `conflict` where it exists.
result<backup_outcome> write_backup_file(const store& from, const backup_request& request, const std::filesystem::path& path, random_source& random,
                                         const std::function<void(uint64_t)>& progress = {});
/// Moves a finished backup, across file systems too. `conflict` where `to` exists.
result<done> move_backup_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// `not_found` where it cannot be read.
result<protocol::backup::reader> open_backup_file(const std::filesystem::path& path);
result<protocol::backup::header> read_backup_header(const std::filesystem::path& path);

struct backup_file {
  std::filesystem::path path;
  protocol::backup::header header;
};

/// All that is needed for the newest of `given`, in the order of restoring: what is not given is looked for in the same folder. `not_found`
/// names what is missing.
result<std::vector<backup_file>> backup_chain(const std::vector<std::filesystem::path>& given);

/// The one of this store that was made last, in `folder`.
std::optional<backup_file> newest_backup(const std::filesystem::path& folder, const std::string& user, const std::string& side);

/// Restores `files` into `folder`, which must not exist, and checks it. `keep`: then it stays there, else it was an exercise.
struct restore_options {
  store_options store;
  protocol::backup::unsealer unseal;
  bool keep = true;
  bool damaged = false; ///< also where verification finds problems
  std::function<void(uint64_t)> progress;
};
result<restored> restore_files(const std::vector<backup_file>& files, const std::filesystem::path& folder, const restore_options& options,
                               random_source& random);

} // namespace lama::storage
