#include "protocol/models/channels.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/sync/session.hpp"
#include "storage/store.hpp"
#include "storage/sync_adapter.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

/// One channel from store A to store B, through both machines of the sync, all in one thread: reading, checking, storing, durable.
/// `bench_sync [ENTRIES] [FOLDER]`; an entry is a signed chat message, five objects. The aim is 25,000 objects a second (docs/chum-extension.md §7).
namespace lama::protocol::sync {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// Of this thread: what another program takes from the machine does not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class T>
T need(result<T> x) {
  if (!x) {
    std::fprintf(stderr, "%s\n", x.failure().message.c_str());
    std::exit(1);
  }
  return *std::move(x);
}

class everything final : public admission {
public:
  result<done> admit(const object_facts&, std::string_view) override {
    return done{};
  }
  result<done> admit_version(const hash&, std::string_view) override {
    return done{};
  }
  result<done> admit_blob(const hash&, uint64_t) override {
    return done{};
  }
};

struct side {
  std::unique_ptr<storage::store> store;
  storage::sync_peer peer;
  std::unique_ptr<session> current;
  std::deque<std::string> outgoing;
  double pumping = 0, receiving = 0, storing = 0;
  std::size_t objects = 0, bytes = 0;

  void open(const std::filesystem::path& folder) {
    store = need(storage::store::open(folder));
  }

  void change(const std::function<void(storage::transaction&)>& what) {
    auto begun = need(store->begin());
    what(*begun);
    auto committed = need(store->commit(std::move(begun)));
    if (current)
      current->committed(committed.last_sequence);
  }

  void connect(const hash& remote, uint32_t window, admission& policy) {
    session_config x;
    x.remote_person = remote;
    change([&](storage::transaction& in) { x.store_id = storage::store_id(in, system_random()); });
    x.resume = storage::sync_position(*store->read(), remote);
    x.mode = version_mode::adopt;
    x.accepts_elsewhere = true;
    x.entry_window = window;
    x.policy = &policy;
    peer = {remote, {}};
    current = std::make_unique<session>(x);
  }

  void receive(std::string message) {
    auto start = cpu_seconds();
    bytes += message.size();
    auto view = store->read();
    peer.store = current->remote_store();
    current->receive(std::move(message), storage::sync_source{*view, peer});
    receiving += cpu_seconds() - start;
  }

  bool work() {
    auto start = cpu_seconds();
    peer.store = current->remote_store();
    bool more = false;
    {
      auto view = store->read();
      more = current->pump(storage::sync_source{*view, peer});
    }
    auto actions = current->take_actions();
    pumping += cpu_seconds() - start;
    // All batches that wait go into one commit, as the store actor does it.
    std::vector<commit_batch*> batches;
    for (auto& x : actions) {
      if (auto* message = std::get_if<send>(&x))
        outgoing.push_back(std::move(message->bytes));
      else if (auto* batch = std::get_if<commit_batch>(&x))
        batches.push_back(batch);
      else if (auto* end = std::get_if<close_session>(&x))
        need(result<done>{end->reason});
    }
    if (!batches.empty()) {
      start = cpu_seconds();
      change([&](storage::transaction& in) {
        for (auto* batch : batches) {
          need(storage::apply_sync_batch(in, *batch, peer, version_mode::adopt));
          objects += batch->items.size();
        }
      });
      current->stored(batches.back()->number);
      storing += cpu_seconds() - start;
    }
    return more || !actions.empty();
  }
};

class bench {
public:
  bench(const std::filesystem::path& folder, int entries) : folder_{folder} {
    a_.open(folder / "a");
    b_.open(folder / "b");
    fill(entries);
  }

  void run() {
    transfer("the whole channel", 0);
    transfer("nothing new", 0);
    live(300);
    b_.current.reset();
    b_.store.reset();
    b_.open(folder_ / "c");
    transfer("a window of 200 entries", 200);
  }

private:
  void fill(int entries) {
    auto start = clock::now();
    for (int first = 0; first < entries; first += 1000)
      a_.change([&](storage::transaction& in) {
        need(in.put(object_writer{"Person"}.text("email", "a@example.com").finish()));
        channel_ = need(models::create_channel(in, {"talk", a_person_}, 1));
        for (int i = first; i < std::min(first + 1000, entries); ++i)
          post(in);
      });
    a_.change([&](storage::transaction& in) { need(models::grant(in, models::id_target(channel_), {{b_person_}, {}}, models::grant_mode::add, 1)); });
    std::printf("%-28s %8llu objects, %.1f s\n", "store A", static_cast<unsigned long long>(a_.store->object_count()), seconds_since(start));
  }

  void post(storage::transaction& in) {
    models::signer as{a_person_, [](std::string_view hash) { return std::string(hash.substr(0, 64)); }};
    auto text = "message " + std::to_string(++posted_) + " of some eighty characters, as people write them to each other all day long.";
    auto payload = object_writer{"ChatMessage"}.text("text", text).id_reference("sender", a_person_).finish();
    need(models::post(in, channel_, payload, as, 1'700'000'000'000 + posted_ * 1000));
  }

  void connect(uint32_t window) {
    a_.connect(b_person_, 0, policy_);
    b_.connect(a_person_, window, policy_);
    need(a_.current->hello_received(b_.current->hello()));
    need(b_.current->hello_received(a_.current->hello()));
    a_.current->hello_answered();
    b_.current->hello_answered();
  }

  void carry() {
    for (bool busy = true; busy;) {
      busy = a_.work();
      // What is on its way arrives together.
      for (auto [from, to] : {std::pair{&a_, &b_}, std::pair{&b_, &a_}}) {
        busy |= !from->outgoing.empty();
        for (; !from->outgoing.empty(); from->outgoing.pop_front())
          to->receive(std::move(from->outgoing.front()));
        busy |= to->work();
      }
    }
  }

  void transfer(const char* what, uint32_t window) {
    for (auto* x : {&a_, &b_})
      x->pumping = x->receiving = x->storing = 0, x->objects = x->bytes = 0;
    connect(window);
    auto start = clock::now();
    carry();
    auto wall = seconds_since(start);
    auto each = [&](double seconds) { return b_.objects > 0 ? seconds * 1e6 / static_cast<double>(b_.objects) : 0; };
    std::printf("%-28s %8zu objects %9.1f ms %9.0f/s  cpu each: exporter %.1f, importer %.1f, store %.1f us; %zu bytes\n", what, b_.objects, wall * 1e3,
                static_cast<double>(b_.objects) / wall, each(a_.pumping), each(b_.receiving), each(b_.storing), b_.bytes);
  }

  void live(int count) {
    std::vector<double> micros;
    for (int i = 0; i < count; ++i) {
      a_.change([&](storage::transaction& in) { post(in); });
      auto start = clock::now();
      carry();
      micros.push_back(seconds_since(start) * 1e6);
    }
    std::ranges::sort(micros);
    std::printf("%-28s p50 %.0f us, p99 %.0f us, from the commit at A to the acknowledged commit at B\n", "a live message", micros[micros.size() / 2],
                micros[micros.size() * 99 / 100]);
  }

  std::filesystem::path folder_;
  hash a_person_ = id_hash_of_person("a@example.com");
  hash b_person_ = id_hash_of_person("b@example.com");
  side a_, b_;
  everything policy_;
  hash channel_{};
  int64_t posted_ = 0;
};

} // namespace
} // namespace lama::protocol::sync

int main(int argc, char** argv) {
  auto entries = argc > 1 ? std::atoi(argv[1]) : 40'000;
  auto folder = argc > 2 ? std::filesystem::path{argv[2]} : std::filesystem::temp_directory_path() / "lama-bench-sync";
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(folder);
  lama::protocol::sync::bench{folder, std::max(entries, 1000)}.run();
  std::filesystem::remove_all(folder, ignored);
}
