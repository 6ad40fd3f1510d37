#include "apps/lama/commands.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

/// Looks whether all is well, and gathers what somebody who helps needs to know, without anything secret: no key, token or password, no message.
namespace lama::app {

namespace {

namespace fs = std::filesystem;

/// Of lama.log, which is bounded only by the disk.
constexpr std::size_t log_bytes = 256u << 10;
constexpr std::size_t most_files = 10'000;
constexpr uintmax_t little_space = 512u << 20;

/// For their owner alone; all of them are small.
constexpr const char* secret_files[] = {"ipc.json",        "archive-ipc.json",    "bridge.json",       "archive/node.key",
                                        "sparse/node.key", "archive/session.key", "sparse/session.key"};

struct finding {
  bool well;
  std::string text;
};

struct examination {
  std::vector<finding> findings;
  json bundle = json::object();

  void note(bool well, std::string text) {
    findings.push_back({well, std::move(text)});
  }
};

std::string content_of(const fs::path& file) {
  std::ifstream in{file};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What must not stand in a bundle, whatever way it got there: every long text of the files that hold secrets.
std::vector<std::string> secrets_of(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto* name : secret_files) {
    auto text = content_of(folder / name);
    auto parsed = json::parse(text, nullptr, false);
    for (const auto* member : {"token", "secret"})
      if (auto secret = text_in(parsed, member); secret.size() >= 16)
        found.push_back(std::move(secret));
    if (!parsed.is_object() && text.size() >= 16)
      found.push_back(text.substr(0, text.find('\n')));
  }
  return found;
}

std::string without(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets)
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at))
      text.replace(at, secret.size(), "(secret)");
  return text;
}

void look_at_machine(examination& x, const fs::path& folder) {
  utsname machine{};
  ::uname(&machine);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  std::error_code problem;
  auto space = fs::space(folder, problem);
  x.bundle["machine"] = {{"system", machine.sysname},
                         {"release", machine.release},
                         {"architecture", machine.machine},
                         {"openFiles", files.rlim_cur},
                         {"freeBytes", problem ? json{} : json(space.available)}};
  if (!problem)
    x.note(space.available > little_space, "disk: " + grouped(space.available >> 20) + " MB free where the data is" +
                                               (space.available > little_space ? "" : "; make room, or the node will refuse to store"));
}

void look_at_files(examination& x, const fs::path& folder) {
  for (const auto* name : secret_files) {
    struct stat about {};
    if (::stat((folder / name).c_str(), &about) != 0)
      continue;
    if ((about.st_mode & 077) != 0)
      x.note(false, (folder / name).string() + " can be read by others; chmod 600 it");
  }
  auto listed = json::array();
  uintmax_t bytes = 0;
  std::error_code problem;
  for (fs::recursive_directory_iterator at{folder, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && at != end && listed.size() < most_files; at.increment(problem)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored))
      continue;
    auto size = at->file_size(ignored);
    bytes += ignored ? 0 : size;
    listed.push_back({{"name", fs::relative(at->path(), folder, ignored).string()}, {"bytes", size}});
  }
  x.note(true, "data: " + grouped(listed.size()) + " files, " + grouped(bytes >> 20) + " MB in " + folder.string());
  x.bundle["files"] = std::move(listed);
}

/// What is lost comes back by itself if somebody has it; if not, this is what helps.
void look_at_stores(examination& x, const std::string& name, const json& status) {
  constexpr std::string_view role_prefix = "scrubber/";
  for (const auto& [role, actor] : status["actors"].items()) {
    auto lost = role.starts_with(role_prefix) ? number_in(actor, "wanted") : 0;
    if (lost == 0)
      continue;
    auto user = role.substr(role_prefix.size());
    auto advice = name == "sparse" ? ", or lama reset " + user + ", which sets the device up anew from the archive" : std::string{};
    x.note(false, name + ": of " + user + "'s objects " + std::to_string(lost) +
                      " are lost; who has them gives them back. If that does not help: stop the node and run lama verify --repair" + advice);
  }
}

void look_at_side(examination& x, const common_options& common, const std::string& name, const node_address& at) {
  auto node = client_to(at, common.user);
  auto& told = x.bundle[name];
  auto status = node.call("node:status", json::object(), std::chrono::seconds{10});
  if (!status) {
    x.note(false, name + ": no answer at " + at.url + ": " + status.failure().message);
    told = {{"error", status.failure().message}};
    return;
  }
  std::string silent;
  for (const auto& [role, actor] : (*status)["actors"].items())
    if (!actor.is_object())
      silent += (silent.empty() ? "" : ", ") + role;
  if (!silent.empty())
    x.note(false, name + ": no answer from " + silent);
  look_at_stores(x, name, *status);
  auto connected = status->value("bridgeConnected", false);
  if (name == "sparse")
    x.note(connected, connected ? "bridge: device and archive are connected" : "bridge: the archive is not connected; is it running? (lama bridge show)");
  x.note(text_in(*status, "status") == "ok", name + ": " + text_in(*status, "status") + ", running for " + duration_text(number_in(*status, "uptimeMs")));
  auto metrics = node.get("/metrics");
  told = {{"status", std::move(*status)}, {"metrics", metrics ? metrics->body : metrics.failure().message}};
}

json log_of(const fs::path& folder) {
  auto text = content_of(folder / "lama.log");
  return text.size() > log_bytes ? text.substr(text.size() - log_bytes) : text;
}

result<lama::done> write_bundle(const json& bundle, const fs::path& file, const std::vector<std::string>& secrets) {
  auto text = without(bundle.dump(2, ' ', false, json::error_handler_t::replace), secrets);
  std::ofstream out{file, std::ios::trunc};
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  out << text << '\n';
  if (!out.flush())
    return fail(errc::io_failure, "The bundle cannot be written to " + file.string() + '.');
  return lama::done{};
}

int examine(const common_options& common, const std::string& out) {
  examination x;
  auto folder = fs::absolute(common.folder());
  x.bundle["version"] = "0.1.0";
  look_at_machine(x, folder);
  look_at_files(x, folder);
  std::size_t sides = 0;
  for (const auto& [name, file] : {std::pair{"archive", archive_ipc_file}, std::pair{"sparse", sparse_ipc_file}})
    if (auto at = read_address(folder / file)) {
      look_at_side(x, common, name, *at);
      ++sides;
    }
  if (sides == 0)
    x.note(false, "no node is running with this data dir; start one with lama run, and ask again");
  x.bundle["log"] = log_of(folder);
  auto well = std::ranges::all_of(x.findings, &finding::well);
  if (!out.empty())
    if (auto written = write_bundle(x.bundle, out, secrets_of(folder)); !written)
      return report(written.failure(), common.json);
  if (common.json) {
    auto all = json::array();
    for (const auto& found : x.findings)
      all.push_back({{"ok", found.well}, {"text", found.text}});
    print_json({{"ok", well}, {"findings", std::move(all)}, {"bundle", out}});
    return well ? worked : failed;
  }
  for (const auto& found : x.findings)
    std::cout << (found.well ? "  ok       " : "  look at  ") << printable(found.text) << '\n';
  if (!out.empty())
    std::cout << "\nThe bundle is in " << out
              << ": versions, numbers, file names and the log. No keys, tokens, passwords or messages; names of users and addresses "
              << "of nodes stand in it.\n";
  return well ? worked : failed;
}

} // namespace

void add_doctor_command(command_list& to) {
  auto out = std::make_shared<std::string>();
  auto* doctor = to.add("doctor", "Looks whether all is well; gathers what somebody who helps needs to know");
  doctor->add_option("--bundle", *out, "Write it all to this file, without anything secret");
  to.on(doctor, [out, &common = to.common] { return examine(common, *out); });
}

} // namespace lama::app
