#include "apps/lama/bench.hpp"

#include "apps/lama/bench_crowd.hpp"
#include "apps/lama/bench_ipc.hpp"
#include "apps/lama/bench_nodes.hpp"
#include "apps/lama/bench_store.hpp"
#include "net/rpc_socket.hpp"
#include "protocol/models/chat.hpp"
#include "storage/store.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

namespace lama::app {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using nlohmann::json;

struct settings {
  std::size_t n = 0;
  std::size_t depth = 0; ///< messages that the conversation has before
  bool as_json = false;
};

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

double own_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& x) { return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string text_of_200_bytes(std::size_t number) {
  auto text = "message " + std::to_string(number) + ' ';
  while (text.size() < 200)
    text += "the quick brown fox jumps over the lazy dog ";
  text.resize(200);
  return text;
}

/// Chat-like objects, built, checked against their recipe, hashed, indexed and durable in batches, by the store alone.
result<json> bench_ingest(const settings& chosen) {
  constexpr std::size_t batch = 1000;
  temporary_folder folder;
  LAMA_TRY(store, storage::store::open(folder.path() / "store"));
  auto sender = protocol::id_hash_of_person("bench@lama.local");
  auto start = clock::now();
  auto cpu = own_cpu_seconds();
  for (std::size_t i = 0; i < chosen.n;) {
    LAMA_TRY(open, store->begin());
    for (std::size_t end = std::min(i + batch, chosen.n); i < end; ++i) {
      LAMA_TRY(text, models::chat_message_text({text_of_200_bytes(i), sender, {}, {}}));
      LAMA_CHECK(open->put(text));
    }
    LAMA_CHECK(store->commit(std::move(open)));
  }
  auto took = seconds_since(start);
  return json{{"objects", chosen.n},
              {"seconds", took},
              {"objectsPerSecond", chosen.n / took},
              {"cpuMicrosecondsPerObject", (own_cpu_seconds() - cpu) * 1e6 / chosen.n}};
}

json import_line(std::size_t number) {
  char time[40];
  std::snprintf(time, sizeof time, "2024-01-%02zuT%02zu:%02zu:%02zuZ", 1 + number / 86400 % 28, number / 3600 % 24, number / 60 % 60, number % 60);
  return {{"time", time}, {"author", number % 2 ? "Anna" : "Bert"}, {"text", text_of_200_bytes(number)}};
}

/// How many objects the user's store has on that side, as the walk over its actors tells.
result<uint64_t> objects_of(net::rpc_client& client) {
  LAMA_TRY(state, client.call("node:status"));
  for (const auto& [role, status] : state["actors"].items())
    if (role.starts_with("object-store/"))
      return status["objects"].get<uint64_t>();
  return fail(errc::not_found, "nobody is logged in there");
}

result<json> import_history(net::rpc_client& client, std::size_t count) {
  constexpr std::size_t chunk = 1000;
  auto start = clock::now();
  for (std::size_t i = 0; i < count; i += chunk) {
    auto lines = json::array();
    for (std::size_t k = i; k < std::min(count, i + chunk); ++k)
      lines.push_back(import_line(k).dump());
    LAMA_CHECK(
        call_when_ready(client, "app:import", {{"source", "benchmark"}, {"conversation", "Benchmark"}, {"firstLine", i + 1}, {"lines", std::move(lines)}}));
  }
  return json{{"lines", count}, {"seconds", seconds_since(start)}, {"linesPerSecond", count / seconds_since(start)}};
}

/// Sends `count` messages, as many at a time as the window allows, until all are acknowledged; answers the seconds.
result<double> send_many(node_process& from, const std::string& conversation, std::size_t count) {
  constexpr std::size_t window = 64;
  LAMA_TRY(sender, net::rpc_socket::open(from.options()));
  auto start = clock::now();
  std::size_t open = 0;
  for (std::size_t sent = 0, answered = 0; answered < count;) {
    while (sent < count && open < window) {
      LAMA_CHECK(sender.send("action:sendMessage", {{"conversationId", conversation}, {"text", text_of_200_bytes(sent)}}));
      ++sent;
      ++open;
    }
    LAMA_TRY(next, sender.next(30s));
    if (!next)
      return fail(errc::timeout, "no answer to a message in 30 s");
    if (next->failure)
      return *next->failure;
    if (next->method.empty()) {
      ++answered;
      --open;
    }
  }
  return seconds_since(start);
}

/// Until the newest message of the conversation is this one, as the page sees it.
result<done> wait_for_newest(net::rpc_client client, const std::string& conversation, const std::string& text) {
  for (auto deadline = clock::now() + 300s; clock::now() < deadline; std::this_thread::sleep_for(5ms)) {
    LAMA_TRY(newest, client.call("query:getMessages", {{"conversationId", conversation}, {"limit", 1}}));
    if (!newest["messages"].empty() && newest["messages"].back()["text"] == text && newest["messages"].back().value("state", "") != "on-this-device")
      return done{};
  }
  return fail(errc::timeout, "the last message did not arrive in five minutes");
}

/// What the filling left to be done (tables are sorted, texts indexed five seconds after the last message) is not what the next figure is about.
void come_to_rest(const std::vector<const node_process*>& nodes) {
  constexpr int quiet_seconds = 7;
  auto cpu = [&] {
    double sum = 0;
    for (const auto* x : nodes)
      sum += x->cpu_seconds();
    return sum;
  };
  auto before = cpu();
  for (int quiet = 0; quiet < quiet_seconds;) {
    std::this_thread::sleep_for(1s);
    auto now = cpu();
    quiet = now - before > 0.02 ? 0 : quiet + 1;
    before = now;
  }
}

/// Each message to the end before the next one: latency, not throughput.
result<json> bench_live(const settings& chosen) {
  temporary_folder folder;
  LAMA_TRY(a, node_process::start(folder.path() / "a", "anna"));
  LAMA_TRY(b, node_process::start(folder.path() / "b", "bert"));
  LAMA_TRY(conversation, pair_nodes(a, b));
  if (chosen.depth > 0) {
    LAMA_CHECK(send_many(a, conversation, chosen.depth));
    LAMA_CHECK(wait_for_newest(b.client(), conversation, text_of_200_bytes(chosen.depth - 1)));
    come_to_rest({&a, &b});
  }
  LAMA_TRY(listener, net::rpc_socket::open(b.options()));                                         // not before: a socket that nobody reads is closed
  LAMA_CHECK(listener.call("one-core:login", {{"username", "bert"}, {"password", "benchmark"}})); // binds the socket to the user
  LAMA_TRY(sender, net::rpc_socket::open(a.options()));
  std::vector<double> acknowledged;
  std::vector<double> arrived;
  auto cpu = a.cpu_seconds() + b.cpu_seconds();
  for (std::size_t i = 0; i < chosen.n + 20; ++i) {
    auto text = text_of_200_bytes(chosen.depth + i);
    auto start = clock::now();
    LAMA_CHECK(sender.call("action:sendMessage", {{"conversationId", conversation}, {"text", text}}));
    auto answered = seconds_since(start) * 1e3;
    for (;;) {
      LAMA_TRY(next, listener.next(10s));
      if (!next)
        return fail(errc::timeout, "message " + std::to_string(i) + " did not arrive in 10 s");
      if (next->method == "update:messageReceived" && next->value["message"]["text"] == text)
        break;
    }
    if (i < 20)
      continue; // warming up
    acknowledged.push_back(answered);
    arrived.push_back(seconds_since(start) * 1e3);
  }
  return json{{"messages", chosen.n},
              {"depth", chosen.depth},
              {"cpuMillisecondsPerMessage", (a.cpu_seconds() + b.cpu_seconds() - cpu) * 1e3 / static_cast<double>(chosen.n + 20)},
              {"acknowledgedMs", {{"p50", quantile(acknowledged, 0.5)}, {"p99", quantile(acknowledged, 0.99)}}},
              {"atPeersPageMs", {{"p50", quantile(arrived, 0.5)}, {"p99", quantile(arrived, 0.99)}}}};
}

/// What a conversation carries a second, from page to the other's page.
result<json> bench_chat(const settings& chosen) {
  temporary_folder folder;
  LAMA_TRY(a, node_process::start(folder.path() / "a", "anna"));
  LAMA_TRY(b, node_process::start(folder.path() / "b", "bert"));
  LAMA_TRY(conversation, pair_nodes(a, b));
  auto start = clock::now();
  auto cpu = a.cpu_seconds() + b.cpu_seconds();
  LAMA_TRY(written, send_many(a, conversation, chosen.n));
  LAMA_CHECK(wait_for_newest(b.client(), conversation, text_of_200_bytes(chosen.n - 1)));
  auto count = static_cast<double>(chosen.n);
  auto took = seconds_since(start);
  return json{{"messages", chosen.n},
              {"writtenPerSecond", count / written},
              {"atPeerPerSecond", count / took},
              {"cpuMicrosecondsPerMessage", (a.cpu_seconds() + b.cpu_seconds() - cpu) * 1e6 / count}};
}

/// Lines of a chat from elsewhere through page, bridge and archive, durable and signed.
result<json> bench_import(const settings& chosen) {
  temporary_folder folder;
  LAMA_TRY(node, node_process::start(folder.path() / "a", "anna"));
  auto client = node.client();
  LAMA_TRY(imported, import_history(client, chosen.n));
  return imported;
}

result<json> bench_start(const settings& chosen) {
  temporary_folder folder;
  {
    LAMA_TRY(node, node_process::start(folder.path() / "a", "anna"));
    auto client = node.client();
    LAMA_CHECK(import_history(client, chosen.n));
    come_to_rest({&node});
  }
  std::vector<double> ready;
  std::vector<double> login;
  double idle_cpu = 0;
  double resident = 0;
  for (int i = 0; i < 5; ++i) {
    LAMA_TRY(node, node_process::start(folder.path() / "a", ""));
    ready.push_back(node.ready_after().count());
    auto start = clock::now();
    auto client = node.client();
    LAMA_TRY(logged_in, call_when_ready(client, "one-core:login", {{"username", "anna"}, {"password", "benchmark"}}));
    if (!logged_in.value("success", false))
      return fail(errc::internal, "login failed: " + logged_in.dump());
    login.push_back(seconds_since(start) * 1e3);
    if (i == 4) {
      std::this_thread::sleep_for(2s);
      auto before = node.cpu_seconds();
      std::this_thread::sleep_for(5s);
      idle_cpu = (node.cpu_seconds() - before) / 5 * 100;
      resident = node.resident_megabytes();
    }
  }
  return json{{"messagesInStore", chosen.n},
              {"readyMs", quantile(ready, 0.5)},
              {"loginMs", quantile(login, 0.5)},
              {"idleCpuPercent", idle_cpu},
              {"residentMegabytes", resident}};
}

/// What a friend's archive missed while it was away: two processes, encrypted, checked, durable. Objects count as the importer stores them.
result<json> bench_sync(const settings& chosen) {
  temporary_folder folder;
  LAMA_TRY(a, node_process::start(folder.path() / "a", "anna"));
  std::string conversation;
  {
    LAMA_TRY(b, node_process::start(folder.path() / "b", "bert"));
    LAMA_TRY(paired, pair_nodes(a, b));
    conversation = paired;
  }
  LAMA_CHECK(send_many(a, conversation, chosen.n));
  LAMA_CHECK(wait_for_newest(a.client(), conversation, text_of_200_bytes(chosen.n - 1)));
  LAMA_TRY(b, node_process::start(folder.path() / "b", "bert"));
  LAMA_TRY(at_archive, b.archive_options());
  net::rpc_client archive{at_archive};
  auto known = objects_of(archive); // once the archive is unlocked, which follows the login
  for (auto deadline = clock::now() + 30s; !known && clock::now() < deadline; known = objects_of(archive))
    std::this_thread::sleep_for(1ms);
  LAMA_TRY(before, std::move(known));
  auto cpu_a = a.cpu_seconds();
  auto cpu_b = b.cpu_seconds();
  auto start = clock::now();
  std::optional<clock::time_point> first;
  auto end = start;
  auto count = before;
  while (clock::now() - end < (first ? 1s : 60s)) {
    LAMA_TRY(now, objects_of(archive));
    if (now != count) {
      count = now;
      end = clock::now();
      if (!first)
        first = end;
    }
    std::this_thread::sleep_for(5ms);
  }
  if (!first || *first == end)
    return fail(errc::timeout, "nothing was synced");
  auto moved = static_cast<double>(count - before);
  auto took = std::chrono::duration<double>(end - *first).count();
  return json{
      {"messages", chosen.n},
      {"objects", moved},
      {"seconds", took},
      {"objectsPerSecond", moved / took},
      {"cpuMicrosecondsPerObject", {{"exporter", (a.cpu_seconds() - cpu_a) * 1e6 / moved}, {"importerAndItsSparse", (b.cpu_seconds() - cpu_b) * 1e6 / moved}}}};
}

using benchmark = result<json> (*)(const settings&);

void print(const json& figures, bool as_json) {
  if (as_json) {
    std::printf("%s\n", figures.dump().c_str());
    return;
  }
  auto flat = figures.flatten();
  for (const auto& [name, value] : flat.items()) {
    auto shown = name.substr(1);
    std::ranges::replace(shown, '/', ' ');
    if (value.is_number_float())
      std::printf("%-40s %14.3f\n", shown.c_str(), value.get<double>());
    else
      std::printf("%-40s %14s\n", shown.c_str(), value.dump().c_str());
  }
}

void add(CLI::App& parent, const char* name, const char* what, std::size_t usual, benchmark run) {
  auto chosen = std::make_shared<settings>();
  chosen->n = usual;
  auto* command = parent.add_subcommand(name, what);
  command->add_option("--n", chosen->n, "how many")->check(CLI::Range(std::size_t{100}, std::size_t{10'000'000}))->capture_default_str();
  if (run == bench_live)
    command->add_option("--depth", chosen->depth, "messages that the conversation has before");
  command->add_flag("--json", chosen->as_json, "one line of JSON");
  command->callback([chosen, run] {
    auto figures = run(*chosen);
    if (!figures) {
      std::fprintf(stderr, "lama bench: %s\n", figures.failure().message.c_str());
      throw CLI::RuntimeError(1);
    }
    print(*figures, chosen->as_json);
  });
}

} // namespace

void add_bench(CLI::App& app) {
  auto* bench = app.add_subcommand("bench", "Measures this machine: whole processes over loopback, on folders of their own");
  bench->require_subcommand(1);
  add(*bench, "ingest", "Objects into the store: built, checked, hashed, indexed, durable in batches", 200'000, bench_ingest);
  add(*bench, "store", "The store alone, beside plain LevelDB with the same bytes: writing, versions, reading, opening, memory", 1'000'000,
      [](const settings& chosen) -> result<json> {
        temporary_folder folder;
        return bench_store(chosen.n, folder.path());
      });
  add(*bench, "sync", "A friend's archive catches up after it was away", 20'000, bench_sync);
  add(*bench, "live", "One message at a time, from a page's call to the other page's notification", 500, bench_live);
  add(*bench, "chat", "Messages a second through one conversation", 5'000, bench_chat);
  add(*bench, "import", "Lines a second of imported history", 20'000, bench_import);
  add(*bench, "ipc", "Small calls over one websocket, 2,000 a second", 20'000, [](const settings& chosen) { return measure_ipc(chosen.n, 2'000); });
  add(*bench, "crowd", "The same from 1,000 websockets, among clients that read nothing or stop half-way", 20'000,
      [](const settings& chosen) { return measure_crowd(1'000, chosen.n, 2'000); });
  add(*bench, "start", "Start, login and idle cost with so many messages in the store", 20'000, bench_start);
}

} // namespace lama::app
