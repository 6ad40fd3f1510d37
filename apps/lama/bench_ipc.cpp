#include "apps/lama/bench_ipc.hpp"

#include "apps/lama/bench_nodes.hpp"
#include "net/rpc_socket.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

namespace lama::app {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using nlohmann::json;

/// What is measured: it finds the user, reads nothing from the disk, and answers with some hundred bytes.
constexpr const char* small_call = "one-core:getInstance";

/// One answer, if there is one by then; its latency into `latencies`.
result<bool> take_answer(net::rpc_socket& socket, clock::time_point until, std::map<int64_t, clock::time_point>& due, std::vector<double>& latencies) {
  LAMA_TRY(got, socket.next(until - clock::now()));
  if (!got || !got->method.empty())
    return got.has_value();
  if (got->failure)
    return *got->failure;
  auto sent = due.extract(got->id.get<int64_t>());
  if (!sent.empty())
    latencies.push_back(std::chrono::duration<double, std::milli>(clock::now() - sent.mapped()).count());
  return true;
}

} // namespace

result<json> measure_ipc(std::size_t calls, std::size_t calls_a_second) {
  temporary_folder folder;
  LAMA_TRY(node, node_process::start(folder.path() / "data", "anna"));
  LAMA_TRY(socket, net::rpc_socket::open(node.options()));
  for (int i = 0; i < 1000; ++i) // warm
    LAMA_CHECK(socket.call(small_call));
  auto begun = clock::now();
  auto cpu = node.cpu_seconds();
  auto interval = std::chrono::nanoseconds{1'000'000'000 / static_cast<int64_t>(calls_a_second)};
  std::map<int64_t, clock::time_point> due;
  std::vector<double> latencies;
  latencies.reserve(calls);
  std::vector<double> late; ///< the sender's own lateness, which is part of each latency and nothing of the node's
  late.reserve(calls);
  auto give_up = begun + interval * static_cast<int64_t>(calls) + 60s;
  for (std::size_t sent = 0; latencies.size() < calls;) {
    auto now = clock::now();
    if (now > give_up)
      return fail(errc::timeout, "answers are missing");
    clock::time_point next = begun + interval * static_cast<int64_t>(sent);
    if (sent < calls && now >= next) {
      late.push_back(std::chrono::duration<double, std::milli>(now - next).count());
      LAMA_TRY(id, socket.send(small_call));
      due.emplace(id, next);
      ++sent;
      continue;
    }
    LAMA_CHECK(take_answer(socket, sent < calls ? next : clock::time_point{now + 100ms}, due, latencies));
  }
  auto took = std::chrono::duration<double>(clock::now() - begun).count();
  return json{{"calls", calls},
              {"callsPerSecond", static_cast<double>(calls) / took},
              {"p50Milliseconds", quantile(latencies, 0.5)},
              {"p90Milliseconds", quantile(latencies, 0.9)},
              {"p99Milliseconds", quantile(latencies, 0.99)},
              {"mostMilliseconds", quantile(latencies, 1)},
              {"sentLateP50Milliseconds", quantile(late, 0.5)},
              {"sentLateP99Milliseconds", quantile(late, 0.99)},
              {"nodeCpuMicrosecondsPerCall", (node.cpu_seconds() - cpu) * 1e6 / static_cast<double>(calls)}};
}

} // namespace lama::app
