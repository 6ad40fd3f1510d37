#include "storage/removal.hpp"

#include "protocol/hash.hpp"
#include "storage/restore.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace lama::storage {

namespace {

namespace fs = std::filesystem;

/// A user's name never begins with a dot.
constexpr std::string_view removed_prefix = ".removed-";

result<done> sync_folder(const fs::path& folder) {
  auto descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0)
    ::close(descriptor);
  if (!synced)
    return fail(errc::io_failure, "The folder " + folder.string() + " cannot be made durable.");
  return done{};
}

} // namespace

result<done> remove_store(const fs::path& folder, random_source& random) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    return fail(errc::not_found, "There is no store in " + folder.string() + '.');
  auto aside = folder.parent_path() / (std::string{removed_prefix} + folder.filename().string() + '-' + to_hex(random.bytes(8)));
  fs::rename(folder, aside, problem);
  if (problem)
    return fail(errc::io_failure, "Taking " + folder.string() + " away failed: " + problem.message());
  // Before anything is deleted: a store that lacks files must not come back under its name.
  LAMA_CHECK(sync_folder(folder.parent_path()));
  fs::remove_all(aside, problem);
  if (problem)
    return fail(errc::io_failure, "Deleting " + aside.string() + " failed: " + problem.message() + ". It is tried again at the next start.");
  return done{};
}

void remove_leftovers(const fs::path& users) {
  std::error_code problem;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator{users, problem})
    if (auto name = entry.path().filename().string(); name.starts_with(removed_prefix) || name.starts_with(restoring_prefix))
      leftovers.push_back(entry.path());
  for (const auto& leftover : leftovers)
    fs::remove_all(leftover, problem); // what stays is tried again
}

} // namespace lama::storage
