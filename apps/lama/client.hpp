#pragma once

#include "apps/lama/terminal.hpp"
#include "net/rpc_client.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace lama::app {

/// What all commands take, before or after the command's name.
struct common_options {
  std::string data_dir;
  std::string config;
  std::string url;
  std::string token;
  std::string user;
  std::string password_file;
  std::map<std::string, std::string> sync_strategies; ///< of the configuration file, by type; apps/lama/policy_command.hpp reads them
  bool archive = false;                               ///< talk to the archive instance in place of the sparse one
  bool json = false;

  std::filesystem::path folder() const;
};

/// ipc.json or archive-ipc.json: where a running node of this data dir is.
struct node_address {
  std::string url;
  std::string token;
  int64_t pid = 0;
};
inline constexpr const char* sparse_ipc_file = "ipc.json";
inline constexpr const char* archive_ipc_file = "archive-ipc.json";
/// Nothing where there is no such file, or no process of that pid any more.
std::optional<node_address> read_address(const std::filesystem::path& file);

/// The node that a command talks to: --url and --token, else by the data dir. `offline` says how to start one.
result<node_address> find_node(const common_options& options);
result<net::rpc_client> open_client(const common_options& options);
net::rpc_client client_to(const node_address& at, const std::string& user);

/// The id of a conversation that is named by its id, or by the unique beginning of its title or of a contact's name (then it is made).
result<std::string> find_conversation(net::rpc_client& node, const std::string& name);

/// A member that is a text, else empty: for what nodes answer.
std::string text_in(const json& x, const char* name);
/// Of an answer {success: false, error, reason} to a password.
error refusal_in(const json& answer);
int64_t number_in(const json& x, const char* name);
/// A member that is a list, else an empty one.
const json& list_in(const json& x, const char* name);

} // namespace lama::app
