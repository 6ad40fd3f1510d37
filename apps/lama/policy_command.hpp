#pragma once

#include "apps/lama/commands.hpp"
#include "protocol/policy/sync_strategy.hpp"

namespace lama::app {

/// What [sync-strategies] of the configuration file says (docs/sync-strategies.md). `bad_input` and `conflict` name the file and the type.
result<protocol::policy::strategy_table> configured_strategies(const common_options& common);

void add_policy_command(command_list& to); // policy explain|list

} // namespace lama::app
