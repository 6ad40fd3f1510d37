#pragma once

#include "apps/lama/client.hpp"
#include "apps/lama/settings.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lama::app {

/// The subcommands: each registers its options here and is run once everything is parsed and resolved.
class command_list {
public:
  command_list(CLI::App& to, common_options& shared, settings_table& table) : app{to}, common{shared}, settings{table} {
    // nop
  }

  CLI::App& app;
  common_options& common;
  settings_table& settings;

  /// `run` answers the exit code.
  CLI::App* add(const std::string& name, const std::string& help) {
    return app.add_subcommand(name, help);
  }
  void on(CLI::App* command, std::function<int()> run) {
    commands_.emplace_back(command, std::move(run));
  }
  const std::vector<std::pair<CLI::App*, std::function<int()>>>& all() const {
    return commands_;
  }

private:
  std::vector<std::pair<CLI::App*, std::function<int()>>> commands_;
};

void add_node_commands(command_list& to);     // run, archive, sparse
void add_user_commands(command_list& to);     // register, login, logout
void add_password_command(command_list& to);  // password
void add_chat_commands(command_list& to);     // send, messages, conversations
void add_change_commands(command_list& to);   // edit, delete, read, search
void add_people_commands(command_list& to);   // contacts, invite, pair
void add_object_commands(command_list& to);   // put, get, query, log
void add_import_command(command_list& to);    // import
void add_verify_command(command_list& to);    // verify
void add_backup_command(command_list& to);    // backup, backup verify
void add_restore_command(command_list& to);   // restore
void add_reset_command(command_list& to);     // reset
void add_digest_command(command_list& to);    // digest
void add_export_command(command_list& to);    // export
void add_pin_command(command_list& to);       // pin
void add_login_url_command(command_list& to); // login-url
void add_doctor_command(command_list& to);    // doctor
void add_status_command(command_list& to);    // status
void add_bridge_commands(command_list& to);   // bridge show|rotate|forget
void add_chaos_command(command_list& to);     // chaos sim

/// Runs `use` with a connection to the node; reports what fails.
inline int with_node(const common_options& common, const std::function<result<done>(net::rpc_client&)>& use) {
  auto node = open_client(common);
  if (!node)
    return report(node.failure(), common.json);
  if (auto used = use(*node); !used)
    return report(used.failure(), common.json);
  return worked;
}

} // namespace lama::app
