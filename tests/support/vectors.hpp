#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace lama::testing {

/// Reads `tests/vectors/NAME`, or the file of that name in the folder that LAMA_VECTORS names. Throws with the path where it is not there.
nlohmann::json load_vectors(const std::string& name);

/// A new empty folder, removed with all that is in it.
class scratch_folder {
public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

} // namespace lama::testing
