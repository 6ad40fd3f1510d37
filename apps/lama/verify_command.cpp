#include "apps/lama/commands.hpp"

#include "actors/common/verify_json.hpp"
#include "protocol/environment.hpp"
#include "storage/repair.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <set>

namespace lama::app {

namespace {

namespace fs = std::filesystem;

std::set<std::string> unlocked_users(net::rpc_client& node) {
  std::set<std::string> users;
  if (auto answer = node.call("node:users"))
    for (const auto& x : list_in(*answer, "users"))
      if (x.value("unlocked", false))
        users.insert(text_in(x, "username"));
  return users;
}

/// A user whose store the node has open is verified by it; any other store is opened here.
result<json> verify_store(const std::optional<node_address>& node, const fs::path& folder, const std::string& side, const std::string& user) {
  if (node) {
    auto client = client_to(*node, user);
    if (unlocked_users(client).contains(user))
      return client.call("app:verify", json::object(), std::chrono::minutes{30});
  }
  LAMA_TRY(store, storage::store::open(folder));
  return actors::verify_json(user, side, store->verify());
}

/// Only where something is wrong; nobody may have the store open, which opening it finds out.
result<json> repair_store(const fs::path& folder, const std::string& side, const std::string& user) {
  {
    auto opened = storage::store::open(folder);
    if (opened) {
      auto checked = (*opened)->verify();
      if (checked.problem_count == 0)
        return actors::verify_json(user, side, checked);
    } else if (opened.failure().code != errc::corrupt) {
      return std::move(opened).failure();
    }
  }
  progress_line progress;
  LAMA_TRY(repaired, storage::repair(folder, {}, system_random(), [&](uint64_t count) { progress.show(grouped(count) + " objects carried over"); }));
  auto outcome = actors::verify_json(user, side, repaired.after);
  outcome["repaired"] = std::move(repaired.told);
  outcome["repairedCount"] = repaired.told_count;
  if (!repaired.kept.empty())
    outcome["formerFiles"] = (folder / repaired.kept).string();
  return outcome;
}

std::vector<std::string> folders_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{folder, problem})
    if (entry.is_directory(problem) && !entry.path().filename().string().starts_with('.')) // what a restore or a reset left is no user
      names.push_back(entry.path().filename().string());
  return names;
}

void print_report(const json& x) {
  std::cout << text_in(x, "side") << '/' << printable(text_in(x, "user")) << ": " << grouped(static_cast<uint64_t>(number_in(x, "objects"))) << " objects, "
            << grouped(static_cast<uint64_t>(number_in(x, "blobs"))) << " blobs, " << grouped(static_cast<uint64_t>(number_in(x, "heads"))) << " heads, "
            << grouped(static_cast<uint64_t>(number_in(x, "references"))) << " references: "
            << (number_in(x, "problemCount") == 0 ? "all is well" : grouped(static_cast<uint64_t>(number_in(x, "problemCount"))) + " problems") << '\n';
  if (auto kept = static_cast<uint64_t>(number_in(x, "keptTexts")); kept > 0)
    std::cout << "  " << (kept == 1 ? "1 object is" : grouped(kept) + " objects are") << " kept without a recipe of the type\n";
  for (const auto& refused : list_in(x, "refused"))
    std::cout << "  " << printable(refused.is_string() ? refused.get<std::string>() : refused.dump()) << '\n';
  for (const auto& step : list_in(x, "repaired"))
    std::cout << "  repaired: " << printable(step.is_string() ? step.get<std::string>() : step.dump()) << '\n';
  if (auto kept = text_in(x, "formerFiles"); !kept.empty())
    std::cout << "  what could not be read is kept in " << printable(kept) << "; remove it when nothing is missed\n";
  for (const auto& problem : list_in(x, "problems"))
    std::cout << "  " << printable(problem.is_string() ? problem.get<std::string>() : problem.dump()) << '\n';
}

/// Of a node that is reached by --url: what it has open.
int verify_remote(const common_options& common) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("app:verify", json::object(), std::chrono::minutes{30}));
    if (common.json)
      print_json({{"stores", {answer}}});
    else
      print_report(answer);
    if (number_in(answer, "problemCount") > 0)
      return fail(errc::corrupt, "The store is damaged.");
    return done{};
  });
}

int verify(const common_options& common, bool repairs) {
  if (!common.url.empty() && repairs)
    return report(fail(errc::bad_input, "--repair works on a data dir, with the node stopped or the user logged out."), common.json);
  if (!common.url.empty())
    return verify_remote(common);
  auto data_dir = common.folder();
  auto all = json::array();
  bool clean = true;
  for (std::string side : {"archive", "sparse"}) {
    auto node = read_address(data_dir / (side == "archive" ? archive_ipc_file : sparse_ipc_file));
    for (const auto& user : folders_below(data_dir / side)) {
      if (!common.user.empty() && user != common.user)
        continue;
      auto checked = repairs ? repair_store(data_dir / side / user, side, user) : verify_store(node, data_dir / side / user, side, user);
      if (!checked) {
        report(fail(checked.failure().code, side + '/' + user + ": " + checked.failure().message), common.json);
        clean = false;
        continue;
      }
      clean = clean && number_in(*checked, "problemCount") == 0;
      if (!common.json)
        print_report(*checked);
      all.push_back(std::move(*checked));
    }
  }
  if (all.empty() && clean)
    return report(fail(errc::not_found, "There is no store in " + data_dir.string() + "; name another --data-dir."), common.json);
  if (common.json)
    print_json({{"stores", std::move(all)}});
  return clean ? worked : failed;
}

} // namespace

void add_verify_command(command_list& to) {
  auto* verifying = to.add("verify", "Re-hash everything and check all references and heads; through the node, or in the data dir when none runs");
  auto repairs = std::make_shared<bool>(false);
  verifying->add_flag("--repair", *repairs, "Write what is damaged anew from what is sound; the node is stopped, or the user logged out");
  to.on(verifying, [repairs, &common = to.common] { return verify(common, *repairs); });
}

} // namespace lama::app
