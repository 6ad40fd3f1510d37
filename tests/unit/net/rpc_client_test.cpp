#include "net/rpc_client.hpp"
#include "net/rpc_socket.hpp"
#include "raw_socket.hpp"
#include "test_gateway.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace lama::net {
namespace {

using nlohmann::json;
using testing::silent_listener;
using testing::test_gateway;
using namespace std::chrono_literals;

rpc_options options_for(const test_gateway& gateway) {
  return {.url = gateway.url(), .token = test_gateway::token, .user = "demo"};
}

TEST(rpc_client, calls_and_keeps_the_connection) {
  test_gateway gateway{{.connections = 1}}; // a second connection would be turned away
  rpc_client client{options_for(gateway)};
  for (int i = 0; i < 5; ++i) {
    auto got = client.call("echo", {{"i", i}});
    ASSERT_TRUE(got) << got.failure().message;
    EXPECT_EQ((*got)["i"], i);
  }
  EXPECT_EQ(gateway.last_request().user, "demo");
  auto health = client.get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 200u);
  EXPECT_EQ(health->body, R"({"status":"ok"})");
}

TEST(rpc_client, tells_the_errors_of_the_node) {
  test_gateway gateway;
  rpc_client client{options_for(gateway)};
  auto got = client.call("fail");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure(), fail(errc::not_found, "There is no such thing."));
  auto full = client.exchange("fail");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->error_number, -32003);
  auto options = options_for(gateway);
  options.token = "wrong";
  got = rpc_client{options}.call("echo");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure().code, errc::forbidden);
  EXPECT_NE(got.failure().message.find("--token"), std::string::npos);
}

TEST(rpc_client, says_what_to_do_when_nothing_listens) {
  uint16_t port = 0;
  {
    silent_listener gone;
    port = gone.port();
  }
  auto got = rpc_client{{.url = "http://127.0.0.1:" + std::to_string(port), .token = "t", .user = {}}}.call("echo");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure().code, errc::offline);
  EXPECT_NE(got.failure().message.find("lama run"), std::string::npos);
  EXPECT_EQ((rpc_client{{.url = "nonsense", .token = "t", .user = {}}}.call("echo").failure().code), errc::bad_input);
  auto socket = rpc_socket::open({.url = "http://127.0.0.1:" + std::to_string(port), .token = "t", .user = {}});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.failure().code, errc::offline);
}

TEST(rpc_client, does_not_wait_for_ever) {
  silent_listener silent;
  rpc_client client{{.url = "http://127.0.0.1:" + std::to_string(silent.port()), .token = "t", .user = {}}};
  auto got = client.call("echo", json::object(), 50ms);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure().code, errc::timeout);
  auto socket = rpc_socket::open({.url = "http://127.0.0.1:" + std::to_string(silent.port()), .token = "t", .user = {}, .deadline = 50ms});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.failure().code, errc::timeout);
}

TEST(rpc_client, connects_anew_when_the_node_has_closed_the_kept_connection) {
  test_gateway gateway{{.idle_deadline = 20ms}};
  rpc_client client{options_for(gateway)};
  ASSERT_TRUE(client.call("echo"));
  testing::raw_socket other{gateway.port()}; // idles as long as the client's, and from a later moment on
  other.send("GET /healthz HTTP/1.1\r\nHost: " + gateway.host() + "\r\n\r\n");
  ASSERT_TRUE(other.closed_by_peer());
  auto got = client.call("echo", {{"again", 1}});
  ASSERT_TRUE(got) << got.failure().message;
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(i * 7 >> 2);
  return bytes;
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream{file, std::ios::binary} << bytes;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream from{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{from}, {}};
}

TEST(rpc_client, uploads_and_downloads_files) {
  test_gateway gateway;
  rpc_client client{options_for(gateway)};
  lama::testing::scratch_folder folder;
  for (std::size_t size : {0u, 1u, 65'536u, 3'000'001u}) {
    auto bytes = pattern(size);
    write_file(folder.path() / "in", bytes);
    uint64_t told = 0;
    auto name = client.upload(folder.path() / "in", [&](uint64_t so_far, uint64_t) { told = so_far; });
    ASSERT_TRUE(name) << name.failure().message;
    EXPECT_EQ(*name, sha256(bytes));
    EXPECT_EQ(told, size);
    EXPECT_TRUE(gateway.blob(name->hex()) == bytes);
    auto got = client.download(*name, folder.path() / "out");
    ASSERT_TRUE(got) << got.failure().message;
    EXPECT_TRUE(read_file(folder.path() / "out") == bytes);
  }
}

TEST(rpc_client, a_download_that_is_not_what_its_name_says_is_not_kept) {
  test_gateway gateway;
  rpc_client client{options_for(gateway)};
  lama::testing::scratch_folder folder;
  auto name = sha256("right");
  gateway.keep_blob(name.hex(), "wrong");
  write_file(folder.path() / "out", "before");
  auto got = client.download(name, folder.path() / "out");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure().code, errc::corrupt);
  EXPECT_EQ(read_file(folder.path() / "out"), "before");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out.part"));
  EXPECT_EQ(client.download(sha256("none"), folder.path() / "out").failure().code, errc::not_found);
  EXPECT_TRUE(client.call("echo")); // it goes on after that
}

TEST(rpc_client, a_refused_upload_says_why) {
  test_gateway gateway;
  auto options = options_for(gateway);
  options.token = "wrong";
  lama::testing::scratch_folder folder;
  write_file(folder.path() / "in", pattern(5'000'000));
  auto name = rpc_client{options}.upload(folder.path() / "in");
  ASSERT_FALSE(name);
  EXPECT_EQ(name.failure().code, errc::forbidden) << name.failure().message;
  EXPECT_EQ(rpc_client{options}.upload(folder.path() / "not there").failure().code, errc::io_failure);
}

TEST(rpc_socket, calls_and_keeps_notifications_for_later) {
  test_gateway gateway;
  auto opened = rpc_socket::open(options_for(gateway));
  ASSERT_TRUE(opened) << opened.failure().message;
  auto& socket = *opened;
  auto got = socket.call("notify-first", {{"a", 1}});
  ASSERT_TRUE(got) << got.failure().message;
  EXPECT_EQ((*got)["a"], 1);
  auto note = socket.next(60s);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ((*note)->method, "update:progress");
  auto nothing = socket.next(10ms);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
}

TEST(rpc_socket, many_requests_may_be_under_way) {
  test_gateway gateway;
  auto opened = rpc_socket::open(options_for(gateway));
  ASSERT_TRUE(opened);
  for (int i = 1; i <= 300; ++i) {
    auto id = opened->send("echo", {{"i", i}});
    ASSERT_TRUE(id);
    EXPECT_EQ(*id, i);
  }
  for (int i = 1; i <= 300; ++i) {
    auto answer = opened->next(60s);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->id, i);
  }
}

TEST(rpc_socket, tells_why_it_was_closed_or_refused) {
  test_gateway gateway;
  auto options = options_for(gateway);
  auto opened = rpc_socket::open(options);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->call("echo"));
  gateway.server->close(gateway.sessions.first(), 1000, "The user has logged out.");
  auto end = opened->next(60s);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.failure().code, errc::offline);
  EXPECT_NE(end.failure().message.find("logged out"), std::string::npos);
  EXPECT_FALSE(opened->call("echo"));
  options.token = "wrong";
  auto refused = rpc_socket::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::forbidden);
}

TEST(rpc_socket, a_call_without_answer_ends_at_its_deadline) {
  test_gateway gateway;
  gateway.echo = false;
  auto opened = rpc_socket::open(options_for(gateway));
  ASSERT_TRUE(opened);
  auto got = opened->call("echo", json::object(), 30ms);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure().code, errc::timeout);
}

} // namespace
} // namespace lama::net
