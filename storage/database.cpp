#include "storage/database.hpp"

#include "protocol/limits.hpp"
#include "storage/files.hpp"
#include "storage/log_env.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

namespace lama::storage {

namespace {

/// A log of so many bytes is read in a few milliseconds, and not worth a table of its own.
constexpr std::size_t read_quickly = 1u << 20;
constexpr auto owner_file = "LOCK.owner"; ///< LevelDB leaves alone what does not carry one of its names

bool says(const leveldb::Status& status, std::string_view words) {
  return status.ToString().find(words) != std::string::npos;
}

/// Without CURRENT, LevelDB would begin anew and delete what it finds.
result<done> check_current(const std::filesystem::path& folder, const store_options& options) {
  if (env_of(options).FileExists((folder / "CURRENT").string()))
    return done{};
  auto names = names_in(folder, options);
  auto holds_data = [](const std::string& x) { return x.ends_with(".ldb") || x.ends_with(".sst") || x.ends_with(".log"); };
  if (std::ranges::any_of(names, holds_data))
    return fail(errc::corrupt, "The store " + folder.string() + " has data, but its file CURRENT is missing. Run lama verify --repair.");
  return done{};
}

} // namespace

error storage_failure(const leveldb::Status& status, const std::string& what) {
  auto text = status.ToString();
  if (status.IsCorruption())
    return fail(errc::corrupt, what + ": stored data is damaged. Run lama verify --repair.", text);
  for (auto full : {ENOSPC, EDQUOT})
    if (says(status, std::generic_category().message(full)))
      return fail(errc::no_space, what + ": the disk is full. Make room; nothing that was acknowledged is lost.", text);
  return fail(errc::io_failure, what + ": " + text, text);
}

error lock_failure(const std::filesystem::path& folder, const leveldb::Status& status, const store_options& options) {
  std::string owner;
  auto known = leveldb::ReadFileToString(&env_of(options), (folder / owner_file).string(), &owner).ok() && !owner.empty();
  auto who = !known ? std::string{"another process"} : owner == std::to_string(::getpid()) ? std::string{"this process itself"} : "process " + owner;
  return fail(errc::locked, "The store " + folder.string() + " is open in " + who + ". Stop it (lama stop), or choose another data folder.", status.ToString());
}

result<std::shared_ptr<database>> database::open(const std::filesystem::path& folder, const store_options& options) {
  LAMA_CHECK(make_folder(folder, options));
  LAMA_CHECK(finish_replacing(folder, options));
  return open_as_it_is(folder, options);
}

result<std::shared_ptr<database>> database::open_as_it_is(const std::filesystem::path& folder, const store_options& options) {
  auto* env = &env_of(options);
  LAMA_CHECK(check_current(folder, options));
  std::shared_ptr<database> opened{new database};
  opened->before_close_ = options.before_write;
  opened->filter_.reset(leveldb::NewBloomFilterPolicy(10));
  opened->cache_.reset(leveldb::NewLRUCache(options.cache_bytes));
  auto x = database_options(options);
  x.filter_policy = opened->filter_.get();
  x.block_cache = opened->cache_.get();
  if (!options.env) {
    opened->gate_ = std::make_unique<compaction_gate>(env_of(options));
    x.env = opened->gate_.get();
  }
  leveldb::DB* db = nullptr;
  if (auto status = leveldb::DB::Open(x, folder.string(), &db); !status.ok()) {
    if (says(status, "lock " + (folder / "LOCK").string()))
      return lock_failure(folder, status, options);
    return storage_failure(status, "Opening the store " + folder.string() + " failed");
  }
  opened->db_.reset(db);
  if (opened->gate_)
    opened->gate_->watch(*db);
  opened->env_ = env;
  opened->settles_ = !options.env && !options.before_write;
  // For the message of whoever finds it locked. Not in a simulation, where a run must not depend on a process id.
  if (!options.env)
    leveldb::WriteStringToFile(env, std::to_string(::getpid()), (folder / owner_file).string());
  return opened;
}

leveldb::Options database_options(const store_options& options) {
  leveldb::Options x;
  x.env = &env_of(options);
  x.create_if_missing = true;
  // Rather refuse to open than drop the damaged part of a log in silence.
  x.paranoid_checks = true;
  x.write_buffer_size = options.write_buffer_bytes;
  return x;
}

void database::learn_names() {
  reader_ = name_reader::start(*db_, *env_, names_, !settles_);
}

void database::settle() {
  uint64_t used = 0;
  std::string text;
  if (db_->GetProperty("leveldb.approximate-memory-usage", &text))
    std::from_chars(text.data(), text.data() + text.size(), used);
  if (used < cache_->TotalCharge() + read_quickly)
    return;
  // LevelDB has no other way to say so: a range without keys, before which the memtable is written. Where that fails the log is still there.
  const leveldb::Slice nothing{"\xFF"};
  db_->CompactRange(&nothing, &nothing);
}

database::~database() {
  if (before_close_)
    before_close_();
  if (reader_)
    reader_->stop();
  hurry_background_work();
  if (gate_)
    gate_->open();
  if (db_ && settles_)
    settle();
}

result<done> probe_disk(const std::filesystem::path& folder, const store_options& options) {
  auto* env = &env_of(options);
  uint64_t needed = limits::blob_chunk_bytes; // a new MANIFEST and log
  for (const auto& name : names_in(folder, options))
    if (uint64_t size = 0; name.ends_with(".log") && env->GetFileSize((folder / name).string(), &size).ok())
      needed += size;
  auto probe = (folder / "PROBE").string();
  leveldb::WritableFile* opened = nullptr;
  auto status = env->NewWritableFile(probe, &opened);
  if (!status.ok())
    return storage_failure(status, "The store is still not writable");
  std::unique_ptr<leveldb::WritableFile> file{opened};
  const std::string piece(limits::blob_chunk_bytes, 'x');
  for (uint64_t written = 0; status.ok() && written < needed; written += piece.size())
    status = file->Append(piece);
  if (status.ok())
    status = file->Sync();
  file.reset();
  auto removed = env->RemoveFile(probe);
  if (status.ok())
    status = removed;
  if (!status.ok())
    return storage_failure(status, "The store is still not writable");
  return done{};
}

} // namespace lama::storage
