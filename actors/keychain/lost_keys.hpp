#pragma once

#include "protocol/models/keychain.hpp"
#include "storage/store.hpp"

#include <string>
#include <vector>

namespace lama::actors {

/// The user's own Keys objects that are lost or damaged, made again: all that is in one follows from its owner and the secret keys, and its name says
/// whether it is the same. `owners` are the ids whose keys are here. What cannot be made again is left out.
std::vector<std::string> lost_keys(const storage::snapshot& from, const std::vector<hash>& owners, const protocol::key32& master);

} // namespace lama::actors
