#include "apps/lama/backup_files.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

namespace lama::app {

namespace fs = std::filesystem;

result<std::string> the_user(const common_options& common, const std::string& side) {
  if (!common.user.empty())
    return common.user;
  std::vector<std::string> users;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{common.folder() / side, problem})
    if (auto name = entry.path().filename().string(); entry.is_directory(problem) && !name.starts_with('.'))
      users.push_back(name);
  if (users.size() == 1)
    return users.front();
  std::ranges::sort(users);
  std::string names;
  for (const auto& user : users)
    names += (names.empty() ? "" : ", ") + user;
  if (users.empty())
    return fail(errc::not_found, "There is no user's store in " + (common.folder() / side).string() + "; name another --data-dir.");
  return fail(errc::bad_input, "Several users have a store here; say which one: --user " + names + '.');
}

std::optional<node_address> node_that_has(const common_options& common, const std::string& side, const std::string& user) {
  auto node = read_address(common.folder() / (side == "archive" ? archive_ipc_file : sparse_ipc_file));
  if (!node)
    return std::nullopt;
  auto client = client_to(*node, user);
  auto answer = client.call("node:users");
  for (const auto& x : answer ? list_in(*answer, "users") : json::array())
    if (text_in(x, "username") == user && x.value("unlocked", false))
      return node;
  return std::nullopt;
}

protocol::backup::unsealer unsealer_for(const std::string& passphrase_file) {
  auto known = std::make_shared<std::string>();
  return [known, passphrase_file](const protocol::backup::seal_description& seal) -> result<protocol::key32> {
    if (known->empty()) {
      LAMA_TRY(passphrase, ask_passphrase(passphrase_file, false));
      *known = std::move(passphrase);
    }
    return protocol::backup::open_seal(seal, *known);
  };
}

int tell_restored(const common_options& common, const std::string& what, const storage::restored& x) {
  const auto& report = x.report;
  if (common.json) {
    print_json({{"user", x.header.user},
                {"side", x.header.side},
                {"created", x.header.created_ms},
                {"digest", x.digest.hex()},
                {"objects", report.objects},
                {"blobs", report.blobs},
                {"heads", report.heads},
                {"problemCount", report.problem_count},
                {"problems", report.problems}});
  } else {
    std::cout << what << ": " << x.header.side << " of " << printable(x.header.user) << ", " << grouped(report.objects) << " objects, " << grouped(report.blobs)
              << " blobs, " << grouped(report.heads) << " heads; digest " << x.digest.hex().substr(0, 16) << "… as written\n";
    for (const auto& problem : report.problems)
      std::cout << "  " << printable(problem) << '\n';
    if (report.problem_count > 0)
      std::cout << grouped(report.problem_count) << " problems: they were in the store when it was backed up.\n";
  }
  return report.problem_count == 0 ? worked : failed;
}

} // namespace lama::app
