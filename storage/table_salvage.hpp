#pragma once

#include "storage/store.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Tables of LevelDB whose index or footer is damaged. LevelDB gives up all of such a table, which can be the whole store; but each of its
/// blocks carries a checksum, so that they are found without the index (LevelDB's doc/table_format.md).
namespace lama::storage {

/// How far behind a damaged block the next one is looked for, how long that may be, and the bytes that are hashed for a table at most (some seconds).
inline constexpr std::size_t salvage_gap_bytes = 1u << 20;
inline constexpr std::size_t salvage_block_bytes = 128u << 10;
inline constexpr std::size_t salvage_steps = std::size_t{1} << 31;

struct mended_table {
  std::string bytes;       ///< as long as the table was, since the MANIFEST knows its length; the data blocks stand where they stood
  std::size_t blocks = 0;  ///< that were found
  std::size_t skipped = 0; ///< bytes between them that are no sound block
};

/// The table with another index and footer, and without a filter. Nothing where no block is found, or the new end does not fit. Work is bounded
/// by `salvage_steps`; behind a damaged block the next one is looked for within `salvage_gap_bytes`.
std::optional<mended_table> mend_table(std::string_view table);

/// Mends the tables of a closed database of which LevelDB cannot read index or footer, each at once or not at all; the former file is copied to
/// the folder `lost` first, where LevelDB's own repair puts what it gives up. Answers what was done, a line each. The caller holds the lock.
/// Errors: `io_failure`, `no_space`.
result<std::vector<std::string>> mend_tables(const std::filesystem::path& folder, const store_options& options);

} // namespace lama::storage
