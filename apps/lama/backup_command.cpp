#include "apps/lama/backup_files.hpp"

#include <array>
#include <ctime>
#include <iostream>
#include <memory>

namespace lama::app {

namespace {

namespace fs = std::filesystem;
namespace backup = protocol::backup;

struct arguments {
  std::string target; ///< a file, or a folder of backups
  std::string since;
  std::string side = "archive";
  std::string passphrase_file;
  bool whole = false;
  bool encrypt = false;
  std::vector<std::string> verified;
};

std::string time_stamp(int64_t milliseconds) {
  auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  auto length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S.", &parts);
  return std::string{text.data(), length} + std::to_string(1000 + milliseconds % 1000).substr(1) + 'Z'; // two in a second are two
}

/// What is to be written, and where.
struct plan {
  storage::backup_request request;
  fs::path file;
};

result<plan> make_plan(const common_options& common, const arguments& given) {
  plan x;
  x.request.side = given.side;
  LAMA_TRY(user, the_user(common, given.side));
  x.request.user = user;
  x.request.created_ms = system_clock().now_ms();
  x.file = given.target;
  std::optional<storage::backup_file> earlier;
  std::error_code problem;
  if (fs::is_directory(x.file, problem)) {
    if (given.since.empty())
      earlier = storage::newest_backup(x.file, user, given.side);
    x.file /= user + '-' + given.side + '-' + time_stamp(x.request.created_ms) + backup_extension;
  }
  if (!given.since.empty()) {
    LAMA_TRY(header, storage::read_backup_header(given.since));
    earlier = storage::backup_file{given.since, std::move(header)};
  }
  auto goes_on = !given.since.empty() || (!given.whole && given.side == "archive");
  if (earlier && goes_on && earlier->header.sequence > 0)
    x.request.base = storage::backup_base{earlier->header.id, earlier->header.store, earlier->header.sequence};
  // Whoever seals their backups once does not mean the next one to lie open.
  if (given.encrypt || (earlier && earlier->header.seal)) {
    LAMA_TRY(passphrase, ask_passphrase(given.passphrase_file, !earlier));
    x.request.seal.emplace();
    x.request.seal->salt = system_random().bytes(16);
    LAMA_TRY(key, backup::derive_seal(*x.request.seal, passphrase));
    protocol::wipe(passphrase);
    x.request.key = key;
  }
  return x;
}

json outcome_json(const storage::backup_outcome& x) {
  return {{"id", x.header.id},        {"base", x.header.base},           {"sequence", x.header.sequence}, {"entries", x.summary.entries},
          {"bytes", x.summary.bytes}, {"digest", x.summary.digest.hex()}};
}

/// Into the node's own folder, since a node writes nowhere else, and from there to where it is wanted.
result<json> through_node(const node_address& at, const plan& x) {
  json request{{"file", x.request.user + '-' + to_hex(system_random().bytes(8)) + backup_extension}};
  if (x.request.base)
    request["base"] = {{"id", x.request.base->id}, {"store", x.request.base->store}, {"sequence", x.request.base->sequence}};
  if (x.request.seal)
    request["seal"] = {{"salt", to_hex(x.request.seal->salt)}, {"check", to_hex(x.request.seal->check)}, {"key", to_hex(protocol::view(*x.request.key))}};
  auto client = client_to(at, x.request.user);
  LAMA_TRY(answer, client.call("app:backup", request, long_call));
  LAMA_CHECK(storage::move_backup_file(text_in(answer, "file"), x.file));
  return std::move(answer);
}

result<json> write(const common_options& common, const arguments& given) {
  LAMA_TRY(x, make_plan(common, given));
  std::error_code problem;
  if (fs::exists(x.file, problem))
    return fail(errc::conflict, "The file " + x.file.string() + " exists, and nothing is overwritten. Name another one.");
  json shown;
  if (auto node = node_that_has(common, x.request.side, x.request.user)) {
    LAMA_TRY(answer, through_node(*node, x));
    shown = std::move(answer);
  } else {
    LAMA_TRY(store, storage::store::open(common.folder() / x.request.side / x.request.user));
    progress_line progress;
    LAMA_TRY(outcome,
             storage::write_backup_file(*store, x.request, x.file, system_random(), [&](uint64_t bytes) { progress.show(grouped(bytes >> 20) + " MiB"); }));
    shown = outcome_json(outcome);
  }
  shown["file"] = x.file.string();
  shown["fileBytes"] = static_cast<uint64_t>(fs::file_size(x.file, problem));
  return shown;
}

int run_backup(const common_options& common, const arguments& given) {
  if (!common.url.empty())
    return report(fail(errc::unsupported, "A backup is made where the node's data is; run this there, with its --data-dir."), common.json);
  auto written = write(common, given);
  std::error_code problem;
  auto in_folder = given.since.empty() && !given.whole && fs::is_directory(given.target, problem);
  if (!written && in_folder && written.failure().code == errc::conflict) {
    // The store was restored or repaired since the newest one: a whole one begins a new line.
    auto whole = given;
    whole.whole = true;
    written = write(common, whole);
  }
  if (!written)
    return report(written.failure(), common.json);
  if (common.json)
    print_json(*written);
  else
    std::cout << printable(text_in(*written, "file")) << ": " << grouped(static_cast<uint64_t>(number_in(*written, "entries"))) << " entries, "
              << grouped(static_cast<uint64_t>(number_in(*written, "bytes"))) << " bytes in "
              << grouped(static_cast<uint64_t>(number_in(*written, "fileBytes")))
              << (text_in(*written, "base").empty() ? " (whole)" : " (since the earlier one)") << "; digest " << text_in(*written, "digest").substr(0, 16)
              << "…\nlama backup verify " << printable(text_in(*written, "file")) << " proves that it restores.\n";
  return worked;
}

/// Restores into a scratch folder beside the file: there is room for a backup, so there should be for what is in it.
int verify(const common_options& common, const arguments& given) {
  auto outcome = [&]() -> result<storage::restored> {
    LAMA_TRY(chain, storage::backup_chain({given.verified.begin(), given.verified.end()}));
    progress_line progress;
    storage::restore_options options;
    options.unseal = unsealer_for(given.passphrase_file);
    options.keep = false;
    options.progress = [&](uint64_t objects) { progress.show(grouped(objects) + " objects verified"); };
    auto folder = fs::absolute(given.verified.front()).parent_path() / (".verify-" + chain.back().header.id);
    return storage::restore_files(chain, folder, options, system_random());
  }();
  if (!outcome)
    return report(outcome.failure(), common.json);
  return tell_restored(common, "The backup is good", *outcome);
}

} // namespace

void add_backup_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* backing = to.add("backup", "Write a user's store to a file; while the node runs, or from the data dir (docs/backup.md)");
  backing->require_subcommand(0, 1);
  backing->fallthrough();
  backing->add_option("FILE", given->target, "A new file; or a folder of backups, where it goes on from the newest");
  backing->add_option("--since", given->since, "Only what came since this earlier backup")->check(CLI::ExistingFile);
  backing->add_flag("--whole", given->whole, "In a folder: a whole one, not what came since the newest");
  backing->add_option("--side", given->side, "archive (default), or sparse: what this device keeps")->check(CLI::IsMember({"archive", "sparse"}));
  backing->add_flag("--encrypt", given->encrypt, "Ask for a passphrase; without it nobody can read the file, you included");
  backing->add_option("--passphrase-file", given->passphrase_file, "Its first line is the passphrase (else LAMA_PASSPHRASE, else it is asked for)");
  auto* verifying = backing->add_subcommand("verify", "Restore it into a scratch folder, verify that and compare digests");
  verifying->add_option("FILE", given->verified, "The backup; earlier ones that it needs are found beside it, or named too")->required();
  verifying->add_option("--passphrase-file", given->passphrase_file, "Its first line is the passphrase");
  to.on(backing, [=, &common = to.common] {
    if (verifying->parsed())
      return verify(common, *given);
    if (given->target.empty()) {
      report(fail(errc::bad_input, "Name the file to write: lama backup FILE."), common.json);
      return wrong_use;
    }
    return run_backup(common, *given);
  });
}

} // namespace lama::app
