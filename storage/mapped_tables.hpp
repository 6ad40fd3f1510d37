#pragma once

#include <leveldb/env.h>

#include <string>

namespace lama::storage {

/// Opens a table for reading, mapped into memory as LevelDB's own environment does it; with `base` where too many are mapped already.
leveldb::Status open_mapped(leveldb::Env& base, const std::string& name, leveldb::RandomAccessFile** made);

/// Tells the operating system that the pages of all mapped tables are not used now: after a reading of everything, of which hardly anything is
/// asked for again. They stay in its cache of files, but count no longer as this process's memory.
void release_mapped_pages();

} // namespace lama::storage
