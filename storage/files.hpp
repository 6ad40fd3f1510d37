#pragma once

#include "storage/store.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The files of a store as a whole, by its Env: copied before a migration, and replaced by those of a database that was written anew.
namespace lama::storage {

leveldb::Env& env_of(const store_options& options);

/// With what is missing above it, private. Errors: `io_failure`, `no_space`.
result<done> make_folder(const std::filesystem::path& folder, const store_options& options);
/// What stands in the folder itself, sorted; empty where there is none.
std::vector<std::string> names_in(const std::filesystem::path& folder, const store_options& options);
/// The folder with all files in it; what is not there is no error.
result<done> remove_folder(const std::filesystem::path& folder, const store_options& options);
/// One file, durable when answered.
result<done> copy_file(const std::filesystem::path& from, const std::filesystem::path& to, const store_options& options);
/// Other bytes in the place of a file of a closed database, durable when answered: at once or, after a crash, not at all.
result<done> replace_file(const std::filesystem::path& file, std::string_view bytes, const store_options& options);
/// The database of a closed store, file by file, durable when answered. A copy has the file CURRENT only when it is whole.
result<done> copy_database(const std::filesystem::path& from, const std::filesystem::path& to, const store_options& options);

/// Holds what keeps two processes from one store. Errors: `locked`.
class folder_lock {
public:
  static result<folder_lock> take(const std::filesystem::path& folder, const store_options& options);
  ~folder_lock();
  folder_lock(folder_lock&& other) noexcept;
  folder_lock& operator=(folder_lock&&) = delete;

private:
  folder_lock(leveldb::Env& env, leveldb::FileLock* held) : env_(&env), held_(held) {
    // nop
  }
  leveldb::Env* env_;
  leveldb::FileLock* held_;
};

/// The error of a store that another process has open, or this one.
error lock_failure(const std::filesystem::path& folder, const leveldb::Status& status, const store_options& options);

/// A database that takes the place of the one it was made from is written to this folder within the store's.
std::filesystem::path scratch_folder(const std::filesystem::path& folder);
/// Before the scratch folder is written to: an opening in between, after a crash or by another process, ends the attempt.
result<done> begin_replacing(const std::filesystem::path& folder, const store_options& options);
/// Both databases are closed. Moves the old files to the folder `kept` within the store's, or removes them where that is empty, and the new
/// ones to their place; a crash on the way is made good at the next opening. Errors: `locked` where somebody opened the store meanwhile.
result<done> replace_database(const std::filesystem::path& folder, const std::string& kept, const store_options& options);
/// Ends what a crash has cut short; called at each opening, under no lock.
result<done> finish_replacing(const std::filesystem::path& folder, const store_options& options);

} // namespace lama::storage
