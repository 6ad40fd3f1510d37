#include "apps/lama/bench_store.hpp"

#include "protocol/versions/versions.hpp"
#include "storage/store.hpp"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lama::app {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::size_t batch = 1000;
constexpr std::size_t reads = 100'000;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// Of all threads: LevelDB's compaction included.
double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& x) { return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double thread_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// A line of /proc/self/status in megabytes. RssAnon is what the process holds; VmRSS counts LevelDB's mapped tables, too.
double megabytes(const std::string& field) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ':'))
      return std::stod(line.substr(field.size() + 1)) / 1024;
  return 0;
}

/// Waits for what the threads of the database still do.
void come_to_rest() {
  for (auto before = -1.0, now = cpu_seconds(); now - before > 0.002; now = cpu_seconds()) {
    before = now;
    std::this_thread::sleep_for(200ms);
  }
}

/// What is done between making it and `tell`. The compaction that this leaves behind is waited for, and its CPU time counts; what this
/// thread took of it is told apart.
class measured {
public:
  json tell(std::size_t count) const {
    auto wall = seconds_since(start_);
    auto own = thread_seconds() - own_;
    come_to_rest();
    auto cpu = cpu_seconds() - cpu_;
    auto n = static_cast<double>(count);
    return {{"perSecond", n / wall}, {"cpuMicroseconds", cpu * 1e6 / n}, {"ofThatHereMicroseconds", own * 1e6 / n}, {"perSecondOfOneCore", n / cpu}};
  }

private:
  clock::time_point start_ = clock::now();
  double cpu_ = cpu_seconds();
  double own_ = thread_seconds();
};

json quantiles(std::vector<double>& micros) {
  std::ranges::sort(micros);
  auto at = [&](double part) { return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))]; };
  return {{"p50Microseconds", at(0.5)}, {"p99Microseconds", at(0.99)}};
}

template <class F>
result<json> latencies(std::size_t count, F each) {
  std::vector<double> micros;
  measured all;
  for (std::size_t i = 0; i < count; ++i) {
    auto start = clock::now();
    LAMA_CHECK(each(i));
    micros.push_back(seconds_since(start) * 1e6);
  }
  auto figures = all.tell(count);
  figures.update(quantiles(micros));
  return figures;
}

/// 200 bytes of words, another each time.
std::string words(uint64_t seed) {
  static constexpr const char* some[] = {"meeting", "tomorrow", "at",  "the",   "station", "bring", "photos", "lunch", "maybe", "later",
                                         "garden",  "ticket",   "was", "wrong", "again",   "see",   "you",    "there", "fine",  "thanks"};
  auto text = std::to_string(seed);
  for (auto x = seed * 0x9e3779b97f4a7c15u + 1; text.size() < 200; x = x * 6364136223846793005u + 1442695040888963407u)
    text.append(" ").append(some[(x >> 33) % std::size(some)]);
  return text;
}

std::string chat(uint64_t i) {
  static const auto sender = protocol::id_hash_of_person("alice@example.com");
  return protocol::object_writer{"ChatMessage"}.text("text", words(i)).id_reference("sender", sender).finish();
}

std::string person(uint64_t i, uint64_t version) {
  return protocol::object_writer{"Person"}
      .text("email", "person" + std::to_string(i) + "@example.com")
      .text("name", "Version " + std::to_string(version))
      .finish();
}

/// Order of reading: neither that of writing nor that of names.
std::size_t scattered(std::size_t i, std::size_t count) {
  return static_cast<std::size_t>((i * 0x9e3779b97f4a7c15u) >> 11) % count;
}

/// Made before the clock runs.
std::vector<hash> names_to_read(std::size_t objects) {
  std::vector<hash> names;
  for (std::size_t i = 0; i < reads; ++i)
    names.push_back(sha256(chat(scattered(i, objects))));
  return names;
}

error bad_status(const leveldb::Status& status) {
  return fail(errc::io_failure, "plain LevelDB failed: " + status.ToString());
}

/// The same texts, built and hashed, as values below their names: no check, no index, no log; the same buffers and filter.
result<json> plain_database(std::size_t objects, const std::filesystem::path& folder) {
  std::unique_ptr<const leveldb::FilterPolicy> filter{leveldb::NewBloomFilterPolicy(10)};
  storage::store_options same;
  std::unique_ptr<leveldb::Cache> cache{leveldb::NewLRUCache(same.cache_bytes)};
  leveldb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = same.write_buffer_bytes;
  options.filter_policy = filter.get();
  options.block_cache = cache.get();
  leveldb::DB* opened = nullptr;
  if (auto status = leveldb::DB::Open(options, folder.string(), &opened); !status.ok())
    return bad_status(status);
  std::unique_ptr<leveldb::DB> db{opened};
  leveldb::WriteOptions durable;
  durable.sync = true;
  measured all;
  for (std::size_t i = 0; i < objects;) {
    leveldb::WriteBatch group;
    for (auto end = std::min(i + batch, objects); i < end; ++i) {
      auto text = chat(i);
      auto name = sha256(text);
      group.Put({name.raw().data(), name.raw().size()}, text);
    }
    if (auto status = db->Write(durable, &group); !status.ok())
      return bad_status(status);
  }
  auto written = all.tell(objects);
  std::string value;
  auto names = names_to_read(objects);
  LAMA_TRY(read, latencies(reads, [&](std::size_t i) -> result<done> {
             auto status = db->Get({}, {names[i].raw().data(), names[i].raw().size()}, &value);
             return status.ok() ? result<done>{done{}} : bad_status(status);
           }));
  auto one = chat(objects);
  LAMA_TRY(single, latencies(500, [&](std::size_t i) -> result<done> {
             auto name = sha256(std::to_string(i));
             auto status = db->Put(durable, {name.raw().data(), name.raw().size()}, one);
             return status.ok() ? result<done>{done{}} : bad_status(status);
           }));
  return json{{"write", written}, {"randomGet", read}, {"durableOneWriter", single}};
}

class bench {
public:
  bench(std::size_t objects, std::filesystem::path folder) : objects_(objects), folder_(std::move(folder)) {
    // nop
  }

  result<json> run() {
    json all{{"objects", objects_}};
    LAMA_TRY(plain, plain_database(objects_, folder_ / "plain"));
    all["plainLevelDb"] = plain;
    auto before = megabytes("RssAnon");
    LAMA_CHECK(open());
    LAMA_TRY(chats, write_chats(objects_, batch));
    chats["ofPlain"] = chats["perSecondOfOneCore"].get<double>() / plain["write"]["perSecondOfOneCore"].get<double>();
    all["chat"] = chats;
    all["memoryMegabytes"] = {{"before", before}, {"afterWriting", megabytes("RssAnon")}};
    LAMA_TRY(get, random_gets());
    all["memoryMegabytes"]["afterReading"] = megabytes("RssAnon");
    get["ofPlain"] = plain["randomGet"]["p50Microseconds"].get<double>() / get["p50Microseconds"].get<double>();
    all["randomGet"] = get;
    LAMA_TRY(opening, reopen());
    come_to_rest(); // after a start the filter of names is read (storage/name_filter.hpp)
    all["openMilliseconds"] = opening;
    LAMA_TRY(one, write_one_by_one(1));
    one["ofPlain"] = one["perSecond"].get<double>() / plain["durableOneWriter"]["perSecond"].get<double>();
    all["durableOneWriter"] = one;
    LAMA_TRY(hundred, write_one_by_one(100));
    all["durableHundredWriters"] = hundred;
    LAMA_TRY(fresh, write_versions(objects_ / 10, objects_));
    all["versionsOfNewIds"] = fresh;
    LAMA_TRY(further, write_versions(objects_ / 10, 100));
    all["versionsOfHundredIds"] = further;
    LAMA_TRY(depth, version_depth());
    all["version300OfFirst"] = depth;
    all["memoryMegabytes"]["atTheEnd"] = megabytes("RssAnon");
    all["memoryMegabytes"]["withMappedFilesAtMost"] = megabytes("VmHWM");
    return all;
  }

private:
  result<done> open() {
    LAMA_TRY(opened, storage::store::open(folder_ / "store"));
    store_ = std::move(opened);
    return done{};
  }

  result<json> write_chats(std::size_t count, std::size_t each) {
    measured all;
    for (std::size_t i = 0; i < count;) {
      LAMA_TRY(change, store_->begin());
      for (auto end = std::min(i + each, count); i < end; ++i)
        LAMA_CHECK(change->put(chat(next_++)));
      LAMA_CHECK(store_->commit(std::move(change)));
    }
    return all.tell(count);
  }

  result<json> random_gets() {
    auto view = store_->read();
    auto names = names_to_read(objects_);
    return latencies(reads, [&](std::size_t i) -> result<done> {
      if (!view->read(names[i]))
        return view->trouble().value_or(fail(errc::corrupt, "an object that was written is not there"));
      return done{};
    });
  }

  /// The files as they lie there while the store is in use, which is what a crash leaves; then as it was closed.
  result<json> reopen() {
    json figures;
    auto crashed = folder_ / "crashed";
    std::filesystem::copy(folder_ / "store", crashed, std::filesystem::copy_options::recursive);
    figures["logMegabytes"] = log_megabytes(crashed);
    auto start = clock::now();
    LAMA_TRY(again, storage::store::open(crashed));
    figures["afterACrash"] = seconds_since(start) * 1e3;
    again.reset();
    std::filesystem::remove_all(crashed);
    start = clock::now();
    store_.reset();
    figures["closing"] = seconds_since(start) * 1e3;
    start = clock::now();
    LAMA_CHECK(open());
    figures["usual"] = seconds_since(start) * 1e3;
    return figures;
  }

  static double log_megabytes(const std::filesystem::path& folder) {
    uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator{folder})
      if (file.path().extension() == ".log")
        bytes += file.file_size();
    return static_cast<double>(bytes) / 1e6;
  }

  /// A transaction for each object, of so many writers at a time: a group with one wait for the disk, as `actors/object_store` makes it.
  result<json> write_one_by_one(std::size_t writers) {
    auto groups = writers == 1 ? std::size_t{2000} : std::size_t{500};
    LAMA_TRY(figures, latencies(groups, [&](std::size_t) -> result<done> {
               LAMA_TRY(change, store_->begin());
               for (std::size_t i = 0; i < writers; ++i) {
                 auto mark = change->mark();
                 if (!change->put(chat(next_++)))
                   change->roll_back(mark);
               }
               LAMA_CHECK(store_->commit(std::move(change)));
               return done{};
             }));
    for (const auto* rate : {"perSecond", "perSecondOfOneCore"})
      figures[rate] = figures[rate].get<double>() * static_cast<double>(writers);
    for (const auto* cost : {"cpuMicroseconds", "ofThatHereMicroseconds"})
      figures[cost] = figures[cost].get<double>() / static_cast<double>(writers);
    return figures;
  }

  result<json> write_versions(std::size_t count, std::size_t ids) {
    measured all;
    for (std::size_t i = 0; i < count;) {
      LAMA_TRY(change, store_->begin());
      for (auto end = std::min(i + batch, count); i < end; ++i, ++next_)
        LAMA_CHECK(protocol::store_version(*change, person(i % ids, next_), static_cast<int64_t>(next_)));
      LAMA_CHECK(store_->commit(std::move(change)));
    }
    return all.tell(count);
  }

  /// CPU time of the writer for the 291st to 300th version of an object against the 2nd to 11th, over some objects one after the other; in
  /// a store of its own, since what a large store costs is not the question here.
  result<json> version_depth() {
    constexpr std::size_t ids = 20;
    LAMA_TRY(fresh, storage::store::open(folder_ / "versions"));
    double early = 0;
    double late = 0;
    for (std::size_t id = 0; id < ids; ++id)
      for (std::size_t version = 0; version < 300; ++version) {
        auto cpu = thread_seconds();
        LAMA_TRY(change, fresh->begin());
        LAMA_CHECK(protocol::store_version(*change, person(id, version), static_cast<int64_t>(version + 1)));
        LAMA_CHECK(fresh->commit(std::move(change)));
        if (version >= 1 && version <= 10)
          early += thread_seconds() - cpu;
        else if (version >= 290)
          late += thread_seconds() - cpu;
      }
    return json(late / early);
  }

  std::size_t objects_;
  std::filesystem::path folder_;
  std::unique_ptr<storage::store> store_;
  uint64_t next_ = 0;
};

} // namespace

result<json> bench_store(std::size_t objects, const std::filesystem::path& folder) {
  return bench{objects, folder}.run();
}

} // namespace lama::app
