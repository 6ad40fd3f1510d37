#include "tests/support/vectors.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace lama::testing {

nlohmann::json load_vectors(const std::string& name) {
  const auto* chosen = std::getenv("LAMA_VECTORS");
  auto path = (chosen ? std::filesystem::path{chosen} : std::filesystem::path{LAMA_SOURCE_DIR} / "tests/vectors") / name;
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error{"no vectors at " + path.string() + "; LAMA_VECTORS names their folder"};
  return nlohmann::json::parse(file);
}

scratch_folder::scratch_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "lama-test-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error{"cannot make a folder below " + std::filesystem::temp_directory_path().string()};
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace lama::testing
