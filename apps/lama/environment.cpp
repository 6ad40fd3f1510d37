#include "apps/lama/environment.hpp"

#include "actors/node/node.hpp"
#include "storage/removal.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lama::app {

namespace {

namespace fs = std::filesystem;

/// Node keys, keychains and bridge.json are a few hundred bytes.
constexpr std::size_t most_file_bytes = 1u << 20;

lama::error file_failure(const char* what, const fs::path& path) {
  auto number = errno;
  return fail(number == ENOSPC ? errc::no_space : errc::io_failure, std::string{"cannot "} + what + ' ' + path.string() + ": " + std::strerror(number));
}

class descriptor {
public:
  explicit descriptor(int number) : number_{number} {
    // nop
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  int number() const {
    return number_;
  }
  explicit operator bool() const {
    return number_ >= 0;
  }

private:
  int number_;
};

result<done> make_private_folders(const fs::path& folder) {
  if (folder.empty())
    return done{};
  std::error_code problem;
  if (fs::is_directory(folder, problem))
    return done{};
  LAMA_CHECK(make_private_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return file_failure("make the folder", folder);
  return done{};
}

result<done> write_all(const descriptor& to, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    auto count = ::write(to.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return file_failure("write", path);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(to.number()) != 0)
    return file_failure("write", path);
  return done{};
}

class real_file_area final : public actors::file_area {
public:
  explicit real_file_area(fs::path root) : root_{std::move(root)} {
    // nop
  }

  result<std::optional<std::string>> read(const std::string& path) override {
    auto full = root_ / path; // an absolute path replaces the root
    descriptor from{::open(full.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!from && errno == ENOENT)
      return std::optional<std::string>{};
    if (!from)
      return file_failure("read", full);
    std::string content;
    std::string piece(4096, '\0');
    for (;;) {
      auto count = ::read(from.number(), piece.data(), piece.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return file_failure("read", full);
      if (count == 0)
        return std::optional{std::move(content)};
      content.append(piece, 0, static_cast<std::size_t>(count));
      if (content.size() > most_file_bytes)
        return fail(errc::too_large, full.string() + " is too long to be what it should be");
    }
  }

  result<done> write(const std::string& path, std::string_view content) override {
    auto full = root_ / path;
    auto folder = full.parent_path();
    LAMA_CHECK(make_private_folders(folder));
    auto unfinished = full;
    unfinished += ".new";
    {
      descriptor to{::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
      if (!to)
        return file_failure("write", unfinished);
      LAMA_CHECK(write_all(to, content, unfinished));
    }
    if (::rename(unfinished.c_str(), full.c_str()) != 0)
      return file_failure("write", full);
    descriptor entries{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!entries || ::fsync(entries.number()) != 0)
      return file_failure("write", folder);
    return done{};
  }

  result<done> remove(const std::string& path) override {
    auto full = root_ / path;
    if (::unlink(full.c_str()) != 0 && errno != ENOENT)
      return file_failure("remove", full);
    return done{};
  }

  std::vector<std::string> folders(const std::string& path) override {
    std::vector<std::string> names;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator{root_ / path, problem})
      if (entry.is_directory(problem))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

private:
  fs::path root_;
};

std::string json_line(int level, std::string_view component, std::string_view text) {
  constexpr const char* names[] = {"debug", "info", "warning", "error"};
  return nlohmann::json{{"time", system_clock().now_ms()}, {"level", names[std::clamp(level, 0, 3)]}, {"component", component}, {"text", text}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::shared_ptr<actors::file_area> real_files(const fs::path& data_dir) {
  return std::make_shared<real_file_area>(data_dir);
}

result<std::string> kept_secret(actors::file_area& files, const std::string& path) {
  LAMA_TRY(text, files.read(path));
  auto secret = text ? from_hex(text->substr(0, text->find('\n'))) : std::nullopt;
  if (secret && secret->size() == 32)
    return std::move(*secret);
  auto made = system_random().bytes(32);
  LAMA_CHECK(files.write(path, to_hex(made) + '\n'));
  return made;
}

result<side_lock> side_lock::take(const fs::path& data_dir, actors::side which) {
  auto folder = data_dir / to_string(which);
  LAMA_CHECK(make_private_folders(folder));
  auto path = folder / "lock";
  auto number = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (number < 0)
    return file_failure("open", path);
  if (::flock(number, LOCK_EX | LOCK_NB) != 0) {
    ::close(number);
    return fail(errc::locked, "Another node runs with the data dir " + data_dir.string() + " (" + path.string() +
                                  " is held). Stop it (lama status tells its pid), or give this one another --data-dir.");
  }
  return side_lock{number};
}

side_lock::side_lock(side_lock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {
  // nop
}

side_lock::~side_lock() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

result<log_function> start_log(const log_options& options, const fs::path& data_dir) {
  const std::vector<std::string> levels{"debug", "info", "warning", "error"};
  auto level = std::ranges::find(levels, options.level);
  if (level == levels.end())
    return fail(errc::bad_input, "--log-level is debug, info, warning or error, not '" + options.level + "'.");
  if (options.format != "text" && options.format != "json")
    return fail(errc::bad_input, "--log-format is text or json, not '" + options.format + "'.");
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  if (options.to_file) {
    LAMA_CHECK(make_private_folders(data_dir));
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>((data_dir / "lama.log").string()));
    } catch (const spdlog::spdlog_ex& problem) {
      return fail(errc::io_failure, std::string{"The log file cannot be opened: "} + problem.what());
    }
  }
  auto logger = std::make_shared<spdlog::logger>("lama", sinks.begin(), sinks.end());
  auto as_json = options.format == "json";
  logger->set_pattern(as_json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %-7l %v");
  logger->set_level(static_cast<spdlog::level::level_enum>(SPDLOG_LEVEL_DEBUG + (level - levels.begin())));
  logger->flush_on(spdlog::level::info);
  return log_function{[logger, as_json](int severity, std::string_view component, std::string_view text) {
    auto at = static_cast<spdlog::level::level_enum>(SPDLOG_LEVEL_DEBUG + std::clamp(severity, 0, 3));
    if (!logger->should_log(at))
      return;
    if (as_json)
      logger->log(at, json_line(severity, component, text));
    else
      logger->log(at, "{}: {}", component, text);
  }};
}

std::shared_ptr<actors::node_environment> real_environment(const fs::path& data_dir, actors::node_settings settings, std::shared_ptr<net::transport> network,
                                                           log_function log) {
  auto x = std::make_shared<actors::node_environment>();
  x->settings = std::move(settings);
  x->network = std::move(network);
  x->files = real_files(data_dir);
  x->random = []() -> random_source& { return actors::calling_thread_random(); };
  x->clock = &system_clock();
  x->open_store = [data_dir](const std::string& folder) -> result<std::unique_ptr<storage::store>> {
    auto path = data_dir / folder;
    LAMA_CHECK(make_private_folders(path));
    return storage::store::open(path);
  };
  x->remove_store = [data_dir](const std::string& folder) { return storage::remove_store(data_dir / folder, actors::calling_thread_random()); };
  x->log = std::move(log);
  return x;
}

} // namespace lama::app
