#include "apps/lama/bench_crowd.hpp"

#include "apps/lama/bench_nodes.hpp"
#include "net/url.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <sys/resource.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lama::app {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr const char* small_call = "one-core:getInstance";
/// Each asks so often for half a megabyte, and reads nothing of it.
constexpr std::size_t slow_clients = 25;
constexpr std::size_t slow_questions = 30;
/// Half of them stop in a request's head, the others in a frame.
constexpr std::size_t halves = 200;

/// All that is measured, on one thread.
struct crowd {
  asio::io_context io;
  std::vector<clock::time_point> due; ///< by call
  std::vector<double> latencies;
  std::string failure;
};

/// One websocket of the crowd.
class member : public std::enable_shared_from_this<member> {
public:
  explicit member(crowd& all) : all_{all}, stream_{all.io} {
    // nop
  }

  result<done> open(const net::rpc_options& options, const asio::ip::tcp::endpoint& to) {
    error_code failure;
    stream_.next_layer().connect(to, failure);
    if (failure)
      return fail(errc::offline, failure.message());
    stream_.next_layer().set_option(asio::ip::tcp::no_delay{true}, failure);
    stream_.set_option(websocket::stream_base::decorator(
        [&options](websocket::request_type& request) { request.set(boost::beast::http::field::authorization, "Bearer " + options.token); }));
    stream_.handshake("127.0.0.1:" + std::to_string(to.port()), "/ipc", failure);
    stream_.text(true);
    stream_.auto_fragment(false);
    return failure ? result<done>{fail(errc::offline, failure.message())} : result<done>{done{}};
  }
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code failure, std::size_t) { self->arrived(failure); });
  }
  void send(std::string text) {
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1)
      write();
  }
  asio::ip::tcp::socket& socket() {
    return stream_.next_layer();
  }

private:
  void write() {
    stream_.async_write(asio::buffer(waiting_.front()), [self = shared_from_this()](error_code failure, std::size_t) {
      if (failure)
        return;
      self->waiting_.pop_front();
      if (!self->waiting_.empty())
        self->write();
    });
  }
  void arrived(error_code failure) {
    if (failure) {
      all_.failure = failure.message();
      return;
    }
    std::string_view text{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    if (auto messages = protocol::jsonrpc::parse_incoming(text))
      for (const auto& x : *messages)
        take(x);
    buffer_.consume(buffer_.size());
    read();
  }
  void take(const protocol::jsonrpc::incoming& x) {
    if (!x.method.empty())
      return; // a notification
    if (x.failure)
      all_.failure = x.failure->message;
    else if (x.id.is_number_unsigned() && x.id.get<std::size_t>() < all_.due.size())
      all_.latencies.push_back(std::chrono::duration<double, std::milli>(clock::now() - all_.due[x.id.get<std::size_t>()]).count());
  }

  crowd& all_;
  websocket::stream<asio::ip::tcp::socket, false> stream_;
  boost::beast::flat_buffer buffer_;
  std::deque<std::string> waiting_;
};

/// A conversation whose newest five messages are half a megabyte.
result<std::string> make_conversation(const node_process& node) {
  auto client = node.client();
  LAMA_TRY(made, call_when_ready(client, "action:createConversation", {{"name", "Crowd"}}));
  auto id = made["conversationId"].get<std::string>();
  result<json> there = fail(errc::offline, "not asked");
  for (auto deadline = clock::now() + 30s; !there && clock::now() < deadline; std::this_thread::sleep_for(10ms))
    there = client.call("query:getConversation", {{"conversationId", id}});
  if (!there)
    return there.failure();
  for (int i = 0; i < 5; ++i)
    LAMA_CHECK(client.call("action:sendMessage", {{"conversationId", id}, {"text", std::to_string(i) + std::string(100'000, 'x')}}));
  return id;
}

void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0)
    return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

/// Who asks for much and reads nothing, and who stops half-way. They live until the end of the measurement.
struct bad_company {
  std::vector<std::shared_ptr<member>> members;
  std::vector<asio::ip::tcp::socket> heads;
};

result<bad_company> add_bad_company(crowd& all, const net::rpc_options& options, const asio::ip::tcp::endpoint& to, const std::string& conversation) {
  bad_company bad;
  for (std::size_t i = 0; i < slow_clients + halves / 2; ++i) {
    auto one = std::make_shared<member>(all);
    LAMA_CHECK(one->open(options, to));
    bad.members.push_back(one);
    if (i >= slow_clients)
      asio::write(one->socket(), asio::buffer("\x81\xfe", 2));
    else
      for (std::size_t k = 0; k < slow_questions; ++k)
        one->send(protocol::jsonrpc::write_request(k, "query:getMessages", {{"conversationId", conversation}, {"limit", 5}}));
  }
  for (std::size_t i = 0; i < halves / 2; ++i) {
    auto& socket = bad.heads.emplace_back(all.io);
    error_code failure;
    socket.connect(to, failure);
    if (!failure)
      asio::write(socket, asio::buffer(std::string_view{"GET /healthz HT"}), failure);
  }
  return bad;
}

} // namespace

result<json> measure_crowd(std::size_t clients, std::size_t calls, std::size_t calls_a_second) {
  allow_many_files();
  temporary_folder folder;
  LAMA_TRY(node, node_process::start(folder.path() / "data", "anna"));
  LAMA_TRY(conversation, make_conversation(node));
  LAMA_TRY(parsed, net::parse_url(node.options().url, "http"));
  asio::ip::tcp::endpoint to{asio::ip::make_address("127.0.0.1"), parsed.port};
  auto resident = node.resident_megabytes();
  crowd all;
  std::vector<std::shared_ptr<member>> members;
  for (std::size_t i = 0; i < clients; ++i) {
    members.push_back(std::make_shared<member>(all));
    LAMA_CHECK(members.back()->open(node.options(), to));
    members.back()->read();
  }
  auto resident_open = node.resident_megabytes();
  LAMA_TRY(bad, add_bad_company(all, node.options(), to, conversation));
  auto interval = std::chrono::nanoseconds{1'000'000'000 / static_cast<int64_t>(calls_a_second)};
  auto begun = clock::now();
  auto cpu = node.cpu_seconds();
  auto give_up = begun + interval * static_cast<int64_t>(calls) + 60s;
  for (std::size_t i = 0; i < calls; ++i)
    all.due.push_back(begun + interval * static_cast<int64_t>(i));
  auto most_resident = resident_open;
  for (std::size_t sent = 0; all.latencies.size() < calls && all.failure.empty() && clock::now() < give_up;) {
    for (; sent < calls && clock::now() >= all.due[sent]; ++sent) {
      members[sent % clients]->send(protocol::jsonrpc::write_request(sent, small_call, json::object()));
      if (sent % calls_a_second == 0)
        most_resident = std::max(most_resident, node.resident_megabytes());
    }
    all.io.run_one_until(sent < calls ? all.due[sent] : clock::now() + 10ms);
    all.io.poll();
  }
  if (!all.failure.empty() || all.latencies.size() < calls)
    return fail(errc::timeout, all.failure.empty() ? "answers are missing" : all.failure);
  return json{{"clients", clients},
              {"calls", calls},
              {"slowReaders", slow_clients},
              {"halfOpen", bad.members.size() - slow_clients + bad.heads.size()},
              {"callsPerSecond", static_cast<double>(calls) / std::chrono::duration<double>(clock::now() - begun).count()},
              {"p50Milliseconds", quantile(all.latencies, 0.5)},
              {"p90Milliseconds", quantile(all.latencies, 0.9)},
              {"p99Milliseconds", quantile(all.latencies, 0.99)},
              {"mostMilliseconds", quantile(all.latencies, 1)},
              {"nodeCpuMicrosecondsPerCall", (node.cpu_seconds() - cpu) * 1e6 / static_cast<double>(calls)},
              {"residentMegabytes", {{"before", resident}, {"withClients", resident_open}, {"most", most_resident}}}};
}

} // namespace lama::app
