#include "actors/supervision/interface.hpp"
#include "actors/ui_gateway/calls.hpp"
#include "actors/ui_gateway/long_job.hpp"
#include "storage/backup_file.hpp"

#include <filesystem>
#include <map>
#include <utility>

/// app:restore (docs/backup.md).
namespace lama::actors {

namespace {

namespace fs = std::filesystem;
namespace backup = protocol::backup;

/// By salt and check, what opens the files: the passphrase itself never comes here.
using seal_keys = std::map<std::pair<std::string, std::string>, protocol::key32>;

result<seal_keys> read_seals(const call_scope& x) {
  seal_keys keys;
  const auto& given = x["seals"];
  if (given.is_null())
    return keys;
  for (const auto& seal : given) { // its shape is the schema's
    auto salt = from_hex(seal["salt"].get<std::string>());
    auto check = from_hex(seal["check"].get<std::string>());
    auto key = protocol::key32_from_hex(seal["key"].get<std::string>());
    if (!salt || !check || !key)
      return bad_parameter("seals", "a seal has a salt and a check of 16 bytes and a key of 32, in hex");
    keys.emplace(std::pair{*salt, *check}, *key);
  }
  return keys;
}

result<protocol::key32> key_for(const seal_keys& keys, const backup::seal_description& seal) {
  auto found = keys.find({seal.salt, seal.check});
  if (found == keys.end())
    return lama::fail(errc::wrong_secret, "The backup is sealed, and no key for the salt " + to_hex(seal.salt) + " was given.");
  return found->second;
}

struct restore_plan {
  std::vector<storage::backup_file> files;
  std::string user;
};

/// Reads headers only, a few kilobytes of each file.
result<restore_plan> make_plan(gateway_pointer self, const fs::path& backups, const std::string& file, const std::string& wanted) {
  LAMA_TRY(files, storage::backup_chain({backups / file}));
  const auto& last = files.back().header;
  std::string side = to_string(self->state.context->environment->settings.which);
  if (last.side != side)
    return lama::fail(errc::conflict, "The backup is of the side '" + last.side.substr(0, 20) + "', and this is the side '" + side + "': ask the other one.");
  auto user = wanted.empty() ? last.user : wanted;
  // The name becomes a folder's; it came out of a file.
  if (!is_user_name(user))
    return lama::fail(errc::bad_input, "The backup names its user '" + user.substr(0, 80) + "', which cannot be; say `username`.");
  return restore_plan{std::move(files), std::move(user)};
}

json answer_of(const restore_plan& plan, const storage::restored& x, bool damaged) {
  return {{"user", plan.user},
          {"side", x.header.side},
          {"restored", damaged || x.report.problem_count == 0},
          {"digest", x.digest.hex()},
          {"objects", x.report.objects},
          {"blobs", x.report.blobs},
          {"heads", x.report.heads},
          {"problemCount", x.report.problem_count},
          {"problems", x.report.problems}};
}

} // namespace

namespace channels {

/// Somebody who can put a file into the folder and has the password in it could bring a user of their own: not for pages.
void restore(gateway_pointer self, const call_scope& x) {
  const auto& environment = self->state.context->environment;
  if (!x.who.session.empty() || x.who.forwarded)
    return x.fail(lama::fail(errc::forbidden, "Backups are restored by programs that bear the node's token."));
  LAMA_PARAMETER(file, file_parameter(x, "file"));
  LAMA_PARAMETER(wanted, optional_text(x, "username"));
  LAMA_PARAMETER(keys, read_seals(x));
  if (environment->settings.data_folder.empty())
    return x.fail(lama::fail(errc::unsupported, "This node has no folder for backups."));
  fs::path data{environment->settings.data_folder};
  LAMA_PARAMETER(plan, make_plan(self, data / "backups", file, wanted));
  auto damaged = x["damaged"].is_boolean() && x["damaged"].get<bool>();
  if (!self->state.restoring.insert(plan.user).second)
    return x.fail(lama::fail(errc::conflict, "This user is being restored already."));
  auto work = [environment, plan, keys, damaged, folder = data / plan.files.back().header.side / plan.user]() -> result<json> {
    storage::restore_options options;
    options.unseal = [&keys](const backup::seal_description& seal) { return key_for(keys, seal); };
    options.damaged = damaged;
    LAMA_TRY(outcome, storage::restore_files(plan.files, folder, options, environment->random()));
    return answer_of(plan, outcome, damaged);
  };
  run_apart(self, std::move(work), [self, x, user = plan.user](result<json> outcome) {
    self->state.restoring.erase(user);
    if (outcome)
      x.done(std::move(*outcome));
    else
      x.fail(outcome.failure());
  });
}

} // namespace channels
} // namespace lama::actors
