#include "raw_socket.hpp"
#include "test_gateway.hpp"

#include <gtest/gtest.h>

/// What stands between a browser and the node: sessions, pages of others, files of the page, and readers who do not read.
namespace lama::net {
namespace {

using testing::raw_socket;
using testing::test_gateway;
using namespace std::chrono_literals;

std::string ask(const test_gateway& gateway, const std::string& line, const std::string& headers = {}, const std::string& body = {}) {
  raw_socket client{gateway.port()};
  auto length = body.empty() ? std::string{} : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(line + " HTTP/1.1\r\nHost: " + gateway.host() + "\r\nConnection: close\r\n" + headers + length + "\r\n" + body);
  return client.read_all();
}

bool has(const std::string& reply, const std::string& text) {
  return reply.find(text) != std::string::npos;
}

const std::string json_type = "Content-Type: application/json\r\n";

TEST(http_page, a_session_is_begun_by_json_alone) {
  test_gateway gateway;
  EXPECT_TRUE(has(ask(gateway, "POST /session", json_type, R"({"token":"x"})"), R"({"token":"x"})"));
  EXPECT_TRUE(has(ask(gateway, "POST /session", "Content-Type: text/plain\r\n", R"({"token":"x"})"), " 415 "));
  EXPECT_TRUE(has(ask(gateway, "POST /session", json_type, std::string(5000, 'x')), " 413 "));
  EXPECT_TRUE(has(ask(gateway, "GET /session"), "200 OK"));
  EXPECT_TRUE(has(ask(gateway, "DELETE /session"), "200 OK"));
  auto put = ask(gateway, "PUT /session", json_type, "{}");
  EXPECT_TRUE(has(put, " 405 ") && has(put, "Allow: GET, POST, DELETE")) << put;
}

TEST(http_page, pages_of_other_sites_get_no_answer_but_links_do) {
  test_gateway gateway;
  for (const auto* path : {"GET /healthz", "GET /metrics", "GET /session", "GET /"})
    EXPECT_EQ(has(ask(gateway, path, "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"), " 403 "), true) << path;
  EXPECT_TRUE(has(ask(gateway, "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"), "200 OK"));
  EXPECT_TRUE(has(ask(gateway, "GET /session", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n"), " 403 ")) << "another port of this host";
  EXPECT_TRUE(has(ask(gateway, "GET /session", "Sec-Fetch-Site: same-origin\r\n"), "200 OK"));
}

TEST(http_page, tells_the_gateway_whether_its_own_page_asks) {
  test_gateway gateway;
  auto own = "Origin: http://" + gateway.host() + "\r\n";
  ask(gateway, "POST /session", json_type + own, "{}");
  EXPECT_TRUE(gateway.last_request().from_page);
  EXPECT_FALSE(gateway.last_request().by_tls);
  ask(gateway, "POST /session", json_type + "Origin: https://" + gateway.host() + "\r\n", "{}");
  EXPECT_TRUE(gateway.last_request().by_tls);
  ask(gateway, "GET /session", "Sec-Fetch-Site: same-origin\r\n");
  EXPECT_TRUE(gateway.last_request().from_page);
  ask(gateway, "GET /session", "Sec-Fetch-Site: none\r\n");
  EXPECT_FALSE(gateway.last_request().from_page);
}

TEST(http_page, a_users_name_may_stand_in_the_query) {
  test_gateway gateway;
  ask(gateway, "GET /session?user=bert&name=a%20b.txt");
  EXPECT_EQ(gateway.last_request().user, "bert");
  EXPECT_EQ(gateway.last_request().file_name, "a b.txt");
  ask(gateway, "GET /session?user=bert", "Lama-User: anna\r\n");
  EXPECT_EQ(gateway.last_request().user, "anna");
}

TEST(http_page, files_come_packed_to_who_can_unpack_them) {
  test_gateway gateway;
  auto packed = ask(gateway, "GET /assets/app.123.js", "Accept-Encoding: gzip, br\r\n");
  EXPECT_TRUE(has(packed, "Content-Encoding: gzip\r\n") && has(packed, "Vary: Accept-Encoding\r\n") && has(packed, "immutable")) << packed;
  EXPECT_FALSE(has(ask(gateway, "GET /assets/app.123.js"), "Content-Encoding"));
}

TEST(http_page, scripts_of_others_and_inline_ones_are_forbidden) {
  test_gateway gateway;
  auto page = ask(gateway, "GET /");
  EXPECT_TRUE(has(page, "default-src 'self'; connect-src 'self' ws://" + gateway.host() + " wss://" + gateway.host())) << page;
  EXPECT_FALSE(has(page, "unsafe"));
  EXPECT_FALSE(has(page, "Access-Control"));
}

/// A text frame of a client, masked with zeros.
std::string text_frame(const std::string& text) {
  std::string frame{'\x81'};
  frame += static_cast<char>(0x80 | text.size());
  return frame + std::string(4, '\0') + text;
}

std::string open_ipc(raw_socket& page, const test_gateway& gateway) {
  page.send("GET /ipc HTTP/1.1\r\nHost: " + gateway.host() + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " + test_gateway::token + "\r\n\r\n");
  return page.read_until("\r\n\r\n");
}

TEST(http_page, who_does_not_read_is_not_listened_to_until_it_does) {
  test_gateway gateway{{.close_deadline = 50ms}};
  gateway.echo = false;
  raw_socket page{gateway.port()};
  open_ipc(page, gateway);
  auto id = gateway.sessions.first();
  for (int i = 0; i < 24; ++i)
    gateway.server->send(id, {true, std::string(1u << 20, 'x')}); // more than the system's buffers take
  for (const auto* text : {"one", "two", "three"})
    page.send(text_frame(text));
  raw_socket other{gateway.port()};
  open_ipc(other, gateway);
  other.send(text_frame("four"));
  ASSERT_TRUE(gateway.sessions.wait_frames(id + 1, 1)) << "others are";
  EXPECT_LE(gateway.sessions.at(id).frames.size(), 1u) << "more than was waited for already";
  std::thread reader{[&page] { page.closed_by_peer(); }};
  EXPECT_TRUE(gateway.sessions.wait_frames(id, 3));
  gateway.server->close(id, close_code::normal, "bye");
  reader.join();
}

TEST(http_page, who_takes_nothing_is_cut) {
  test_gateway gateway{{.ping_after = 300ms}};
  raw_socket page{gateway.port()};
  open_ipc(page, gateway);
  auto id = gateway.sessions.first();
  for (int i = 0; i < 24; ++i)
    gateway.server->send(id, {true, std::string(1u << 20, 'x')});
  page.send(text_frame("one")); // it speaks, and does not read
  ASSERT_TRUE(gateway.sessions.wait_closed(id));
  EXPECT_TRUE(has(gateway.sessions.at(id).closed->reason, "takes nothing")) << gateway.sessions.at(id).closed->reason;
}

TEST(http_page, of_all_queues_the_longest_goes_when_memory_is_used_up) {
  test_gateway gateway{{.total_queue_bytes = 16u << 20}};
  gateway.echo = false;
  raw_socket greedy{gateway.port()};
  open_ipc(greedy, gateway);
  raw_socket modest{gateway.port()};
  open_ipc(modest, gateway);
  auto id = gateway.sessions.first();
  gateway.server->send(id + 1, {true, std::string(1000, 'a')});
  for (int i = 0; i < 40; ++i)
    gateway.server->send(id, {true, std::string(1u << 20, 'x')});
  ASSERT_TRUE(gateway.sessions.wait_closed(id));
  EXPECT_TRUE(has(gateway.sessions.at(id).closed->reason, "queue is full"));
  EXPECT_EQ(gateway.server->queued_bytes(id), 0u);
  gateway.server->send(id + 1, {true, "still here"});
  EXPECT_TRUE(has(modest.read_until("still here"), "still here"));
}

// -- frames that no client of ours would send --------------------------------------------

std::string frame_of(uint8_t first, uint8_t second, const std::string& rest) {
  return std::string{static_cast<char>(first), static_cast<char>(second)} + rest;
}

class abuse : public ::testing::TestWithParam<std::pair<const char*, std::string>> {};

TEST_P(abuse, of_frames_closes_this_connection_and_no_other) {
  test_gateway gateway{{.close_deadline = 50ms}};
  raw_socket page{gateway.port()};
  open_ipc(page, gateway);
  page.send(GetParam().second);
  EXPECT_TRUE(page.closed_by_peer());
  ASSERT_TRUE(gateway.sessions.wait_closed(gateway.sessions.first()));
  EXPECT_TRUE(gateway.sessions.at(gateway.sessions.first()).frames.empty());
  EXPECT_TRUE(has(ask(gateway, "GET /healthz"), "200 OK"));
}

const std::string mask(4, '\0');
INSTANTIATE_TEST_SUITE_P(http_page, abuse,
                         ::testing::Values(std::pair{"not masked", frame_of(0x81, 2, "hi")}, std::pair{"a reserved opcode", frame_of(0x83, 0x80, mask)},
                                           std::pair{"a reserved bit", frame_of(0xc1, 0x80, mask)}, std::pair{"a ping in pieces", frame_of(0x09, 0x80, mask)},
                                           std::pair{"a ping of 126 bytes", frame_of(0x89, 0xfe, std::string{"\0\x7e", 2} + mask)},
                                           std::pair{"a continuation of nothing", frame_of(0x80, 0x80, mask)},
                                           std::pair{"a new message within one", frame_of(0x01, 0x80, mask) + frame_of(0x81, 0x80, mask)},
                                           std::pair{"a length with its highest bit", frame_of(0x81, 0xff, std::string(8, '\xff') + mask)},
                                           std::pair{"nine megabytes announced", frame_of(0x81, 0xff, std::string{"\0\0\0\0\0\x90\0\0", 8} + mask)},
                                           std::pair{"no UTF-8", frame_of(0x81, 0x82, mask + "\xc3\x28")},
                                           std::pair{"a close of one byte", frame_of(0x88, 0x81, mask + "x")}),
                         [](const auto& given) {
                           std::string name{given.param.first};
                           for (auto& c : name)
                             c = c == ' ' || c == '-' ? '_' : c;
                           return name;
                         });

TEST(http_page, a_thousand_pieces_of_nothing_are_one_message) {
  test_gateway gateway;
  gateway.echo = false;
  raw_socket page{gateway.port()};
  open_ipc(page, gateway);
  std::string all = frame_of(0x01, 0x80, mask);
  for (int i = 0; i < 1000; ++i)
    all += frame_of(0x00, 0x80, mask);
  page.send(all + frame_of(0x80, 0x81, mask + "x"));
  auto id = gateway.sessions.first();
  ASSERT_TRUE(gateway.sessions.wait_frames(id, 1));
  EXPECT_EQ(gateway.sessions.at(id).frames[0].bytes, "x");
}

} // namespace
} // namespace lama::net
