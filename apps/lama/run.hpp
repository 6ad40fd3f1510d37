#pragma once

#include "apps/lama/client.hpp"
#include "apps/lama/environment.hpp"
#include "apps/lama/settings.hpp"
#include "protocol/policy/sync_strategy.hpp"

#include <cstdint>
#include <string>

namespace lama::app {

/// Settings of a node; config/lama.toml documents each.
struct node_options {
  bool archive = false;
  bool sparse = false;
  std::string provision; ///< sparse alone: the archive's bridge.json
  std::string host = "127.0.0.1";
  uint16_t bridge_port = 8765;
  uint16_t ui_port = 8766;
  uint16_t archive_ipc_port = 8769;
  std::string public_url;
  bool plain_names = false;
  uint64_t channel_window = 200;
  std::string sparse_budget = "0"; ///< "500MB"; 0: no limit
  uint32_t login_attempts = 10;
  protocol::policy::strategy_table strategies;
  bool create = false;        ///< the user of --user, where it does not exist
  bool check_answers = false; ///< against the schema; LAMA_IPC_CHECK_ANSWERS=1, set by the process tests
  log_options log;
};

/// Runs until SIGINT or SIGTERM; answers the exit code.
int run_node(const common_options& common, const node_options& options);

} // namespace lama::app
