#pragma once

#include <leveldb/env.h>

namespace lama::storage {

/// The operating system's files, but room is made ahead in the log: an fdatasync of bytes within a file is one write to the disk, one of bytes that
/// make it longer is three (measured: 0.18 ms against 0.27; docs/performance.md). The zeros that a crash leaves behind the log's end are not
/// read (log_tail.hpp); closing cuts them off. What LevelDB does in the background waits for whoever
/// is in a hurry (background_thread.hpp).
leveldb::Env& log_env();
/// Before a store is closed, which waits for such work.
void hurry_background_work();

/// Reads the logs of `base` without what a crash left behind their end; room that was made ahead is taken to be zeros.
class log_reading_env : public leveldb::EnvWrapper {
public:
  explicit log_reading_env(leveldb::Env& base) : EnvWrapper(&base) {
    // nop
  }
  /// A log that has lost something other than an unacknowledged end is a `Corruption`.
  leveldb::Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** made) override;
};

} // namespace lama::storage
