#include "apps/lama/backup_files.hpp"
#include "apps/lama/environment.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

namespace fs = std::filesystem;

struct arguments {
  std::vector<std::string> files;
  std::string passphrase_file;
  bool damaged = false;
};

int run_restore(const common_options& common, const arguments& given) {
  auto outcome = [&]() -> result<storage::restored> {
    LAMA_TRY(chain, storage::backup_chain({given.files.begin(), given.files.end()}));
    const auto& last = chain.back().header;
    auto user = common.user.empty() ? last.user : common.user;
    // The name becomes a folder's; it came out of a file.
    if (user.empty() || user.front() == '.' || user.find('/') != std::string::npos)
      return fail(errc::bad_input, "The backup names its user '" + user + "', which cannot be; say --user.");
    // A node that runs would not know of it, and might make the same user meanwhile.
    auto lock = side_lock::take(common.folder(), last.side == "archive" ? actors::side::archive : actors::side::sparse);
    if (!lock)
      return lock.failure();
    progress_line progress;
    storage::restore_options options;
    options.unseal = unsealer_for(given.passphrase_file);
    options.damaged = given.damaged;
    options.progress = [&](uint64_t objects) { progress.show(grouped(objects) + " objects verified"); };
    return storage::restore_files(chain, common.folder() / last.side / user, options, system_random());
  }();
  if (!outcome)
    return report(outcome.failure(), common.json);
  auto kept = outcome->report.problem_count == 0 || given.damaged;
  auto code = tell_restored(common, kept ? "Restored" : "Not restored", *outcome);
  if (!kept)
    std::cerr << "lama: Nothing was put into place. With --damaged it is, to be repaired by lama verify --repair.\n";
  return code;
}

} // namespace

void add_restore_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* restoring = to.add("restore", "Make a user's store out of backups, in a data dir that has none of that user (docs/backup.md)");
  restoring->add_option("FILE", given->files, "The newest backup; earlier ones that it needs are found beside it, or named too")->required();
  restoring->add_option("--passphrase-file", given->passphrase_file, "Its first line is the passphrase (else LAMA_PASSPHRASE, else it is asked for)");
  restoring->add_flag("--damaged", given->damaged, "Also where the store had problems when it was backed up");
  to.on(restoring, [given, &common = to.common] { return run_restore(common, *given); });
}

} // namespace lama::app
