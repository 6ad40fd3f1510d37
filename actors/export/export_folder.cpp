#include "actors/export/export_folder.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace lama::actors {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view work_suffix = ".part";

lama::error cannot(const std::string& what, const fs::path& path, const std::error_code& problem) {
  auto code = problem == std::errc::no_space_on_device ? errc::no_space : errc::io_failure;
  return fail(code, what + ' ' + path.string() + " failed: " + problem.message() + '.');
}

lama::error already_there(const fs::path& path) {
  return fail(errc::conflict, "The folder " + path.string() + " exists, and nothing is overwritten. Name another one.");
}

class open_folder {
public:
  explicit open_folder(const fs::path& path) : number_{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    // nop
  }
  ~open_folder() {
    if (number_ >= 0)
      ::close(number_);
  }
  open_folder(const open_folder&) = delete;
  open_folder& operator=(const open_folder&) = delete;
  int number() const {
    return number_;
  }

private:
  int number_;
};

/// All files below, whose number nobody knows, by one call.
result<done> sync_all(const fs::path& folder) {
  open_folder opened{folder};
  if (opened.number() < 0 || ::syncfs(opened.number()) != 0)
    return cannot("Making durable", folder, {errno, std::generic_category()});
  return done{};
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path{"."};
}

} // namespace

std::string export_work_prefix(std::string_view side) {
  return '.' + std::string{side} + '-';
}

void remove_export_leftovers(const fs::path& data_dir, std::string_view side) {
  std::error_code problem;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator{data_dir / exports_folder, problem})
    if (entry.path().filename().string().starts_with(export_work_prefix(side)))
      leftovers.push_back(entry.path());
  for (const auto& leftover : leftovers)
    fs::remove_all(leftover, problem); // what stays is tried again
}

export_folder::export_folder(fs::path path, fs::path work) : path_{std::move(path)}, work_{std::move(work)} {
  // nop
}

export_folder::export_folder(export_folder&& other) noexcept : path_{std::move(other.path_)}, work_{std::exchange(other.work_, {})} {
  // nop
}

export_folder::~export_folder() {
  std::error_code ignored;
  if (!work_.empty())
    fs::remove_all(work_, ignored);
}

result<export_folder> export_folder::begin(const fs::path& path, const fs::path& work) {
  std::error_code problem;
  if (fs::exists(fs::symlink_status(path, problem)))
    return already_there(path);
  fs::create_directories(parent_of(work), problem);
  // Made by this call, or somebody else's.
  if (!problem && !fs::create_directory(work, problem) && !problem)
    return fail(errc::conflict, "Something writes to " + work.string() + " already. If it was left by a program that was killed, delete it.");
  if (problem)
    return cannot("Making the folder", work, problem);
  export_folder made{path, work};
  fs::permissions(work, fs::perms::owner_all, problem);
  return made;
}

result<export_folder> export_folder::begin_or_fill(const fs::path& path) {
  std::error_code problem;
  auto whole = fs::absolute(path, problem).lexically_normal();
  if (!whole.has_filename()) // "folder/"
    whole = whole.parent_path();
  if (!fs::exists(whole, problem))
    return begin(whole, parent_of(whole) / ('.' + whole.filename().string() + std::string{work_suffix}));
  if (!fs::is_directory(whole, problem) || !fs::is_empty(whole, problem))
    return fail(errc::conflict, "The folder " + whole.string() + " is not empty, and nothing is overwritten. Name another one.");
  auto work = whole / work_suffix;
  fs::create_directory(work, problem);
  if (problem)
    return cannot("Making the folder", work, problem);
  fs::permissions(whole, fs::perms::owner_all, problem);
  return export_folder{whole, work};
}

result<done> export_folder::publish(std::string_view last) {
  LAMA_CHECK(sync_all(work_));
  if (work_.parent_path() == path_) {
    LAMA_CHECK(fill(last));
  } else if (::renameat2(AT_FDCWD, work_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    auto problem = std::error_code{errno, std::generic_category()};
    if (problem == std::errc::file_exists)
      return already_there(path_);
    if (problem != std::errc::invalid_argument)
      return cannot("Putting the export into its place", path_, problem);
    // A file system without it: what is there and not empty is not replaced either.
    std::error_code renamed;
    fs::rename(work_, path_, renamed);
    if (renamed)
      return cannot("Putting the export into its place", path_, renamed);
  }
  work_.clear();
  open_folder parent{parent_of(path_)};
  if (parent.number() < 0 || ::fsync(parent.number()) != 0)
    return cannot("Making durable", path_, {errno, std::generic_category()});
  return done{};
}

/// A folder that is there already cannot be replaced as a whole: who uses it may stand in it.
result<done> export_folder::fill(std::string_view last) {
  std::error_code problem;
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator{work_, problem})
    if (entry.path().filename() != last)
      names.push_back(entry.path().filename());
  names.emplace_back(last);
  for (const auto& name : names) {
    if (!problem)
      fs::rename(work_ / name, path_ / name, problem);
    if (problem)
      return cannot("Putting the export into its place", path_ / name, problem);
  }
  fs::remove(work_, problem);
  return sync_all(path_);
}

} // namespace lama::actors
