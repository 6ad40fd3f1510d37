#include "net/rpc_client.hpp"

#include "net/detail/patient.hpp"
#include "protocol/limits.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <fstream>
#include <utility>

namespace lama::net {

using namespace detail;
namespace http = beast::http;
namespace jsonrpc = protocol::jsonrpc;
using clock = patient::clock;

struct rpc_client::state {
  explicit state(rpc_options chosen) : options(std::move(chosen)) {
    buffer.reserve(limits::blob_chunk_bytes); // else Beast reads 512 bytes at a time
  }

  /// Connects when there is no connection, or the node has ended the one that was kept.
  result<done> connect(clock::time_point deadline);
  template <class Operation>
  result<done> run(clock::time_point deadline, Operation operation) {
    auto failure = runner.run(deadline, std::move(operation), [this] { drop(); });
    if (!failure)
      return done{};
    drop();
    return connection_failure(to, failure);
  }
  template <class Request>
  void prepare(Request& request) const;
  result<answer> round_trip(const http::request<http::string_body>& request, clock::time_point deadline);
  result<answer> read_answer(clock::time_point deadline);
  result<answer> send_file(std::ifstream& from, http::request<http::empty_body>& head, uint64_t size, const progress& told);
  result<done> receive_file(http::response_parser<http::buffer_body>& parser, std::ofstream& into, sha256_stream& digest, const progress& told);
  void drop() {
    error_code ignored;
    socket.close(ignored);
    buffer.clear();
  }
  clock::time_point progress_deadline() const {
    return clock::now() + options.progress_deadline;
  }

  rpc_options options;
  url to;
  patient runner;
  plain_socket socket{runner.context()};
  beast::flat_buffer buffer;
  int64_t last_id = 0;
};

rpc_client::rpc_client(rpc_options options) : state_(std::make_unique<state>(std::move(options))) {
  // nop
}

rpc_client::~rpc_client() = default;
rpc_client::rpc_client(rpc_client&&) noexcept = default;
rpc_client& rpc_client::operator=(rpc_client&&) noexcept = default;

result<done> rpc_client::state::connect(clock::time_point deadline) {
  LAMA_TRY(parsed, parse_url(options.url, "http"));
  to = parsed;
  if (socket.is_open()) {
    // Between two answers nothing may come: bytes or an end mean that the node is done with this connection. Looked at before sending, since a call that was
    // sent cannot be sent again without perhaps doing its work twice.
    char byte = 0;
    error_code failure;
    socket.non_blocking(true, failure);
    socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, failure);
    if (failure == asio::error::would_block)
      return done{};
    drop();
  }
  return dial(runner, socket, to, deadline);
}

template <class Request>
void rpc_client::state::prepare(Request& request) const {
  request.version(11);
  request.set(http::field::host, to.authority());
  if (!options.token.empty())
    request.set(http::field::authorization, "Bearer " + options.token);
  if (!options.user.empty())
    request.set("Lama-User", options.user);
}

result<rpc_client::answer> rpc_client::state::read_answer(clock::time_point deadline) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(uint64_t{4} * limits::rpc_message_bytes); // an answer may be larger than a request
  LAMA_CHECK(run(deadline, [&](auto finished) { http::async_read(socket, buffer, parser, finished); }));
  auto& response = parser.get();
  answer got{response.result_int(), std::move(response.body())};
  if (!response.keep_alive())
    drop();
  return got;
}

result<rpc_client::answer> rpc_client::state::round_trip(const http::request<http::string_body>& request, clock::time_point deadline) {
  LAMA_CHECK(run(deadline, [&](auto finished) { http::async_write(socket, request, finished); }));
  return read_answer(deadline);
}

result<jsonrpc::incoming> rpc_client::exchange(const std::string& method, const nlohmann::json& params, std::chrono::milliseconds deadline) {
  auto& s = *state_;
  auto end = clock::now() + (deadline.count() > 0 ? deadline : s.options.deadline);
  LAMA_CHECK(s.connect(end));
  http::request<http::string_body> request{http::verb::post, "/rpc", 11};
  s.prepare(request);
  request.set(http::field::content_type, "application/json");
  request.body() = jsonrpc::write_request(++s.last_id, method, params);
  request.prepare_payload();
  LAMA_TRY(got, s.round_trip(request, end));
  if (got.status != 200)
    return status_failure(got.status, got.body);
  LAMA_TRY(messages, jsonrpc::parse_incoming(got.body));
  if (messages.size() != 1 || !messages[0].method.empty() || (messages[0].id != s.last_id && !messages[0].id.is_null()))
    return fail(errc::bad_input, "The node at " + s.to.authority() + " answered something else than was asked. Is it a LAMA node?");
  return std::move(messages[0]);
}

result<nlohmann::json> rpc_client::call(const std::string& method, const nlohmann::json& params, std::chrono::milliseconds deadline) {
  LAMA_TRY(got, exchange(method, params, deadline));
  if (got.failure)
    return *got.failure;
  return std::move(got.value);
}

result<rpc_client::answer> rpc_client::get(const std::string& path) {
  auto& s = *state_;
  auto end = clock::now() + s.options.deadline;
  LAMA_CHECK(s.connect(end));
  http::request<http::string_body> request{http::verb::get, path, 11};
  s.prepare(request);
  return s.round_trip(request, end);
}

// -- blobs -------------------------------------------------------------------------

namespace {

error file_failure(const char* what, const std::filesystem::path& file) {
  return fail(errc::io_failure, std::string{"Cannot "} + what + " " + file.string() + ": " + std::generic_category().message(errno) + ".");
}

} // namespace

result<hash> rpc_client::upload(const std::filesystem::path& file, const progress& told) {
  auto& s = *state_;
  std::ifstream from{file, std::ios::binary};
  if (!from)
    return file_failure("read", file);
  sha256_stream digest;
  uint64_t size = 0;
  std::string piece(limits::blob_chunk_bytes, '\0');
  while (from.read(piece.data(), static_cast<std::streamsize>(piece.size())), from.gcount() > 0) {
    digest.update(std::string_view{piece}.substr(0, static_cast<std::size_t>(from.gcount())));
    size += static_cast<uint64_t>(from.gcount());
  }
  if (from.bad())
    return file_failure("read", file);
  if (size > limits::blob_bytes)
    return fail(errc::too_large, file.string() + " has " + std::to_string(size) + " bytes; the limit is " + std::to_string(limits::blob_bytes) + ".");
  auto name = digest.finish();
  from.clear();
  from.seekg(0);

  LAMA_CHECK(s.connect(clock::now() + s.options.deadline));
  http::request<http::empty_body> head{http::verb::put, "/blob/" + name.hex(), 11};
  s.prepare(head);
  head.content_length(size);
  head.set(http::field::content_type, "application/octet-stream");
  LAMA_TRY(got, s.send_file(from, head, size, told));
  if (got.status / 100 != 2)
    return status_failure(got.status, got.body);
  return name;
}

result<rpc_client::answer> rpc_client::state::send_file(std::ifstream& from, http::request<http::empty_body>& head, uint64_t size, const progress& told) {
  http::request_serializer<http::empty_body> serializer{head};
  LAMA_CHECK(run(progress_deadline(), [&](auto finished) { http::async_write_header(socket, serializer, finished); }));
  std::string piece(limits::blob_chunk_bytes, '\0');
  for (uint64_t sent = 0; sent < size;) {
    from.read(piece.data(), static_cast<std::streamsize>(std::min<uint64_t>(piece.size(), size - sent)));
    auto count = static_cast<std::size_t>(from.gcount());
    if (count == 0) {
      drop();
      return fail(errc::io_failure, "The file became shorter while it was read.");
    }
    auto failure = runner.run(
        progress_deadline(), [&](auto finished) { asio::async_write(socket, asio::buffer(piece.data(), count), finished); }, [this] { drop(); });
    if (failure == asio::error::timed_out) {
      drop();
      return connection_failure(to, failure);
    }
    if (failure)
      break; // the node may have said why before it stopped reading
    sent += count;
    if (told)
      told(sent, size);
  }
  return read_answer(progress_deadline());
}

result<done> rpc_client::state::receive_file(http::response_parser<http::buffer_body>& parser, std::ofstream& into, sha256_stream& digest,
                                             const progress& told) {
  std::string piece(limits::blob_chunk_bytes, '\0');
  auto size = parser.content_length() ? uint64_t{*parser.content_length()} : 0;
  uint64_t received = 0;
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    auto failure = runner.run(
        progress_deadline(), [&](auto finished) { http::async_read(socket, buffer, parser, finished); }, [this] { drop(); });
    if (failure && failure != http::error::need_buffer) {
      drop();
      return connection_failure(to, failure);
    }
    auto got = std::string_view{piece}.substr(0, piece.size() - body.size);
    digest.update(got);
    into.write(got.data(), static_cast<std::streamsize>(got.size()));
    if (!into) {
      drop();
      return fail(errno == ENOSPC ? errc::no_space : errc::io_failure, "Cannot write what was received: " + std::generic_category().message(errno) + ".");
    }
    received += got.size();
    if (told)
      told(received, size);
  }
  if (!parser.get().keep_alive())
    drop();
  return done{};
}

result<done> rpc_client::download(const hash& name, const std::filesystem::path& file, const progress& told) {
  auto& s = *state_;
  LAMA_CHECK(s.connect(clock::now() + s.options.deadline));
  http::request<http::empty_body> request{http::verb::get, "/blob/" + name.hex(), 11};
  s.prepare(request);
  LAMA_CHECK(s.run(s.progress_deadline(), [&](auto finished) { http::async_write(s.socket, request, finished); }));
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(limits::blob_bytes);
  LAMA_CHECK(s.run(s.progress_deadline(), [&](auto finished) { http::async_read_header(s.socket, s.buffer, parser, finished); }));
  if (auto status = parser.get().result_int(); status != 200) {
    s.drop(); // its body is not read
    return status_failure(status, {});
  }
  auto part = file;
  part += ".part";
  std::ofstream into{part, std::ios::binary | std::ios::trunc};
  if (!into)
    return file_failure("write", part);
  sha256_stream digest;
  auto received = s.receive_file(parser, into, digest, told);
  into.close();
  std::error_code failure;
  if (received && into.fail())
    received = file_failure("write", part);
  if (received && digest.finish() != name)
    received = fail(errc::corrupt, "What the node sent is not what its name says: " + name.hex() + ". Run `lama verify`.");
  if (received) {
    std::filesystem::rename(part, file, failure);
    if (failure)
      received = fail(errc::io_failure, "Cannot write " + file.string() + ": " + failure.message() + ".");
  }
  if (!received)
    std::filesystem::remove(part, failure);
  return received;
}

} // namespace lama::net
