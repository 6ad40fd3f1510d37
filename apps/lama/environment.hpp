#pragma once

#include "actors/common/environment.hpp"

#include <filesystem>
#include <memory>
#include <string>

/// The real world of a node: files, stores, clock, chance, log.
namespace lama::app {

struct log_options {
  std::string level = "info";  ///< "debug", "info", "warning", "error"
  std::string format = "text"; ///< or "json"
  bool to_file = false;        ///< lama.log in the data dir, besides stderr
};

/// Small files below the data dir; absolute paths are taken as they are (--provision FILE). Writes are atomic and 0600.
std::shared_ptr<actors::file_area> real_files(const std::filesystem::path& data_dir);

/// 32 random bytes that were made at first use and stand in a file, as hex.
result<std::string> kept_secret(actors::file_area& files, const std::string& path);

/// One lock a side and data dir, held until the process ends. `locked` names who has it and what to do.
class side_lock {
public:
  static result<side_lock> take(const std::filesystem::path& data_dir, actors::side which);
  side_lock(side_lock&& other) noexcept;
  side_lock& operator=(side_lock&&) = delete;
  ~side_lock();

private:
  explicit side_lock(int descriptor) : descriptor_{descriptor} {
    // nop
  }
  int descriptor_;
};

/// Where all lines go; both sides of a process share it.
using log_function = std::function<void(int level, std::string_view component, std::string_view text)>;
result<log_function> start_log(const log_options& options, const std::filesystem::path& data_dir);

std::shared_ptr<actors::node_environment> real_environment(const std::filesystem::path& data_dir, actors::node_settings settings,
                                                           std::shared_ptr<net::transport> network, log_function log);

} // namespace lama::app
