#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lama::storage {

/// How much of a LevelDB log counts, where room was made ahead for what was to come (log_env.hpp): all that was written, without the zeros that
/// follow, and without a last record that did not get to the disk whole. Such a record was never acknowledged, since what is acknowledged is
/// synced with all before it; it is known by a sector that is still zero. Nothing: the log has a hole that is not at its end, or its last
/// record is damaged without having been cut off, so that acknowledged data may be missing.
///
/// The format: https://github.com/google/leveldb/blob/main/doc/log_format.md (blocks of 32 KiB; records of checksum, length, type, bytes).
/// Checks the checksum of the last record alone: LevelDB checks all.
std::optional<uint64_t> length_of_log(std::string_view log);

} // namespace lama::storage
