#pragma once

#include "protocol/environment.hpp"
#include "storage/store.hpp"

#include <functional>
#include <string>
#include <vector>

/// `lama verify --repair`.
namespace lama::storage {

struct repair_report {
  std::vector<std::string> told; ///< what was found and done, one line each, the first 1000
  uint64_t told_count = 0;
  std::string kept;    ///< folder within the store's with the former files, where pieces of them could not be read; else empty
  verify_report after; ///< of the repaired store: what is still `lost` comes back with the next sync, or from a backup
};

/// Writes the store anew from what is sound in it (storage/rebuild.hpp) and puts that in its place; needs as much room again as the store
/// takes. Nothing changes before all of it is on the disk; a crash leaves the former store or the repaired one. Where something is lost, sync
/// begins anew with everybody, so that others offer again what they have of it. Nobody may have the store open.
/// Errors: `locked`, `unsupported` (a newer schema), `corrupt` (no store, or beyond help), `io_failure`, `no_space`.
result<repair_report> repair(const std::filesystem::path& folder, const store_options& options, random_source& random,
                             const std::function<void(uint64_t)>& progress = {});

} // namespace lama::storage
