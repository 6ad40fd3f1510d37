#pragma once

#include "protocol/result.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lama::app {

/// Options that may also come from the environment (LAMA_BRIDGE_PORT) and the configuration file (bridge-port = …).
/// Order: flag, environment, file, default.
class settings_table {
public:
  /// `flag` with its dashes; its name without them is the key in the file.
  template <class T>
  CLI::Option* add(CLI::App& app, const std::string& flag, T& target, const std::string& help) {
    auto* option = app.add_option(flag, target, help);
    keep(app, option, flag, [&target](const std::string& text) { return CLI::detail::lexical_cast(text, target); });
    return option;
  }
  CLI::Option* add_flag(CLI::App& app, const std::string& flag, bool& target, const std::string& help);

  /// A table of texts that stands in the file alone: [name].
  void add_section(const std::string& name, std::map<std::string, std::string>& target) {
    sections_.emplace_back(name, &target);
  }

  /// After parsing, for `chosen` and the program's own options: fills what no flag said. `bad_input` for a value that does not fit, and for
  /// a file with keys that nobody knows: most often a typo.
  /// @param file  of the configuration; empty: lama/lama.toml in the user's configuration folder, if it is there
  result<done> resolve(const CLI::App* chosen, const std::string& file) const;

private:
  struct entry {
    const CLI::App* app;
    const CLI::Option* option;
    std::string key;
    std::function<bool(const std::string&)> set;
  };

  void keep(const CLI::App& app, const CLI::Option* option, const std::string& flag, std::function<bool(const std::string&)> set);

  std::vector<entry> entries_;
  std::vector<std::pair<std::string, std::map<std::string, std::string>*>> sections_;
};

/// $XDG_DATA_HOME/lama, or ~/.local/share/lama.
std::filesystem::path default_data_dir();
std::filesystem::path default_config_file();

} // namespace lama::app
