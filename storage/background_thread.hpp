#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace lama::storage {

/// LevelDB's background work, one piece after the other as in its own environment, but behind whoever has a person waiting. Much of it is not
/// urgent: LevelDB sorts tables again because they were read often, and the disk that it keeps busy is the one a message's fdatasync waits for
/// (measured in a conversation of 100,000: docs/performance.md). So the thread has a lower priority, and rests between two pieces.
///
/// Lives as long as the process, as LevelDB's own does: never destroy it.
class background_thread {
public:
  using work = void (*)(void*);

  void add(work what, void* with);
  /// Somebody waits for it, or soon will: a write buffer is full, tables pile up, a store is being closed. No rests for a moment.
  void hurry();

private:
  using clock = std::chrono::steady_clock;

  void run();

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::pair<work, void*>> waiting_;
  bool started_ = false;
  clock::time_point hurried_ = clock::time_point::min();
};

} // namespace lama::storage
