#include "apps/lama/backup_files.hpp"
#include "apps/lama/environment.hpp"

#include "actors/supervision/interface.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/models/keychain.hpp"
#include "storage/removal.hpp"

#include <unistd.h>

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

namespace fs = std::filesystem;

struct arguments {
  std::string name;
  bool both = false;
  bool yes = false;
};

std::string place_text(const common_options& common, const arguments& given) {
  return given.both ? "on this device and its archive" : common.archive ? "on the archive" : "on this device";
}

/// Typed out, since nothing brings it back.
result<done> confirm(const common_options& common, const arguments& given) {
  if (given.yes)
    return done{};
  if (!::isatty(STDIN_FILENO))
    return fail(errc::bad_input, "All data of " + given.name + ' ' + place_text(common, given) + " would be deleted for good; say --yes.");
  std::cerr << "All data of " << printable(given.name) << ' ' << place_text(common, given) << " will be deleted for good. Type the user's name to go on: ";
  std::string typed;
  std::getline(std::cin, typed);
  if (typed != given.name)
    return fail(errc::cancelled, "Nothing was deleted.");
  return done{};
}

result<done> through_node(const node_address& at, const arguments& given, const std::string& password) {
  auto node = client_to(at, {});
  json request{{"username", given.name}, {"password", password}};
  if (given.both)
    request["archive"] = true;
  LAMA_TRY(answer, node.call("app:reset", request, std::chrono::minutes{3}));
  if (!answer.value("success", false))
    return refusal_in(answer);
  return done{};
}

result<done> check_password(const fs::path& folder, const std::string& password) {
  LAMA_TRY(store, storage::store::open(folder));
  auto record = store->read()->note(models::password_note);
  if (!record)
    return fail(errc::corrupt, "The record that the password opens is lost; to be rid of the store all the same, delete " + folder.string() + '.');
  LAMA_TRY(wrapping, models::decode_password_wrapping(*record));
  LAMA_TRY(master, models::unwrap_with_password(wrapping, password));
  protocol::wipe(master);
  return done{};
}

/// No node runs. All passwords are checked before anything is deleted.
result<done> in_data_dir(const common_options& common, const arguments& given, const std::string& password) {
  std::vector<side_lock> locks;
  std::vector<fs::path> folders;
  for (auto which : {actors::side::archive, actors::side::sparse}) {
    if (!given.both && common.archive != (which == actors::side::archive))
      continue;
    LAMA_TRY(lock, side_lock::take(common.folder(), which));
    locks.push_back(std::move(lock));
    auto folder = common.folder() / to_string(which) / given.name;
    std::error_code problem;
    if (!fs::exists(folder / "CURRENT", problem))
      continue;
    LAMA_CHECK(check_password(folder, password));
    folders.push_back(folder);
  }
  if (folders.empty())
    return fail(errc::not_found, "There is no user '" + given.name + "' in " + common.folder().string() + "; name another --data-dir.");
  for (const auto& folder : folders)
    LAMA_CHECK(storage::remove_store(folder, system_random()));
  return done{};
}

int run_reset(const common_options& common, arguments given) {
  if (given.name.empty())
    given.name = common.user;
  if (!actors::is_user_name(given.name) || (given.both && common.archive)) {
    report(fail(errc::bad_input, given.both && common.archive ? "Say --archive or --both." : "Say whose data: lama reset NAME"), common.json);
    return wrong_use;
  }
  auto outcome = [&]() -> result<done> {
    LAMA_CHECK(confirm(common, given));
    LAMA_TRY(password, ask_password(common.password_file, given.name, false));
    auto node = find_node(common);
    auto reset = node ? through_node(*node, given, password) : common.url.empty() ? in_data_dir(common, given, password) : result<done>{node.failure()};
    protocol::wipe(password);
    return reset;
  }();
  if (!outcome)
    return report(outcome.failure(), common.json);
  if (common.json)
    print_json({{"user", given.name}, {"success", true}});
  else
    std::cout << "The data of " << given.name << ' ' << place_text(common, given) << " is deleted. Backups and exports are kept.\n";
  return worked;
}

} // namespace

void add_reset_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* resetting = to.add("reset", "Delete a user's data on this device for good (with --archive: on the archive); through the node, or in the data dir");
  resetting->add_option("NAME", given->name, "The user");
  resetting->add_flag("--both", given->both, "On the device and its archive");
  resetting->add_flag("--yes", given->yes, "Do not ask: for scripts");
  to.on(resetting, [given, &common = to.common] { return run_reset(common, *given); });
}

} // namespace lama::app
