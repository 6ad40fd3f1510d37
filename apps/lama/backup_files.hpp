#pragma once

#include "apps/lama/commands.hpp"
#include "storage/backup_file.hpp"

#include <chrono>
#include <optional>
#include <string>

/// What backup, restore, digest and export share: whose store it is, and who has it open.
namespace lama::app {

inline constexpr const char* backup_extension = ".lama-backup";
/// Calls that read a whole store.
inline constexpr std::chrono::hours long_call{2};

/// --user, else the only one of the data dir's side. `not_found` and `bad_input` say what to do.
result<std::string> the_user(const common_options& common, const std::string& side);
/// The running node that has this user's store open; nothing where it is to be opened here.
std::optional<node_address> node_that_has(const common_options& common, const std::string& side, const std::string& user);

/// Asks for the passphrase when it is needed, once for all files.
protocol::backup::unsealer unsealer_for(const std::string& passphrase_file);
/// Prints what was restored and its problems; the exit code.
int tell_restored(const common_options& common, const std::string& what, const storage::restored& x);

} // namespace lama::app
