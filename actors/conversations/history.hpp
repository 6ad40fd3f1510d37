#pragma once

#include "actors/conversations/interface.hpp"
#include "actors/instance/user_context.hpp"

/// Imported history (docs/import.md): lines of a file become entries of a conversation of their own.
namespace lama::actors {

/// Lines in one call; the importing program sends the next ones when these are durable.
inline constexpr std::size_t most_lines_a_call = 2'000;

/// Bad lines are reported by number and skipped; lines that are there already are counted.
result<done> import_history(storage::transaction& to, const user_context& user, const import_lines& request, lines_imported& outcome);

} // namespace lama::actors
