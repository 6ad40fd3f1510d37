#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>

namespace lama::app {

/// What a store does a second, beside plain LevelDB with the same bytes in the same run: `lama bench store`, and `bench_storage` without CAF.
/// The folder is made, and left behind with about 1.5 kB for each of the `objects`. Figures: docs/performance.md, "Store".
result<nlohmann::json> bench_store(std::size_t objects, const std::filesystem::path& folder);

} // namespace lama::app
