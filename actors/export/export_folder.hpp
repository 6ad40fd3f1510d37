#pragma once

#include "protocol/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

/// The folder of an export (docs/export.md): it appears whole, or not at all.
namespace lama::actors {

/// Below the data dir: where nodes write exports.
inline constexpr const char* exports_folder = "exports";
/// Of the folders there that the node of a side works in: no export can be called so.
std::string export_work_prefix(std::string_view side);
/// Deletes what a node of this side left there that was killed; none may run.
void remove_export_leftovers(const std::filesystem::path& data_dir, std::string_view side);

class export_folder {
public:
  /// Written as `work` beside it, a name that nobody looks for, until `publish`. `conflict` where `path` exists, or somebody else works there.
  static result<export_folder> begin(const std::filesystem::path& path, const std::filesystem::path& work);
  /// For a path that somebody chose: an empty folder that is there already is filled, all at once as far as a file system can.
  static result<export_folder> begin_or_fill(const std::filesystem::path& path);
  export_folder(export_folder&& other) noexcept;
  export_folder& operator=(export_folder&&) = delete;
  /// What was not published is removed.
  ~export_folder();

  const std::filesystem::path& work() const {
    return work_;
  }
  /// `last` of its files is there last, on the disk like all others. `conflict` where something came to `path` meanwhile.
  result<done> publish(std::string_view last);

private:
  export_folder(std::filesystem::path path, std::filesystem::path work);

  result<done> fill(std::string_view last);

  std::filesystem::path path_;
  std::filesystem::path work_; ///< empty: published, or moved from
};

} // namespace lama::actors
