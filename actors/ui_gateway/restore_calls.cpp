#include "actors/supervision/interface.hpp"
#include "actors/ui_gateway/calls.hpp"
#include "actors/ui_gateway/long_job.hpp"
#include "storage/backup_file.hpp"

#include <filesystem>
#include <map>
#include <memory>
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

struct restore_request {
  fs::path data; ///< the data dir
  std::string side;
  std::string file;
  std::string user; ///< empty: the backup's
  seal_keys keys;
  bool damaged = false;
};

/// Whose store it becomes. The name becomes a folder's, and may come out of the file.
result<std::string> user_for(const restore_request& x, const backup::header& last) {
  if (last.side != x.side)
    return lama::fail(errc::conflict, "The backup is of the side '" + last.side.substr(0, 20) + "', and this is the side '" + x.side + "': ask the other one.");
  auto user = x.user.empty() ? last.user : x.user;
  if (!is_user_name(user))
    return lama::fail(errc::bad_input, "The backup names its user '" + user.substr(0, 80) + "', which cannot be; say `username`.");
  return user;
}

json answer_of(const std::string& user, const storage::restored& x, bool damaged) {
  return {{"user", user},
          {"side", x.header.side},
          {"restored", damaged || x.report.problem_count == 0},
          {"digest", x.digest.hex()},
          {"objects", x.report.objects},
          {"blobs", x.report.blobs},
          {"heads", x.report.heads},
          {"problemCount", x.report.problem_count},
          {"problems", x.report.problems}};
}

result<json> restore_now(const restore_request& x, random_source& random) {
  LAMA_TRY(files, storage::backup_chain({x.data / "backups" / x.file}));
  LAMA_TRY(user, user_for(x, files.back().header));
  storage::restore_options options;
  options.unseal = [&x](const backup::seal_description& seal) { return key_for(x.keys, seal); };
  options.damaged = x.damaged;
  LAMA_TRY(outcome, storage::restore_files(files, x.data / x.side / user, options, random));
  return answer_of(user, outcome, x.damaged);
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
  auto& under_way = self->state.restoring;
  if (under_way->exchange(true))
    return x.fail(lama::fail(errc::overloaded, "Another restore is under way; try again when it is done."));
  restore_request request{
      environment->settings.data_folder, to_string(environment->settings.which), file, wanted, keys, x["damaged"].is_boolean() && x["damaged"].get<bool>()};
  // By the job, not by its answer: a job that took too long to be answered still works in the folder.
  std::shared_ptr<void> last{nullptr, [under_way](void*) { *under_way = false; }};
  run_long_job(self, x, [environment, request = std::move(request), last = std::move(last)] { return restore_now(request, environment->random()); });
}

} // namespace channels
} // namespace lama::actors
