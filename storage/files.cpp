#include "storage/files.hpp"

#include "protocol/limits.hpp"
#include "storage/database.hpp"
#include "storage/log_env.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

namespace lama::storage {

namespace {

using std::filesystem::path;

/// Says how far a replacement has come: "rebuild", "put-away KEPT", "take-over KEPT".
constexpr std::string_view marker = "REPLACING";
constexpr std::string_view marker_on_its_way = "REPLACING.new";
constexpr std::string_view lock_file = "LOCK";
/// Where the old files wait for their removal.
constexpr std::string_view not_kept = "replaced";

void sync_folder(const path& folder, const store_options& options) {
  if (options.env)
    return; // the simulated disk keeps names at once
  auto opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0)
    return; // not ours to read: the one who made it is answerable
  ::fsync(opened);
  ::close(opened);
}

result<done> checked(const leveldb::Status& status, const char* what) {
  return status.ok() ? result<done>{done{}} : storage_failure(status, what);
}

/// Durable, though perhaps not yet under its name.
result<done> write_durably(leveldb::Env& env, const path& to, const std::function<leveldb::Status(leveldb::WritableFile&)>& write) {
  leveldb::WritableFile* opened = nullptr;
  auto status = env.NewWritableFile(to.string(), &opened);
  std::unique_ptr<leveldb::WritableFile> file{opened};
  if (status.ok())
    status = write(*file);
  if (status.ok())
    status = file->Sync();
  if (status.ok())
    status = file->Close();
  return checked(status, "Writing a file of the store failed");
}

result<done> write_marker(const path& folder, const std::string& text, const store_options& options) {
  auto& env = env_of(options);
  LAMA_CHECK(write_durably(env, folder / marker_on_its_way, [&](leveldb::WritableFile& file) { return file.Append(text); }));
  LAMA_CHECK(checked(env.RenameFile((folder / marker_on_its_way).string(), (folder / marker).string()), "Writing a file of the store failed"));
  sync_folder(folder, options);
  return done{};
}

result<std::string> read_marker(const path& folder, const store_options& options) {
  std::string text;
  LAMA_CHECK(checked(leveldb::ReadFileToString(&env_of(options), (folder / marker).string(), &text), "Reading a file of the store failed"));
  return text;
}

result<done> remove_marker(const path& folder, const store_options& options) {
  LAMA_CHECK(checked(env_of(options).RemoveFile((folder / marker).string()), "Removing a file of the store failed"));
  sync_folder(folder, options);
  return done{};
}

/// Everything that LevelDB would take for its own, and what its repair put aside.
bool belongs_to_database(std::string_view name) {
  return name == "CURRENT" || name == "LOG" || name == "LOG.old" || name == "lost" || name.starts_with("MANIFEST-") || name.ends_with(".ldb") ||
         name.ends_with(".sst") || name.ends_with(".log") || name.ends_with(".dbtmp");
}

result<done> move_database(const path& from, const path& to, const store_options& options) {
  for (const auto& name : names_in(from, options))
    if (belongs_to_database(name))
      LAMA_CHECK(checked(env_of(options).RenameFile((from / name).string(), (to / name).string()), "Moving a file of the store failed"));
  sync_folder(to, options);
  sync_folder(from, options);
  return done{};
}

/// Under the lock. Each step may be done again after a crash.
result<done> go_on_replacing(const path& folder, const store_options& options) {
  LAMA_TRY(text, read_marker(folder, options));
  auto space = text.find(' ');
  auto step = text.substr(0, space);
  auto kept = space == std::string::npos ? std::string{} : text.substr(space + 1);
  if (step == "put-away") {
    LAMA_CHECK(make_folder(folder / kept, options));
    LAMA_CHECK(move_database(folder, folder / kept, options));
    step = "take-over";
    LAMA_CHECK(write_marker(folder, step + ' ' + kept, options));
  }
  if (step == "take-over") {
    LAMA_CHECK(move_database(scratch_folder(folder), folder, options));
    if (kept == not_kept)
      LAMA_CHECK(remove_folder(folder / kept, options));
  }
  LAMA_CHECK(remove_folder(scratch_folder(folder), options));
  return remove_marker(folder, options);
}

} // namespace

leveldb::Env& env_of(const store_options& options) {
  return options.env ? *options.env : log_env();
}

result<done> make_folder(const path& folder, const store_options& options) {
  if (options.env) {
    auto status = options.env->CreateDir(folder.string());
    return status.ok() || options.env->FileExists(folder.string()) ? result<done>{done{}} : storage_failure(status, "Creating " + folder.string() + " failed");
  }
  std::error_code problem;
  std::vector<path> missing;
  for (auto x = folder; !x.empty() && !std::filesystem::exists(x, problem); x = x.parent_path())
    missing.push_back(x);
  if (std::filesystem::create_directories(folder, problem); problem)
    return fail(errc::io_failure, "Creating " + folder.string() + " failed: " + problem.message());
  for (const auto& x : missing) {
    // Private: it holds chats and keys at rest.
    std::filesystem::permissions(x, std::filesystem::perms::owner_all, problem);
    // LevelDB makes what it acknowledges durable, but not the folder that it stands in.
    sync_folder(x.has_parent_path() ? x.parent_path() : ".", options);
  }
  return done{};
}

std::vector<std::string> names_in(const path& folder, const store_options& options) {
  std::vector<std::string> names;
  env_of(options).GetChildren(folder.string(), &names);
  // The simulated disk lists what is below, too.
  std::erase_if(names, [](const std::string& x) { return x == "." || x == ".." || x.find('/') != std::string::npos; });
  std::ranges::sort(names);
  return names;
}

result<done> remove_folder(const path& folder, const store_options& options) {
  auto& env = env_of(options);
  for (const auto& name : names_in(folder, options)) {
    auto inner = folder / name;
    if (name == "lost")
      LAMA_CHECK(remove_folder(inner, options));
    else
      LAMA_CHECK(checked(env.RemoveFile(inner.string()), "Removing a file of the store failed"));
  }
  env.RemoveDir(folder.string()); // may not be there, which is what is wanted
  return done{};
}

result<done> copy_file(const path& from, const path& to, const store_options& options) {
  auto& env = env_of(options);
  leveldb::SequentialFile* opened = nullptr;
  LAMA_CHECK(checked(env.NewSequentialFile(from.string(), &opened), "Reading a file of the store failed"));
  std::unique_ptr<leveldb::SequentialFile> source{opened};
  std::string room(limits::blob_chunk_bytes, '\0');
  return write_durably(env, to, [&](leveldb::WritableFile& target) {
    leveldb::Slice piece;
    auto status = source->Read(room.size(), &piece, room.data());
    for (; status.ok() && !piece.empty(); status = status.ok() ? source->Read(room.size(), &piece, room.data()) : status)
      status = target.Append(piece);
    return status;
  });
}

result<done> replace_file(const path& file, std::string_view bytes, const store_options& options) {
  auto on_its_way = path{file}.replace_extension(".dbtmp"); // LevelDB removes what is left of such
  LAMA_CHECK(write_durably(env_of(options), on_its_way, [&](leveldb::WritableFile& to) { return to.Append(slice(bytes)); }));
  LAMA_CHECK(checked(env_of(options).RenameFile(on_its_way.string(), file.string()), "Moving a file of the store failed"));
  sync_folder(file.parent_path(), options);
  return done{};
}

result<done> copy_database(const path& from, const path& to, const store_options& options) {
  LAMA_CHECK(make_folder(to, options));
  for (const auto& name : names_in(from, options))
    if (belongs_to_database(name) && name != "CURRENT" && name != "lost")
      LAMA_CHECK(copy_file(from / name, to / name, options));
  LAMA_CHECK(copy_file(from / "CURRENT", to / "CURRENT", options));
  sync_folder(to, options);
  return done{};
}

result<folder_lock> folder_lock::take(const path& folder, const store_options& options) {
  auto& env = env_of(options);
  leveldb::FileLock* held = nullptr;
  if (auto status = env.LockFile((folder / lock_file).string(), &held); !status.ok())
    return lock_failure(folder, status, options);
  return folder_lock{env, held};
}

folder_lock::folder_lock(folder_lock&& other) noexcept : env_(other.env_), held_(std::exchange(other.held_, nullptr)) {
  // nop
}

folder_lock::~folder_lock() {
  if (held_)
    env_->UnlockFile(held_);
}

path scratch_folder(const path& folder) {
  return folder / "rebuilding";
}

result<done> begin_replacing(const path& folder, const store_options& options) {
  auto lock = folder_lock::take(folder, options);
  if (!lock)
    return std::move(lock).failure();
  LAMA_CHECK(remove_folder(scratch_folder(folder), options));
  return write_marker(folder, "rebuild", options);
}

result<done> replace_database(const path& folder, const std::string& kept, const store_options& options) {
  auto lock = folder_lock::take(folder, options);
  if (!lock)
    return std::move(lock).failure();
  if (!env_of(options).FileExists((folder / marker).string()))
    return fail(errc::locked, "The store " + folder.string() + " was opened by another process meanwhile. Nothing was changed; try again.");
  LAMA_CHECK(write_marker(folder, "put-away " + (kept.empty() ? std::string{not_kept} : kept), options));
  return go_on_replacing(folder, options);
}

result<done> finish_replacing(const path& folder, const store_options& options) {
  if (!env_of(options).FileExists((folder / marker).string()))
    return done{};
  auto lock = folder_lock::take(folder, options);
  if (!lock)
    return std::move(lock).failure();
  // Whoever held the lock before may have ended it.
  return env_of(options).FileExists((folder / marker).string()) ? go_on_replacing(folder, options) : result<done>{done{}};
}

} // namespace lama::storage
