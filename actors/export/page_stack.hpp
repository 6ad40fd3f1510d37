#pragma once

#include "protocol/result.hpp"

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace lama::actors {

/// Pages come newest first, and the file is oldest first: they wait in a file of their own, and are read back from its end.
class page_stack {
public:
  explicit page_stack(std::filesystem::path path);
  /// Takes the file along.
  ~page_stack();
  page_stack(const page_stack&) = delete;
  page_stack& operator=(const page_stack&) = delete;

  void add(const std::string& page);
  /// All, last first.
  result<done> write_to(std::ostream& to);

private:
  std::filesystem::path path_;
  std::fstream file_;
  std::vector<std::size_t> sizes_;
  std::size_t end_ = 0;
};

} // namespace lama::actors
