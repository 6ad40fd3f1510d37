#pragma once

#include "storage/database.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

/// Stores of older schemas (storage/keys.hpp, `schema_version`): a newer program brings them up to date when it opens them, having copied
/// the database to the folder "schema-N" within the store's first. The copy is left there; a folder that holds nothing else is a store of
/// the older program.
namespace lama::storage {

/// The schema of an opened store; 0 where the database is empty. Errors: `corrupt` where it is no store of ours, or cannot be read.
result<uint32_t> schema_of(database& from, const std::filesystem::path& folder);

/// Opens, creates or migrates. A crash on the way leaves the store as it was, or migrated. Errors as `store::open`.
result<std::shared_ptr<database>> open_migrated(const std::filesystem::path& folder, const store_options& options);

} // namespace lama::storage
