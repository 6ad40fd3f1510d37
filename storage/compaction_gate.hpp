#pragma once

#include <leveldb/db.h>
#include <leveldb/env.h>

#include <mutex>
#include <optional>
#include <utility>

namespace lama::storage {

/// Lets LevelDB work in the background when what was written asks for it: a buffer is full, a level is over its size, the store is being closed.
/// By itself it also sorts tables again because they were asked often for what they do not have, which its filters answer for less: in a
/// conversation of 100,000 that was a third of what a message cost (docs/performance.md).
///
/// One a database, as its environment; must outlive it.
class compaction_gate final : public leveldb::EnvWrapper {
public:
  explicit compaction_gate(leveldb::Env& base) : EnvWrapper(&base) {
    // nop
  }
  /// Until this is called all work is let through.
  void watch(leveldb::DB& opened);
  /// From now on all work is let through: before a compaction by hand, and before closing, which waits for work that was held.
  void open();

  void Schedule(void (*work)(void*), void* with) override;
  /// A new log says that the buffer of the last one is full, and its writing as a table comes next.
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** made) override;

private:
  /// Does the work that waits, or leaves it waiting.
  static void look(void* self);
  struct levels {
    int young_tables = 0; ///< in level 0
    bool over_size = false;
  };
  levels look_at_levels() const;
  void let_through();

  std::mutex mutex_;
  std::optional<std::pair<void (*)(void*), void*>> waiting_; ///< LevelDB has at most one piece of work at a time
  bool held_ = false;                                        ///< somebody looked at what waits, and nothing asked for it
  bool asked_ = false;                                       ///< a buffer became full since work was last done
  bool open_ = false;
  leveldb::DB* db_ = nullptr;
};

} // namespace lama::storage
