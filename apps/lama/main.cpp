#include "apps/lama/commands.hpp"

#if __has_include("apps/lama/bench.hpp")
#include "apps/lama/bench.hpp"
#define LAMA_HAS_BENCH
#endif

#include <iostream>

namespace lama::app {

namespace {

void add_common_options(CLI::App& app, common_options& common, settings_table& settings) {
  settings.add(app, "--data-dir", common.data_dir, "Where the node keeps its data (default: $XDG_DATA_HOME/lama, else ~/.local/share/lama)");
  app.add_option("--config", common.config, "TOML file with settings (default: lama/lama.toml in the user's configuration folder)")->envname("LAMA_CONFIG");
  settings.add(app, "--url", common.url, "The node to talk to, where it is not the data dir's");
  settings.add(app, "--token", common.token, "Its token; better given as LAMA_TOKEN");
  settings.add(app, "--user", common.user, "As which user; may be left out when only one is logged in");
  settings.add(app, "--password-file", common.password_file, "Its first line is the password (else LAMA_PASSWORD, else it is asked for)");
  settings.add_section("sync-strategies", common.sync_strategies);
  app.add_flag("--archive", common.archive, "Talk to the archive instance in place of this device's");
  app.add_flag("--json", common.json, "Answers as JSON");
}

} // namespace

int start(int argc, char** argv) {
  CLI::App app{"A local-first personal node: messages, people and objects, kept by an archive and shown by this device.", "lama"};
  app.require_subcommand(1);
  app.fallthrough(); // common options may stand behind the command's name
  app.set_version_flag("--version", "lama 0.1.0");
  app.footer("Every setting can also stand in the configuration file or in the environment (LAMA_DATA_DIR for --data-dir).\n"
             "Exit codes: 0 it worked, 1 it failed, 2 wrong use.");
  common_options common;
  settings_table settings;
  add_common_options(app, common, settings);
  command_list commands{app, common, settings};
  add_node_commands(commands);
  add_user_commands(commands);
  add_password_command(commands);
  add_login_url_command(commands);
  add_chat_commands(commands);
  add_change_commands(commands);
  add_people_commands(commands);
  add_object_commands(commands);
  add_import_command(commands);
  add_verify_command(commands);
  add_backup_command(commands);
  add_restore_command(commands);
  add_reset_command(commands);
  add_digest_command(commands);
  add_export_command(commands);
  add_pin_command(commands);
  add_doctor_command(commands);
  add_status_command(commands);
  add_bridge_commands(commands);
  add_chaos_command(commands);
#ifdef LAMA_HAS_BENCH
  add_bench(app);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) { // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& problem) {
    app.exit(problem);
    return wrong_use;
  }
  for (const auto& [command, run] : commands.all()) {
    if (!command->parsed())
      continue;
    if (auto resolved = settings.resolve(command, common.config); !resolved) {
      report(resolved.failure(), common.json);
      return wrong_use;
    }
    return run();
  }
  return worked; // a command that ran while it was parsed
}

} // namespace lama::app

int main(int argc, char** argv) {
  try {
    return lama::app::start(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "lama: " << problem.what() << '\n';
    return lama::app::failed;
  }
}
