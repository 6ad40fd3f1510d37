#pragma once

#include "protocol/environment.hpp"
#include "protocol/result.hpp"

#include <filesystem>

/// Taking a user's store away for good (docs/backup.md, "Reset").
namespace lama::storage {

/// Nobody may have the store open. First the folder gets another name, which no user can have, durably; then it is deleted. So a crash
/// leaves a whole store or none, and leftovers for `remove_leftovers`. `not_found` where there is none; after another error it is still there,
/// or gone from its place.
result<done> remove_store(const std::filesystem::path& folder, random_source& random);

/// Deletes what a crash left of `remove_store` and of `restoration` in the folder of all users, which nobody else may work in.
void remove_leftovers(const std::filesystem::path& users);

} // namespace lama::storage
