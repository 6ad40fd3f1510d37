#include "apps/lama/commands.hpp"

#include "actors/keychain/keychain.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/environment.hpp"
#include "storage/password.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace lama::app {

namespace {

namespace fs = std::filesystem;

/// Both sides of a user have a record of their own. The archive's comes first: the sparse side opens it by another secret, whatever the password.
result<std::vector<std::string>> change_on_all_sides(const fs::path& data_dir, const std::string& user, const std::string& old_password,
                                                     const std::string& new_password) {
  std::vector<std::string> changed;
  for (const auto* side : {"archive", "sparse"}) {
    auto folder = data_dir / side / user;
    std::error_code problem;
    if (!fs::exists(folder / "CURRENT", problem))
      continue;
    auto store = storage::store::open(folder);
    if (!store)
      return fail(store.failure().code, std::string{side} + ": " + store.failure().message + " A node that runs lets go of it with lama logout.");
    if (auto done = storage::change_password(**store, old_password, new_password, system_random()); !done)
      return fail(done.failure().code, std::string{side} + ": " + done.failure().message +
                                           (changed.empty() ? " Nothing was changed." : " The archive has the new password already; run it again."));
    changed.emplace_back(side);
  }
  if (changed.empty())
    return fail(errc::not_found, "There is no user '" + user + "' in " + data_dir.string() + "; name another --data-dir.");
  return changed;
}

/// LAMA_PASSWORD is the present one.
result<std::string> ask_new_password(const std::string& file, const std::string& user) {
  if (!file.empty())
    return given_password(file);
  if (std::getenv("LAMA_PASSWORD"))
    return fail(errc::bad_input, "LAMA_PASSWORD gives the present password; give the new one with --new-password-file.");
  return ask_password({}, user, true);
}

int change(const common_options& common, const std::string& name, const std::string& new_file) {
  auto user = name.empty() ? common.user : name;
  if (user.empty() || user.find('/') != std::string::npos || user.starts_with('.')) {
    report(fail(errc::bad_input, "Say whose: lama password NAME"), common.json);
    return wrong_use;
  }
  auto old_password = ask_password(common.password_file, user, false);
  if (!old_password)
    return report(old_password.failure(), common.json);
  auto new_password = ask_new_password(new_file, user);
  if (!new_password)
    return report(new_password.failure(), common.json);
  if (new_password->size() < actors::least_password_length || new_password->size() > actors::most_password_bytes)
    return report(fail(errc::bad_input, "The new password must have " + std::to_string(actors::least_password_length) + " to " +
                                            std::to_string(actors::most_password_bytes) + " characters."),
                  common.json);
  auto changed = change_on_all_sides(common.folder(), user, *old_password, *new_password);
  protocol::wipe(*old_password);
  protocol::wipe(*new_password);
  if (!changed)
    return report(changed.failure(), common.json);
  if (common.json)
    print_json({{"user", user}, {"changed", *changed}});
  else
    std::cout << "The password of " << user << " is changed.\n";
  return worked;
}

} // namespace

void add_password_command(command_list& to) {
  auto name = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  auto* changing = to.add("password", "Change a user's password; the node is stopped, or the user logged out");
  changing->add_option("NAME", *name, "The user");
  changing->add_option("--new-password-file", *file, "The new one; typed where it is left out. The present one: --password-file");
  to.on(changing, [name, file, &common = to.common] { return change(common, *name, *file); });
}

} // namespace lama::app
