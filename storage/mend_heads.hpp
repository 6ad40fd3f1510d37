#pragma once

#include "storage/store.hpp"

#include <string>
#include <vector>

namespace lama::storage {

/// Where the current version of an id is lost, and nobody can be expected to bring it back, another becomes current: the lost version node is made anew
/// where just one version of the id stands in none; else the latest version that is here. Version nodes are lost for good, since others are given edges;
/// data is, where its type is never given to anybody (protocol/policy). Answers what was done, a line each.
result<std::vector<std::string>> mend_heads(const snapshot& from, transaction& to);

} // namespace lama::storage
