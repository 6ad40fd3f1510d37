#include "protocol/versions/versions.hpp"
#include "storage/store.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

/// What a store does a second, with all that an object brings along: building its text, checking it, hashing, indexes, the disk.
/// `bench_storage [OBJECTS] [FOLDER]`; by default a million objects below the folder for temporary files. Figures to beat stand in
/// docs/decisions (performance).
namespace lama::storage {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// User and system time of this thread (RUSAGE_THREAD), or of all: LevelDB's compaction included (RUSAGE_SELF).
double cpu_seconds(int who) {
  rusage used{};
  getrusage(who, &used);
  auto seconds = [](const timeval& x) { return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

[[noreturn]] void give_up(const error& why) {
  std::fprintf(stderr, "%s\n", why.message.c_str());
  std::exit(1);
}

template <class T>
T need(result<T> x) {
  if (!x)
    give_up(x.failure());
  return *std::move(x);
}

/// Lets LevelDB finish what the phase before left to it, so that it does not count for the next.
void settle() {
  for (auto before = -1.0, now = cpu_seconds(RUSAGE_SELF); now - before > 0.002; now = cpu_seconds(RUSAGE_SELF)) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
  }
}

/// What is done between making it and `tell`; the compaction that this leaves behind is waited for, and counted.
struct measured {
  clock::time_point start = clock::now();
  double all_threads = cpu_seconds(RUSAGE_SELF);
  double this_thread = cpu_seconds(RUSAGE_THREAD);

  void tell(const char* what, std::size_t count) const {
    auto each = [&](double seconds) { return seconds * 1e6 / static_cast<double>(count); };
    auto wall = seconds_since(start);
    auto own = cpu_seconds(RUSAGE_THREAD) - this_thread;
    settle();
    auto background = cpu_seconds(RUSAGE_SELF) - all_threads - own;
    std::printf("%-58s %9.0f/s  %7.2f us cpu each, %6.2f in the background\n", what, static_cast<double>(count) / wall, each(own), each(background));
  }
};

void tell_latencies(const char* what, std::vector<double>& micros) {
  std::ranges::sort(micros);
  auto at = [&](double part) { return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))]; };
  std::printf("%-58s p50 %7.1f us  p99 %7.1f us  max %9.1f us\n", what, at(0.5), at(0.99), at(1));
}

/// 200 bytes of words, another each time.
std::string words(uint64_t seed) {
  static const char* const some[] = {"meeting", "tomorrow", "at",  "the",   "station", "bring", "photos", "lunch", "maybe", "later",
                                     "garden",  "ticket",   "was", "wrong", "again",   "see",   "you",    "there", "fine",  "thanks"};
  std::string text = std::to_string(seed);
  for (auto x = seed * 0x9e3779b97f4a7c15u + 1; text.size() < 200; x = x * 6364136223846793005u + 1442695040888963407u)
    text.append(" ").append(some[(x >> 33) % std::size(some)]);
  return text;
}

std::string chat(uint64_t i, const hash& sender) {
  return protocol::object_writer{"ChatMessage"}.text("text", words(i)).id_reference("sender", sender).finish();
}

std::string person(uint64_t i, uint64_t version) {
  return protocol::object_writer{"Person"}
      .text("email", "person" + std::to_string(i) + "@example.com")
      .text("name", "Version " + std::to_string(version))
      .finish();
}

class bench {
public:
  bench(std::filesystem::path folder, std::size_t objects) : folder_(std::move(folder)), objects_(objects) {
    open();
  }

  void run() {
    ingest("chat objects, built, checked, durable, batches of 1000", objects_, 1000);
    ingest("the same, batches of 100", objects_ / 10, 100);
    ingest("the same, one by one", std::min<std::size_t>(objects_ / 100, 5000), 1);
    versions("versions of new ids, batches of 1000", objects_ / 10, false);
    versions("new versions of 100 ids, batches of 1000", objects_ / 10, true);
    reopen();
    reads();
    verify();
  }

private:
  void open() {
    store_ = need(store::open(folder_));
  }

  void ingest(const char* what, std::size_t count, std::size_t batch) {
    measured all;
    std::vector<double> micros;
    for (std::size_t done = 0; done < count; done += batch) {
      auto start = clock::now();
      auto change = need(store_->begin());
      for (std::size_t i = 0; i < batch; ++i)
        names_.push_back(need(change->put(chat(names_.size(), sender_))).name);
      need(store_->commit(std::move(change)));
      micros.push_back(seconds_since(start) * 1e6);
    }
    all.tell(what, count);
    tell_latencies("  a batch", micros);
  }

  void versions(const char* what, std::size_t count, bool of_few) {
    measured all;
    for (std::size_t done = 0; done < count; done += 1000) {
      auto change = need(store_->begin());
      for (std::size_t i = done; i < done + 1000; ++i)
        need(protocol::store_version(*change, of_few ? person(i % 100, i) : person(i, 0), static_cast<int64_t>(i)));
      need(store_->commit(std::move(change)));
    }
    all.tell(what, count);
  }

  void reopen() {
    store_.reset();
    for (const auto* what : {"opening, the log still to be read", "opening"}) {
      auto start = clock::now();
      open();
      std::printf("%-58s %9.1f ms, %llu objects\n", what, seconds_since(start) * 1e3, static_cast<unsigned long long>(store_->object_count()));
      store_.reset();
    }
    open();
  }

  void reads() {
    auto view = store_->read();
    for (const auto* what : {"random reads, first pass", "random reads, second pass"}) {
      measured all;
      std::vector<double> micros;
      for (std::size_t i = 0, at = 7; i < 200'000; ++i, at = (at * 48271 + 11) % names_.size()) {
        auto start = clock::now();
        if (!view->read(names_[at]))
          give_up(fail(errc::corrupt, "an object that was written is not there"));
        micros.push_back(seconds_since(start) * 1e6);
      }
      all.tell(what, micros.size());
      tell_latencies("  a read", micros);
    }
    measured misses;
    for (uint64_t i = 0; i < 200'000; ++i)
      if (view->contains(sha256({reinterpret_cast<const char*>(&i), sizeof i})))
        give_up(fail(errc::corrupt, "an object that was never written is there"));
    misses.tell("asking for what is not there", 200'000);
  }

  void verify() {
    measured all;
    auto report = store_->verify();
    all.tell("verifying", store_->object_count());
    // The sender is no object here.
    std::printf("%llu references, %.1f MB of objects\n", static_cast<unsigned long long>(report.references), static_cast<double>(report.bytes) * 1e-6);
  }

  std::filesystem::path folder_;
  std::size_t objects_;
  std::unique_ptr<store> store_;
  std::vector<hash> names_;
  hash sender_ = protocol::id_hash_of_person("alice@example.com");
};

} // namespace
} // namespace lama::storage

int main(int argc, char** argv) {
  auto objects = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  auto folder = argc > 2 ? std::filesystem::path{argv[2]} : std::filesystem::temp_directory_path() / "lama-bench-storage";
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  lama::storage::bench{folder, std::max<std::size_t>(objects / 1000 * 1000, 10'000)}.run();
  std::filesystem::remove_all(folder, ignored);
}
