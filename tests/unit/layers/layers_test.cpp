#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lama {
namespace {

/// Who may include whom (docs/architecture.md, "Layers").
const std::map<std::string, std::set<std::string>> allowed{
    {"protocol", {"protocol"}},
    {"storage", {"storage", "protocol"}},
    {"net", {"net", "protocol"}},
    {"actors", {"actors", "net", "storage", "protocol"}},
    {"apps", {"apps", "actors", "net", "storage", "protocol"}},
};

/// What a layer must not know of the world outside.
const std::map<std::string, std::vector<std::string>> forbidden_headers{
    {"protocol", {"<thread>", "<mutex>", "<fstream>", "<filesystem>", "<boost/", "<caf/", "<leveldb/", "<sys/socket"}},
    {"storage", {"<boost/", "<caf/"}},
    {"net", {"<caf/", "<leveldb/"}},
    {"actors", {"<boost/"}},
};

struct include_line {
  std::string file;
  std::string layer;
  std::string what; ///< with its quotes or brackets
};

std::vector<include_line> all_includes() {
  std::vector<include_line> found;
  std::filesystem::path root{LAMA_SOURCE_DIR};
  for (const auto& [layer, below] : allowed)
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root / layer}) {
      auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp")
        continue;
      std::ifstream file{entry.path()};
      for (std::string line; std::getline(file, line);)
        if (line.starts_with("#include "))
          found.push_back({entry.path().lexically_relative(root).string(), layer, line.substr(9)});
    }
  return found;
}

/// What is read by everybody and filled while they read needs its lock where it is.
const std::set<std::pair<std::string, std::string>> excused = {
    {"protocol/objects/recipe.cpp", "<mutex>"}, // types that are registered while a store is open
    {"protocol/ipc/schema.hpp", "<mutex>"},     // schemas are compiled at their first use
    {"storage/masked_crc.hpp", "<boost/"},      // a checksum, no I/O
};

TEST(layers_test, an_include_points_down_or_stays) {
  auto includes = all_includes();
  ASSERT_GT(includes.size(), 500u);
  for (const auto& x : includes) {
    if (!x.what.starts_with('"'))
      continue;
    auto layer = x.what.substr(1, x.what.find('/') - 1);
    EXPECT_TRUE(allowed.at(x.layer).contains(layer)) << x.file << " includes " << x.what;
  }
}

TEST(layers_test, no_layer_knows_what_is_not_its_business) {
  for (const auto& x : all_includes()) {
    auto rules = forbidden_headers.find(x.layer);
    if (rules == forbidden_headers.end())
      continue;
    for (const auto& header : rules->second) {
      if (excused.contains({x.file, header}))
        continue;
      EXPECT_FALSE(x.what.starts_with(header)) << x.file << " includes " << x.what;
    }
  }
}

TEST(layers_test, the_top_level_holds_what_the_readme_says) {
  const std::set<std::string> expected{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "actors", "apps", "config", "docs", "net",
                                       "protocol",       "storage",           "tests"};
  for (const auto& entry : std::filesystem::directory_iterator{LAMA_SOURCE_DIR}) {
    auto name = entry.path().filename().string();
    EXPECT_TRUE(name.starts_with('.') || name == "build" || expected.contains(name)) << name;
  }
}

} // namespace
} // namespace lama
