#pragma once

#include "apps/lama/commands.hpp"

namespace lama::app {

void add_policy_command(command_list& to); // policy explain|list

} // namespace lama::app
