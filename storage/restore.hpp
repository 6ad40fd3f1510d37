#pragma once

#include "protocol/backup/file.hpp"
#include "protocol/environment.hpp"
#include "storage/store.hpp"

#include <filesystem>
#include <memory>
#include <string_view>

/// A store out of backup files (docs/backup.md): the whole one, then those that go on from it, in order.
namespace lama::storage {

/// Of the folder it works in, beside the wanted one.
inline constexpr std::string_view restoring_prefix = ".restoring-";

struct restored {
  protocol::backup::header header; ///< of the last file
  hash digest{};
  verify_report report;
};

/// Works in a folder beside the wanted one, which appears when all is checked; what was begun and not finished is removed.
class restoration {
public:
  /// `conflict` where `folder` exists: nothing is ever overwritten.
  static result<restoration> begin(const std::filesystem::path& folder, store_options options = {});
  restoration(restoration&&) noexcept;
  ~restoration();

  /// All of one file, unsealed before. Errors: the reader's; `conflict` where it does not go on from the one before; `unsupported` for a
  /// store of a newer schema; `corrupt` for what no backup of ours holds. After an error there is nothing to be gone on with.
  result<done> apply(protocol::backup::reader& from);

  /// Opens what was written and verifies it; `corrupt` where its digest is not the backup's. Problems that it reports were in the store
  /// when it was backed up, or somebody made the file who knows the format: the caller decides.
  result<restored> check(const std::function<void(uint64_t)>& progress = {});
  /// After `check`: gives the store a new id, since sequence numbers mean other lines from now on, and puts it into its place.
  result<done> finish(random_source& random);

private:
  struct state;
  explicit restoration(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace lama::storage
