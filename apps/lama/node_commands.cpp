#include "apps/lama/commands.hpp"
#include "apps/lama/policy_command.hpp"
#include "apps/lama/run.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

namespace lama::app {

namespace {

void add_shared(command_list& to, CLI::App& command, node_options& options) {
  auto& s = to.settings;
  s.add(command, "--host", options.host, "Address to listen at (default 127.0.0.1)");
  s.add(command, "--login-attempts", options.login_attempts, "Logins a minute from one address (default 10)");
  s.add_flag(command, "--plain-person-names", options.plain_names, "New persons are USER@lama.local, as in the old app");
  s.add(command, "--log-level", options.log.level, "debug, info (default), warning or error");
  s.add(command, "--log-format", options.log.format, "text (default) or json");
  s.add_flag(command, "--log-file", options.log.to_file, "Also write lama.log in the data dir");
  command.add_flag("--create", options.create, "Make the user of --user, where it does not exist");
}

void add_archive(command_list& to, CLI::App& command, node_options& options) {
  options.archive = true;
  auto& s = to.settings;
  s.add(command, "--bridge-port", options.bridge_port, "Where the archive listens for this device and for friends (default 8765)");
  s.add(command, "--archive-ipc-port", options.archive_ipc_port, "JSON-RPC of the archive (default 8769)");
  s.add(command, "--public-url", options.public_url, "What invitations name, where it is not ws://HOST:PORT");
}

void add_sparse(command_list& to, CLI::App& command, node_options& options) {
  options.sparse = true;
  auto& s = to.settings;
  s.add(command, "--ui-port", options.ui_port, "JSON-RPC of this device (default 8766)");
  s.add(command, "--channel-window", options.channel_window, "Newest messages of a conversation that are kept on this device (default 200)");
  s.add(command, "--sparse-budget", options.sparse_budget,
        "What this device keeps at most, as 500MB: what is cold goes, and comes back when it is looked for (default: no limit)");
}

int start_node(const common_options& common, node_options options) {
  if (!options.provision.empty())
    options.provision = std::filesystem::absolute(options.provision).string();
  auto strategies = configured_strategies(common);
  if (!strategies) {
    report(strategies.failure(), common.json);
    return wrong_use;
  }
  options.strategies = *std::move(strategies);
  const auto* check = std::getenv("LAMA_IPC_CHECK_ANSWERS");
  options.check_answers = check && std::string_view{check} == "1";
  return run_node(common, options);
}

} // namespace

void add_node_commands(command_list& to) {
  auto both = std::make_shared<node_options>();
  auto* run = to.add("run", "Run the node: archive and device in one process");
  add_shared(to, *run, *both);
  add_archive(to, *run, *both);
  add_sparse(to, *run, *both);
  to.on(run, [both, &common = to.common] { return start_node(common, *both); });

  auto alone = std::make_shared<node_options>();
  auto* archive = to.add("archive", "Run the archive alone");
  add_shared(to, *archive, *alone);
  add_archive(to, *archive, *alone);
  to.on(archive, [alone, &common = to.common] { return start_node(common, *alone); });

  auto device = std::make_shared<node_options>();
  auto* sparse = to.add("sparse", "Run this device's side alone, with an archive here or elsewhere");
  add_shared(to, *sparse, *device);
  add_sparse(to, *sparse, *device);
  to.settings.add(*sparse, "--provision", device->provision, "The archive's bridge.json (default: the data dir's own)");
  to.on(sparse, [device, &common = to.common] { return start_node(common, *device); });
}

} // namespace lama::app
