#include "storage/background_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace lama::storage {

namespace {

/// Not at the very end of the queue, since writers wait for a full buffer to be emptied.
constexpr int niceness = 10;
/// A piece of work is followed by a rest of this many times its length, of at most so long.
constexpr int rest_ratio = 9;
constexpr std::chrono::milliseconds longest_rest{1000};
/// After a full buffer: its table is merged with others, and the next may be full soon.
constexpr std::chrono::seconds hurry_lasts{1};

} // namespace

void background_thread::add(work what, void* with) {
  std::lock_guard guard{mutex_};
  waiting_.emplace_back(what, with);
  if (!std::exchange(started_, true))
    std::thread{[this] { run(); }}.detach();
  more_.notify_one();
}

void background_thread::hurry() {
  std::lock_guard guard{mutex_};
  hurried_ = clock::now();
  more_.notify_one();
}

void background_thread::run() {
  ::pthread_setname_np(::pthread_self(), "lama-compaction");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness); // where it may not, it runs as the others do
  for (std::unique_lock lock{mutex_};;) {
    more_.wait(lock, [this] { return !waiting_.empty(); });
    auto [what, with] = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    auto begun = clock::now();
    what(with);
    auto ended = clock::now();
    lock.lock();
    more_.wait_until(lock, ended + std::min<clock::duration>((ended - begun) * rest_ratio, longest_rest),
                     [this, begun = begun] { return hurried_ != clock::time_point::min() && hurried_ + hurry_lasts > begun; });
  }
}

} // namespace lama::storage
