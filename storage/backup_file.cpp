#include "storage/backup_file.hpp"

#include "protocol/limits.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace lama::storage {

namespace {

namespace fs = std::filesystem;
using protocol::backup::header;

constexpr std::size_t piece_bytes = 1u << 20;

error file_failure(const std::string& what, const fs::path& path, int number) {
  auto code = number == ENOSPC || number == EDQUOT ? errc::no_space : number == EEXIST ? errc::conflict : number == ENOENT ? errc::not_found : errc::io_failure;
  return fail(code, what + ' ' + path.string() + " failed: " + std::generic_category().message(number) + '.');
}

error already_there(const fs::path& path) {
  return fail(errc::conflict, "The file " + path.string() + " exists, and nothing is overwritten. Name another one.");
}

class file {
public:
  explicit file(int number) : number_{number} {
    // nop
  }
  file(file&& other) noexcept : number_{std::exchange(other.number_, -1)} {
    // nop
  }
  file& operator=(file&&) = delete;
  ~file() {
    if (number_ >= 0)
      ::close(number_);
  }
  int number() const {
    return number_;
  }
  bool ok() const {
    return number_ >= 0;
  }

private:
  int number_;
};

/// Written under another name until it is whole.
class new_file {
public:
  static result<new_file> begin(const fs::path& path) {
    std::error_code problem;
    if (fs::exists(path, problem))
      return already_there(path);
    auto part = path;
    part += ".part";
    file opened{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!opened.ok())
      return file_failure("Writing", part, errno);
    return new_file{std::move(opened), path, part};
  }
  new_file(new_file&& other) noexcept : to_{std::move(other.to_)}, path_{std::move(other.path_)}, part_{std::exchange(other.part_, {})} {
    // nop
  }
  ~new_file() {
    if (!part_.empty())
      ::unlink(part_.c_str());
  }

  result<done> write(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = ::write(to_.number(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return file_failure("Writing", part_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return done{};
  }

  /// By a link, which unlike renaming never replaces what came there meanwhile.
  result<done> finish() {
    if (::fsync(to_.number()) != 0)
      return file_failure("Writing", part_, errno);
    if (::link(part_.c_str(), path_.c_str()) != 0) {
      if (errno == EEXIST)
        return already_there(path_);
      if (::rename(part_.c_str(), path_.c_str()) != 0) // a file system without links
        return file_failure("Writing", path_, errno);
    }
    file folder{::open(path_.has_parent_path() ? path_.parent_path().c_str() : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.ok() && ::fsync(folder.number()) != 0)
      return file_failure("Writing", path_, errno);
    return done{};
  }

private:
  new_file(file opened, fs::path path, fs::path part) : to_{std::move(opened)}, path_{std::move(path)}, part_{std::move(part)} {
    // nop
  }

  file to_;
  fs::path path_;
  fs::path part_; ///< empty: moved from
};

result<std::string> read_piece(const file& from, std::size_t most, const fs::path& path) {
  std::string bytes(std::min(most, piece_bytes), '\0');
  for (;;) {
    auto count = ::read(from.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return file_failure("Reading", path, errno);
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }
}

result<file> open_to_read(const fs::path& path) {
  // A pipe that nobody writes into would hold us for ever.
  file opened{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!opened.ok())
    return file_failure("Reading", path, errno);
  return opened;
}

std::vector<backup_file> backups_in(const fs::path& folder) {
  std::vector<backup_file> found;
  std::error_code problem;
  std::size_t seen = 0;
  for (fs::directory_iterator i{folder, problem}, end; !problem && i != end && seen < limits::backup_folder_files; i.increment(problem), ++seen)
    if (i->is_regular_file(problem) && i->path().extension() != ".part")
      if (auto header = read_backup_header(i->path()))
        found.push_back({i->path(), std::move(*header)});
  return found;
}

} // namespace

result<backup_outcome> write_backup_file(const store& from, const backup_request& request, const fs::path& path, random_source& random,
                                         const std::function<void(uint64_t)>& progress) {
  LAMA_TRY(to, new_file::begin(path));
  LAMA_TRY(outcome, write_backup(
                        from, request, [&](std::string_view bytes) { return to.write(bytes); }, random, progress));
  LAMA_CHECK(to.finish());
  return std::move(outcome);
}

result<done> move_backup_file(const fs::path& from, const fs::path& to) {
  LAMA_TRY(target, new_file::begin(to));
  // Within one file system nothing is copied.
  if (::link(from.c_str(), to.c_str()) != 0) {
    if (errno == EEXIST)
      return already_there(to);
    LAMA_TRY(source, open_to_read(from));
    for (;;) {
      LAMA_TRY(piece, read_piece(source, piece_bytes, from));
      if (piece.empty())
        break;
      LAMA_CHECK(target.write(piece));
    }
    LAMA_CHECK(target.finish());
  }
  ::unlink(from.c_str());
  return done{};
}

result<protocol::backup::reader> open_backup_file(const fs::path& path) {
  LAMA_TRY(opened, open_to_read(path));
  auto shared = std::make_shared<file>(std::move(opened));
  return protocol::backup::reader::open([shared, path](std::size_t most) { return read_piece(*shared, most, path); });
}

result<header> read_backup_header(const fs::path& path) {
  LAMA_TRY(from, open_backup_file(path));
  return from.description();
}

result<std::vector<backup_file>> backup_chain(const std::vector<fs::path>& given) {
  std::vector<backup_file> known;
  for (const auto& path : given) {
    auto header = read_backup_header(path);
    if (!header)
      return fail(header.failure().code, path.string() + ": " + header.failure().message, header.failure().detail);
    known.push_back({path, std::move(*header)});
  }
  if (known.empty())
    return fail(errc::bad_input, "Name a backup file.");
  std::vector<backup_file> chain{*std::ranges::max_element(known, {}, [](const backup_file& x) { return std::pair{x.header.sequence, x.header.created_ms}; })};
  auto folder = chain.front().path.has_parent_path() ? chain.front().path.parent_path() : fs::path{"."};
  bool looked = false;
  while (!chain.back().header.base.empty()) {
    const auto& wanted = chain.back().header.base;
    auto found = std::ranges::find(known, wanted, [](const backup_file& x) { return x.header.id; });
    if (found == known.end() && !std::exchange(looked, true)) {
      for (auto& x : backups_in(folder))
        known.push_back(std::move(x));
      continue;
    }
    // Each one in a chain ends before the next one, so that this ends too.
    if (found == known.end() || chain.size() > limits::backup_chain || found->header.sequence >= chain.back().header.sequence + 1)
      return fail(errc::not_found, "The backup " + chain.back().path.string() + " goes on from backup " + wanted + ", which is not in " + folder.string() +
                                       ". Name its file too.");
    chain.push_back(*found);
  }
  std::ranges::reverse(chain);
  return chain;
}

std::optional<backup_file> newest_backup(const fs::path& folder, const std::string& user, const std::string& side) {
  std::optional<backup_file> newest;
  for (auto& x : backups_in(folder))
    if (x.header.user == user && x.header.side == side && (!newest || newest->header.created_ms < x.header.created_ms))
      newest = std::move(x);
  return newest;
}

result<restored> restore_files(const std::vector<backup_file>& files, const fs::path& folder, const restore_options& options, random_source& random) {
  LAMA_TRY(work, restoration::begin(folder, options.store));
  for (const auto& x : files) {
    LAMA_TRY(from, open_backup_file(x.path));
    auto applied = from.unseal(options.unseal);
    if (applied)
      applied = work.apply(from);
    if (!applied)
      return fail(applied.failure().code, x.path.string() + ": " + applied.failure().message, applied.failure().detail);
  }
  LAMA_TRY(outcome, work.check(options.progress));
  if (options.keep && (options.damaged || outcome.report.problem_count == 0))
    LAMA_CHECK(work.finish(random));
  return std::move(outcome);
}

} // namespace lama::storage
