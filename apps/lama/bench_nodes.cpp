#include "apps/lama/bench_nodes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace lama::app {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr auto start_patience = 30s;
/// Between two looks at another process: the one wait that no event ends.
constexpr auto look_again = 2ms;

result<net::rpc_options> read_ipc_file(const std::filesystem::path& path) {
  std::ifstream file{path};
  auto content = json::parse(file, nullptr, false);
  if (!content.is_object() || !content.contains("url") || !content.contains("token"))
    return fail(errc::not_found, "no node has written " + path.string());
  net::rpc_options options;
  options.url = content["url"].get<std::string>();
  options.token = content["token"].get<std::string>();
  return options;
}

template <class Done>
result<done> wait_until(clock::time_point deadline, const std::string& what, Done is_done) {
  while (!is_done()) {
    if (clock::now() > deadline)
      return fail(errc::timeout, what + " did not happen in time");
    std::this_thread::sleep_for(look_again);
  }
  return done{};
}

} // namespace

temporary_folder::temporary_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "lama-bench-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error{"cannot make a folder below " + std::filesystem::temp_directory_path().string()};
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

result<node_process> node_process::start(const std::filesystem::path& data_dir, const std::string& user) {
  std::filesystem::create_directories(data_dir);
  std::filesystem::remove(data_dir / "ipc.json");
  auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words{self, "run",         "--data-dir", data_dir.string(), "--ui-port", "0", "--bridge-port", "0", "--archive-ipc-port",
                                 "0",  "--log-level", "error"};
  if (!user.empty())
    words.insert(words.end(), {"--user", user, "--create"});
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  setenv("LAMA_PASSWORD", "benchmark", 1);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  node_process node;
  node.data_dir_ = data_dir;
  auto began = clock::now();
  auto failed = posix_spawn(&node.pid_, self.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return fail(errc::io_failure, "cannot start " + self);
  auto ready = wait_until(began + start_patience, "the start of a node", [&] {
    auto found = read_ipc_file(data_dir / "ipc.json");
    if (!found)
      return false;
    node.options_ = *found;
    node.options_.user = user;
    auto health = net::rpc_client{node.options_}.get("/healthz");
    return health && health->status == 200;
  });
  if (!ready)
    return std::move(ready).failure();
  node.ready_after_ = clock::now() - began;
  if (!user.empty())
    LAMA_CHECK(wait_until(began + start_patience, "the login of " + user, [&] {
      auto state = node.client().call("one-core:getInstance");
      return state && !state->is_null();
    }));
  return node;
}

node_process::node_process(node_process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), data_dir_(std::move(other.data_dir_)), options_(std::move(other.options_)), ready_after_(other.ready_after_) {
  // nop
}

node_process::~node_process() {
  stop();
}

void node_process::stop() {
  if (pid_ == 0)
    return;
  kill(pid_, SIGTERM);
  waitpid(std::exchange(pid_, 0), nullptr, 0);
}

net::rpc_client node_process::client() const {
  return net::rpc_client{options_};
}

result<net::rpc_options> node_process::archive_options() const {
  LAMA_TRY(options, read_ipc_file(data_dir_ / "archive-ipc.json"));
  options.user = options_.user;
  return options;
}

double node_process::cpu_seconds() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream fields{text.substr(std::min(text.size(), text.rfind(')') + 2))};
  std::string word;
  double ticks = 0;
  for (int field = 3; fields >> word; ++field) // proc(5): utime and stime are fields 14 and 15
    if (field == 14 || field == 15)
      ticks += std::stod(word);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double node_process::resident_megabytes() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/statm"};
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

result<json> call_when_ready(net::rpc_client& client, const std::string& method, const json& parameters) {
  for (auto deadline = clock::now() + 30s;;) {
    auto answer = client.call(method, parameters, 120s);
    auto not_yet = !answer && (answer.failure().code == errc::overloaded || answer.failure().code == errc::offline);
    if (!not_yet || clock::now() > deadline)
      return answer;
    std::this_thread::sleep_for(2ms);
  }
}

result<std::string> pair_nodes(node_process& a, node_process& b) {
  LAMA_TRY(created, a.client().call("pairing:createInvitation"));
  LAMA_CHECK(b.client().call("pairing:acceptInvitation", {{"invitation", created["invitation"]}}));
  std::string id;
  for (auto* node : {&a, &b})
    LAMA_CHECK(wait_until(clock::now() + start_patience, "a conversation after pairing", [&] {
      auto listed = node->client().call("query:getConversations");
      if (!listed || !listed->contains("conversations") || (*listed)["conversations"].empty())
        return false;
      id = (*listed)["conversations"][0]["conversationId"].get<std::string>();
      return true;
    }));
  return id;
}

double quantile(std::vector<double> samples, double share) {
  if (samples.empty())
    return 0;
  std::ranges::sort(samples);
  return samples[std::min(samples.size() - 1, static_cast<std::size_t>(std::floor(share * static_cast<double>(samples.size()))))];
}

} // namespace lama::app
