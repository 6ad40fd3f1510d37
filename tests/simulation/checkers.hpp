#pragma once

#include "tests/simulation/town.hpp"

#include <string>
#include <vector>

/// What must hold at the end of a run, when all faults are healed and the world has come to rest. Each checker answers what is wrong, one
/// line each; nothing is well.
namespace lama::simulator {

using problems = std::vector<std::string>;

/// Everything acknowledged is there, once, on both sides of everybody it was for; nothing is there that nobody asked for; what was asked
/// for and not acknowledged is everywhere or nowhere.
problems check_messages(town& all);
/// Each message is signed, verifiably on that very side, by the public person of whoever wrote it, and names it as sender.
problems check_authors(town& all);
/// Each entry of an outbox has its receipt, on both sides.
problems check_receipts(town& all);
/// Everybody has exactly the other one as contact, and each conversation is on the list of the sparse side.
problems check_people(town& all);
/// No connections beyond those that are needed.
problems check_leftovers(town& all);
/// Stops all sides, then: every store verifies, and no upload is left behind. The world is over after this.
problems check_stores(town& all);

/// All but the last, for a world that goes on.
problems check_contents(town& all);

} // namespace lama::simulator
