#include "apps/lama/settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

namespace lama::app {

namespace {

std::string environment(const std::string& name) {
  const auto* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::filesystem::path xdg(const char* variable, const char* below_home) {
  if (auto base = environment(variable); base.starts_with('/'))
    return std::filesystem::path{base} / "lama";
  return std::filesystem::path{environment("HOME")} / below_home / "lama";
}

std::string variable_of(const std::string& key) {
  std::string name = "LAMA_";
  for (char c : key)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

struct written_settings {
  std::map<std::string, std::string> scalars; ///< of the top level, as text
  std::map<std::string, std::map<std::string, std::string>> sections;
};

result<std::map<std::string, std::string>> read_section(const std::filesystem::path& file, const std::string& name, const toml::table& section) {
  std::map<std::string, std::string> found;
  for (const auto& [key, node] : section) {
    auto text = node.value_exact<std::string>();
    if (!text)
      return fail(errc::bad_input, file.string() + ", [" + name + "]: " + std::string{std::string_view{key}} + " must be a text.");
    found[std::string{std::string_view{key}}] = *text;
  }
  return found;
}

result<written_settings> read_table(const std::filesystem::path& file, const toml::table& table) {
  written_settings found;
  for (const auto& [key, node] : table) {
    std::string name{std::string_view{key}};
    if (auto string = node.value_exact<std::string>()) {
      found.scalars[name] = *string;
    } else if (auto number = node.value_exact<int64_t>()) {
      found.scalars[name] = std::to_string(*number);
    } else if (auto flag = node.value_exact<bool>()) {
      found.scalars[name] = *flag ? "true" : "false";
    } else if (const auto* section = node.as_table()) {
      LAMA_TRY(read, read_section(file, name, *section));
      found.sections[name] = std::move(read);
    } else {
      return fail(errc::bad_input, file.string() + ": " + name + " must be a text, a number, or true or false.");
    }
  }
  return found;
}

result<written_settings> read_file(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in)
    return fail(errc::not_found, "The configuration file " + file.string() + " cannot be read.");
  std::stringstream text;
  text << in.rdbuf();
  try {
    return read_table(file, toml::parse(text.str()));
  } catch (const toml::parse_error& problem) {
    return fail(errc::bad_input, file.string() + ", line " + std::to_string(problem.source().begin.line) + ": " + std::string{problem.description()} + '.');
  }
}

error unknown_key(const std::filesystem::path& file, const std::string& key) {
  return fail(errc::bad_input, file.string() + ": nobody knows the key " + key + "; config/lama.toml documents all keys.");
}

} // namespace

CLI::Option* settings_table::add_flag(CLI::App& app, const std::string& flag, bool& target, const std::string& help) {
  auto* option = app.add_flag(flag, target, help);
  keep(app, option, flag, [&target](const std::string& text) {
    target = text == "true" || text == "1" || text == "yes";
    return target || text == "false" || text == "0" || text == "no";
  });
  return option;
}

void settings_table::keep(const CLI::App& app, const CLI::Option* option, const std::string& flag, std::function<bool(const std::string&)> set) {
  entries_.push_back({&app, option, flag.substr(flag.find_first_not_of('-')), std::move(set)});
}

result<done> settings_table::resolve(const CLI::App* chosen, const std::string& file) const {
  written_settings written;
  auto path = file.empty() ? default_config_file() : std::filesystem::path{file};
  std::error_code ignored;
  if (!file.empty() || std::filesystem::exists(path, ignored)) {
    LAMA_TRY(read, read_file(path));
    written = std::move(read);
  }
  for (const auto& [key, value] : written.scalars)
    if (std::ranges::find(entries_, key, &entry::key) == entries_.end())
      return unknown_key(path, key);
  for (auto& [name, content] : written.sections) {
    auto known = std::ranges::find(sections_, name, [](const auto& x) { return x.first; });
    if (known == sections_.end())
      return unknown_key(path, '[' + name + ']');
    *known->second = std::move(content);
  }
  for (const auto& x : entries_) {
    if ((x.app != chosen && x.app->get_parent() != nullptr) || x.option->count() > 0)
      continue;
    auto variable = variable_of(x.key);
    auto value = environment(variable);
    auto where = variable;
    if (auto found = written.scalars.find(x.key); value.empty() && found != written.scalars.end()) {
      value = found->second;
      where = path.string() + ": " + x.key;
    }
    if (!value.empty() && !x.set(value))
      return fail(errc::bad_input, where + ": '" + value + "' does not fit here.");
  }
  return done{};
}

std::filesystem::path default_data_dir() {
  return xdg("XDG_DATA_HOME", ".local/share");
}

std::filesystem::path default_config_file() {
  return xdg("XDG_CONFIG_HOME", ".config") / "lama.toml";
}

} // namespace lama::app
