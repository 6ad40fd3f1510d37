#include "storage/compaction_gate.hpp"

#include "storage/log_env.hpp"

#include <cstdio>
#include <sstream>
#include <string>

namespace lama::storage {

namespace {

/// LevelDB's own limits (its db/version_set.cc): four tables in level 0, 10 MB in level 1, ten times as much in each further one.
constexpr int most_young_tables = 4;
/// From eight on LevelDB keeps every writer waiting, from twelve on all of them.
constexpr int many_young_tables = 6;
constexpr double level_1_megabytes = 10;

} // namespace

void compaction_gate::watch(leveldb::DB& opened) {
  std::lock_guard guard{mutex_};
  db_ = &opened;
}

void compaction_gate::open() {
  std::lock_guard guard{mutex_};
  open_ = true;
  let_through();
}

void compaction_gate::Schedule(void (*work)(void*), void* with) {
  std::lock_guard guard{mutex_};
  waiting_.emplace(work, with);
  target()->Schedule(look, this);
}

leveldb::Status compaction_gate::NewWritableFile(const std::string& name, leveldb::WritableFile** made) {
  auto status = target()->NewWritableFile(name, made);
  if (name.ends_with(".log")) {
    std::lock_guard guard{mutex_};
    asked_ = true;
    let_through();
  }
  return status;
}

void compaction_gate::let_through() {
  if (std::exchange(held_, false))
    target()->Schedule(look, this);
}

void compaction_gate::look(void* self) {
  auto& gate = *static_cast<compaction_gate*>(self);
  std::unique_lock lock{gate.mutex_};
  if (gate.db_ && !gate.open_) {
    lock.unlock(); // LevelDB schedules while it holds its own mutex, which the question takes
    auto now = gate.look_at_levels();
    if (now.young_tables >= many_young_tables)
      hurry_background_work();
    lock.lock();
    if (!now.over_size && !gate.open_ && !gate.asked_) {
      gate.held_ = true;
      return;
    }
  }
  gate.asked_ = false;
  auto [work, with] = *std::exchange(gate.waiting_, std::nullopt);
  lock.unlock();
  work(with); // nothing after it: the database may be closed by now, and the gate gone
}

compaction_gate::levels compaction_gate::look_at_levels() const {
  std::string text;
  if (!db_->GetProperty("leveldb.stats", &text))
    return {0, true};
  levels found;
  // A line a level: its number, tables, rounded megabytes, and what compaction did there.
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    int level = 0, tables = 0;
    double megabytes = 0, limit = level_1_megabytes;
    if (std::sscanf(line.c_str(), "%d %d %lf", &level, &tables, &megabytes) != 3)
      continue;
    for (int i = 1; i < level; ++i)
      limit *= 10;
    if (level == 0)
      found.young_tables = tables;
    found.over_size = found.over_size || (level == 0 ? tables >= most_young_tables : megabytes >= limit);
  }
  return found;
}

} // namespace lama::storage
