#include "raw_socket.hpp"
#include "test_gateway.hpp"

#include "protocol/hash.hpp"

#include <gtest/gtest.h>

namespace lama::net {
namespace {

using testing::raw_socket;
using testing::test_gateway;
using namespace std::chrono_literals;

struct reply {
  std::string head;
  std::string body;

  bool has(const std::string& text) const {
    return head.find(text) != std::string::npos;
  }
  std::string status() const {
    return head.substr(0, head.find("\r\n"));
  }
};

/// One request on a connection of its own; the answer until the server closes.
reply ask(const test_gateway& gateway, const std::string& line, const std::string& headers = {}, const std::string& body = {}) {
  raw_socket client{gateway.port()};
  client.send(line + " HTTP/1.1\r\nHost: " + gateway.host() + "\r\nConnection: close\r\n" + headers + "\r\n" + body);
  auto all = client.read_all();
  auto end = all.find("\r\n\r\n");
  return end == std::string::npos ? reply{all, {}} : reply{all.substr(0, end + 2), all.substr(end + 4)};
}

std::string length_of(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}
const std::string json_type = "Content-Type: application/json\r\n";
const std::string bearer = std::string{"Authorization: Bearer "} + test_gateway::token + "\r\n";
const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[1]}})";

reply post(const test_gateway& gateway, const std::string& headers, const std::string& body) {
  return ask(gateway, "POST /rpc", headers + length_of(body), body);
}

TEST(http_server, answers_a_call_with_the_headers_that_protect_the_page) {
  test_gateway gateway;
  auto got = post(gateway, json_type + bearer + "Lama-User: demo\r\nCookie: s=1\r\n", call);
  EXPECT_EQ(got.status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(got.body, R"({"jsonrpc":"2.0","id":1,"result":{"a":[1]}})");
  for (const auto* header : {"Content-Type: application/json\r\n", "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
                             "Content-Security-Policy: default-src 'self'", "frame-ancestors 'none'", "Cross-Origin-Opener-Policy: same-origin\r\n",
                             "Cross-Origin-Resource-Policy: same-origin\r\n", "Cache-Control: no-store\r\n"})
    EXPECT_TRUE(got.has(header)) << header;
  auto seen = gateway.last_request();
  EXPECT_EQ(seen.user, "demo");
  EXPECT_EQ(seen.cookie, "s=1");
  EXPECT_EQ(seen.bearer, test_gateway::token);
  EXPECT_EQ(seen.content_type, "application/json");
  EXPECT_EQ(seen.remote_address, "127.0.0.1");
}

TEST(http_server, a_connection_serves_one_request_after_the_other) {
  test_gateway gateway;
  raw_socket client{gateway.port()};
  auto request = "POST /rpc HTTP/1.1\r\nHost: " + gateway.host() + "\r\n" + json_type + bearer + length_of(call) + "\r\n" + call;
  client.send(request + request); // the second comes with the first
  for (int i = 0; i < 2; ++i) {
    EXPECT_NE(client.read_until("\r\n\r\n").find("200 OK"), std::string::npos);
    EXPECT_TRUE(client.read_until("]}}").ends_with("]}}"));
  }
  client.send(request);
  EXPECT_NE(client.read_until("\r\n\r\n").find("200 OK"), std::string::npos);
}

TEST(http_server, only_its_own_names_are_answered) {
  test_gateway gateway;
  auto with_host = [&](const std::string& headers) {
    raw_socket client{gateway.port()};
    client.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n");
    return client.read_all();
  };
  auto port = std::to_string(gateway.port());
  EXPECT_NE(with_host("Host: 127.0.0.1:" + port + "\r\n").find("200 OK"), std::string::npos);
  EXPECT_NE(with_host("Host: [::1]:" + port + "\r\n").find("200 OK"), std::string::npos);
  for (const auto& bad :
       {std::string{"Host: evil.example\r\n"}, std::string{}, "Host: localhost:" + port + "\r\nHost: evil.example\r\n", std::string{"Host: localhost\r\n"}})
    EXPECT_NE(with_host(bad).find("403 Forbidden"), std::string::npos) << bad;
  EXPECT_NE(with_host("Host: later.example:" + port + "\r\n").find("403 Forbidden"), std::string::npos);
  gateway.server->allow_hosts({"later.example"});
  EXPECT_NE(with_host("Host: later.example:" + port + "\r\n").find("200 OK"), std::string::npos);
}

TEST(http_server, pages_of_other_sites_are_refused) {
  test_gateway gateway;
  EXPECT_EQ(post(gateway, json_type + bearer + "Origin: http://" + gateway.host() + "\r\n", call).status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(post(gateway, json_type + bearer + "Origin: http://evil.example\r\n", call).status(), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(post(gateway, json_type + bearer + "Origin: null\r\n", call).status(), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(post(gateway, "Content-Type: text/plain\r\n" + bearer, call).status(), "HTTP/1.1 415 Unsupported Media Type");
  EXPECT_EQ(post(gateway, bearer, call).status(), "HTTP/1.1 415 Unsupported Media Type");
}

TEST(http_server, knows_its_paths_and_methods) {
  test_gateway gateway;
  EXPECT_EQ(ask(gateway, "GET /healthz").body, R"({"status":"ok"})");
  auto metrics = ask(gateway, "GET /metrics");
  EXPECT_EQ(metrics.body, "lama_up 1\n");
  EXPECT_TRUE(metrics.has("Content-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_EQ(ask(gateway, "GET /").body, "<html>page</html>");
  EXPECT_EQ(ask(gateway, "GET /none").status(), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(ask(gateway, "GET /../etc/passwd").status(), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(ask(gateway, "GET /rpc").status(), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_TRUE(ask(gateway, "GET /rpc").has("Allow: POST\r\n"));
  EXPECT_EQ(ask(gateway, "DELETE /").status(), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(ask(gateway, "OPTIONS /rpc").status(), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(ask(gateway, "GET /ipc").status(), "HTTP/1.1 426 Upgrade Required");
  EXPECT_EQ(ask(gateway, "GET /blob/nothex").status(), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(ask(gateway, "GET /healthz", length_of("x"), "x").status(), "HTTP/1.1 400 Bad Request");
}

TEST(http_server, files_are_cached_as_they_say) {
  test_gateway gateway;
  auto page = ask(gateway, "GET /");
  EXPECT_TRUE(page.has("ETag: \"v1\"\r\n"));
  EXPECT_TRUE(page.has("Cache-Control: no-cache\r\n"));
  auto again = ask(gateway, "GET /", "If-None-Match: \"v1\"\r\n");
  EXPECT_EQ(again.status(), "HTTP/1.1 304 Not Modified");
  EXPECT_EQ(again.body, "");
  auto asset = ask(gateway, "GET /assets/app.123.js");
  EXPECT_TRUE(asset.has("immutable"));
  EXPECT_EQ(asset.body.size(), 200'000u);
  auto head = ask(gateway, "HEAD /assets/app.123.js");
  EXPECT_TRUE(head.has("Content-Length: 200000\r\n"));
  EXPECT_EQ(head.body, "");
}

TEST(http_server, what_is_too_large_or_not_http_is_refused) {
  test_gateway gateway;
  EXPECT_EQ(ask(gateway, "GET /", "X: " + std::string(limits::http_header_bytes, 'x') + "\r\n").status(), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(ask(gateway, "POST /rpc", json_type + bearer + "Content-Length: " + std::to_string(limits::rpc_message_bytes + 1) + "\r\n").status(),
            "HTTP/1.1 413 Payload Too Large");
  std::string chunks;
  for (std::size_t sent = 0; sent <= limits::rpc_message_bytes; sent += 0x100000)
    chunks += "100000\r\n" + std::string(0x100000, 'x') + "\r\n";
  EXPECT_EQ(ask(gateway, "POST /rpc", json_type + bearer + "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n").status(), "HTTP/1.1 413 Payload Too Large");
  raw_socket noise{gateway.port()};
  noise.send("\x16\x03\x01nonsense\r\n\r\n");
  EXPECT_NE(noise.read_all().find("400 Bad Request"), std::string::npos);
  auto large = R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[")" + std::string(1u << 20, 'x') + "\"]}";
  EXPECT_EQ(post(gateway, json_type + bearer, large).body.size(), large.size() - 16);
}

TEST(http_server, half_open_and_silent_connections_end) {
  test_gateway gateway{{.head_deadline = 50ms, .idle_deadline = 50ms, .progress_deadline = 50ms}};
  raw_socket silent{gateway.port()};
  raw_socket slow_head{gateway.port()};
  slow_head.send("GET / HTTP/1.1\r\nHo");
  raw_socket slow_body{gateway.port()};
  slow_body.send("POST /rpc HTTP/1.1\r\nHost: " + gateway.host() + "\r\n" + json_type + "Content-Length: 10\r\n\r\nxx");
  raw_socket idle{gateway.port()};
  idle.send("GET /healthz HTTP/1.1\r\nHost: " + gateway.host() + "\r\n\r\n");
  EXPECT_NE(idle.read_until("}").find("200 OK"), std::string::npos);
  for (auto* one : {&silent, &slow_head, &slow_body, &idle})
    EXPECT_TRUE(one->closed_by_peer());
}

TEST(http_server, more_connections_than_the_limit_are_turned_away) {
  test_gateway gateway{{.connections = 2}};
  raw_socket first{gateway.port()};
  raw_socket second{gateway.port()};
  raw_socket third{gateway.port()};
  EXPECT_TRUE(third.closed_by_peer());
  first.send("GET /healthz HTTP/1.1\r\nHost: " + gateway.host() + "\r\n\r\n");
  EXPECT_NE(first.read_until("}").find("200 OK"), std::string::npos);
}

TEST(http_server, a_handler_that_forgets_to_answer_is_answered_for) {
  test_gateway gateway;
  gateway.instead = [](const http_request&, const http_responder&) {};
  EXPECT_EQ(ask(gateway, "GET /healthz").status(), "HTTP/1.1 503 Service Unavailable");
  gateway.io.execute([&] {
    gateway.instead = [](const http_request&, const http_responder& respond) {
      respond({.body = "first"});
      respond({.body = "second"});
    };
  });
  EXPECT_EQ(ask(gateway, "GET /healthz").body, "first");
}

TEST(http_server, a_handler_cannot_split_the_answer) {
  test_gateway gateway;
  gateway.instead = [](const http_request&, const http_responder& respond) {
    respond({.body = "{}", .headers = {{"X-Good", "yes"}, {"X-Bad", "a\r\nSet-Cookie: stolen=1"}, {"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}}});
  };
  auto got = ask(gateway, "GET /healthz");
  EXPECT_TRUE(got.has("X-Good: yes\r\n"));
  EXPECT_FALSE(got.has("stolen"));
  EXPECT_TRUE(got.has("Set-Cookie: a=1\r\n"));
  EXPECT_TRUE(got.has("Set-Cookie: b=2\r\n"));
}

// -- blobs -------------------------------------------------------------------------

const std::string blob_name(64, 'a');

TEST(http_server, blobs_come_and_go_in_pieces_and_ranges) {
  test_gateway gateway;
  std::string bytes(1'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 31 >> 3);
  EXPECT_EQ(ask(gateway, "PUT /blob/" + blob_name, bearer + length_of(bytes), bytes).status(), "HTTP/1.1 201 Created");
  EXPECT_TRUE(gateway.blob(blob_name) == bytes);
  auto all = ask(gateway, "GET /blob/" + blob_name);
  EXPECT_TRUE(all.body == bytes);
  EXPECT_TRUE(all.has("Accept-Ranges: bytes\r\n"));
  EXPECT_TRUE(all.has("sandbox"));
  auto part = ask(gateway, "GET /blob/" + blob_name, "Range: bytes=100000-299999\r\n");
  EXPECT_EQ(part.status(), "HTTP/1.1 206 Partial Content");
  EXPECT_TRUE(part.has("Content-Range: bytes 100000-299999/1000000\r\n"));
  EXPECT_TRUE(part.body == bytes.substr(100'000, 200'000));
  auto beyond = ask(gateway, "GET /blob/" + blob_name, "Range: bytes=1000000-\r\n");
  EXPECT_EQ(beyond.status(), "HTTP/1.1 416 Range Not Satisfiable");
  EXPECT_TRUE(beyond.has("Content-Range: bytes */1000000\r\n"));
  auto head = ask(gateway, "HEAD /blob/" + blob_name);
  EXPECT_TRUE(head.has("Content-Length: 1000000\r\n"));
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(ask(gateway, "GET /blob/" + std::string(64, 'b')).status(), "HTTP/1.1 404 Not Found");
}

TEST(http_server, an_upload_may_be_chunked_and_may_wait_for_leave) {
  test_gateway gateway;
  EXPECT_EQ(ask(gateway, "PUT /blob/" + blob_name, bearer + "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").status(),
            "HTTP/1.1 201 Created");
  EXPECT_EQ(gateway.blob(blob_name), "abcde");
  raw_socket polite{gateway.port()};
  polite.send("PUT /blob/" + blob_name + " HTTP/1.1\r\nHost: " + gateway.host() + "\r\n" + bearer + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(polite.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  polite.send("xyz");
  EXPECT_NE(polite.read_until("\r\n\r\n").find("201 Created"), std::string::npos);
  EXPECT_EQ(gateway.blob(blob_name), "xyz");
}

TEST(http_server, a_refused_upload_is_told_though_it_was_not_read) {
  test_gateway gateway;
  std::string bytes(3'000'000, 'x');
  EXPECT_EQ(ask(gateway, "PUT /blob/" + blob_name, length_of(bytes), bytes).status(), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(ask(gateway, "PUT /blob/" + blob_name, bearer + "Content-Length: " + std::to_string(limits::blob_bytes + 1) + "\r\n").status(),
            "HTTP/1.1 413 Payload Too Large");
  raw_socket broken{gateway.port()};
  broken.send("PUT /blob/" + blob_name + " HTTP/1.1\r\nHost: " + gateway.host() + "\r\n" + bearer + "Content-Length: 10\r\n\r\nxx");
  broken.shutdown_send();
  EXPECT_TRUE(broken.closed_by_peer());
  EXPECT_EQ(gateway.blob(blob_name), "");
}

TEST(http_server, an_upload_is_read_no_faster_than_it_is_asked_for) {
  test_gateway gateway;
  std::mutex lock;
  piece_source content;
  http_responder answer;
  std::condition_variable changed;
  gateway.instead = [&](http_request request, http_responder respond) {
    std::lock_guard guard{lock};
    content = request.content;
    answer = respond;
    changed.notify_all();
  };
  raw_socket client{gateway.port()};
  client.send("PUT /blob/" + blob_name + " HTTP/1.1\r\nHost: " + gateway.host() + "\r\n" + bearer + "Content-Length: 200000\r\n\r\n" +
              std::string(200'000, 'x'));
  std::unique_lock guard{lock};
  ASSERT_TRUE(changed.wait_for(guard, 60s, [&] { return content != nullptr; }));
  std::vector<std::size_t> sizes;
  auto take = [&](result<std::string> piece) {
    std::lock_guard inner{lock};
    sizes.push_back(piece ? piece->size() : 9999);
    changed.notify_all();
  };
  for (std::size_t asked = 1; asked <= 5; ++asked) {
    guard.unlock();
    content(take);
    guard.lock();
    ASSERT_TRUE(changed.wait_for(guard, 60s, [&] { return sizes.size() == asked; }));
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{65536, 65536, 65536, 200'000 - 3 * 65536, 0}));
  guard.unlock();
  answer({.status = 201, .body = "{}"});
  EXPECT_NE(client.read_until("\r\n\r\n").find("201"), std::string::npos);
  content(take); // the request is over
  gateway.io.execute([] {});
  EXPECT_EQ(sizes.back(), 9999u);
}

TEST(http_server, a_download_whose_source_fails_breaks_off) {
  test_gateway gateway;
  gateway.instead = [](const http_request&, const http_responder& respond) {
    auto given = std::make_shared<int>(0);
    respond({.stream =
                 [given](const piece_taker& take) {
                   if (++*given == 1)
                     take(std::string(1000, 'x'));
                   else
                     take(fail(errc::corrupt, "gone"));
                 },
             .stream_bytes = 5000});
  };
  auto got = ask(gateway, "GET /blob/" + blob_name);
  EXPECT_TRUE(got.has("Content-Length: 5000\r\n"));
  EXPECT_EQ(got.body.size(), 1000u);
}

// -- websockets ----------------------------------------------------------------------

std::string open_ipc(raw_socket& client, const test_gateway& gateway, const std::string& headers) {
  client.send("GET /ipc HTTP/1.1\r\nHost: " + gateway.host() +
              "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + "Sec-WebSocket-Version: 13\r\n" + headers +
              "\r\n");
  return client.read_until("\r\n\r\n");
}

std::string masked(uint8_t opcode, const std::string& bytes) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | bytes.size()), 0, 0, 0, 0} + bytes;
}

TEST(http_server, a_page_opens_a_websocket_with_its_token_as_a_subprotocol) {
  test_gateway gateway;
  raw_socket page{gateway.port()};
  auto answer = open_ipc(page, gateway, "Sec-WebSocket-Protocol: lama.ipc.v1, bearer.secret-token\r\nOrigin: http://" + gateway.host() + "\r\n");
  EXPECT_NE(answer.find("101 Switching Protocols"), std::string::npos);
  EXPECT_NE(answer.find("Sec-WebSocket-Protocol: lama.ipc.v1\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("secret-token"), std::string::npos);
  page.send(masked(1, R"({"jsonrpc":"2.0","id":1,"method":"m"})"));
  EXPECT_TRUE(page.read_until("{}}").ends_with(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
  auto id = gateway.sessions.first();
  gateway.server->close(id, 1000, "bye");
  EXPECT_TRUE(page.read_until("bye").ends_with("bye"));
}

TEST(http_server, websockets_are_refused_without_token_and_from_other_sites) {
  test_gateway gateway;
  raw_socket none{gateway.port()};
  EXPECT_NE(open_ipc(none, gateway, "").find("401 Unauthorized"), std::string::npos);
  raw_socket wrong{gateway.port()};
  EXPECT_NE(open_ipc(wrong, gateway, "Sec-WebSocket-Protocol: lama.ipc.v1, bearer.other\r\n").find("401 Unauthorized"), std::string::npos);
  raw_socket evil{gateway.port()};
  EXPECT_NE(open_ipc(evil, gateway, bearer + "Origin: http://evil.example\r\n").find("403 Forbidden"), std::string::npos);
  EXPECT_EQ(gateway.sessions.count(), 0u);
}

TEST(http_server, websockets_speak_text) {
  test_gateway gateway{{.close_deadline = 50ms}};
  raw_socket page{gateway.port()};
  open_ipc(page, gateway, bearer);
  page.send(masked(2, "binary"));
  ASSERT_TRUE(gateway.sessions.wait_closed(gateway.sessions.first()));
  EXPECT_EQ(gateway.sessions.at(gateway.sessions.first()).closed->code, 1003);
  EXPECT_TRUE(gateway.sessions.at(gateway.sessions.first()).frames.empty());
}

TEST(http_server, a_silent_page_is_pinged_and_then_cut) {
  test_gateway gateway{{.ping_after = 30ms}};
  raw_socket page{gateway.port()};
  open_ipc(page, gateway, bearer);
  EXPECT_EQ(page.read_until(std::string{"\x89\0", 2}), (std::string{"\x89\0", 2}));
  page.send(masked(10, "")); // a pong keeps it alive until the next
  EXPECT_EQ(page.read_until(std::string{"\x89\0", 2}), (std::string{"\x89\0", 2}));
  ASSERT_TRUE(gateway.sessions.wait_closed(gateway.sessions.first()));
  EXPECT_NE(gateway.sessions.at(gateway.sessions.first()).closed->reason.find("No sign of life"), std::string::npos);
}

TEST(http_server, shutdown_under_load_twenty_times) {
  for (int round = 0; round < 20; ++round) {
    test_gateway gateway;
    std::atomic<bool> stop{false};
    std::vector<std::thread> clients;
    std::atomic<int> answered{0};
    for (int i = 0; i < 3; ++i)
      clients.emplace_back([&] {
        auto request = "GET /healthz HTTP/1.1\r\nHost: " + gateway.host() + "\r\n\r\n";
        try {
          while (!stop) {
            raw_socket client{gateway.port()};
            for (int n = 0; n < 20 && !stop; ++n) {
              client.send(request);
              if (client.read_until("}").empty())
                break;
              ++answered;
            }
          }
        } catch (const std::runtime_error&) {
          // the listener is gone
        }
      });
    raw_socket page{gateway.port()};
    open_ipc(page, gateway, bearer);
    while (answered < 30)
      std::this_thread::yield();
    gateway.server->shutdown();
    EXPECT_TRUE(gateway.sessions.at(gateway.sessions.first()).closed);
    stop = true;
    for (auto& client : clients)
      client.join();
  }
}

} // namespace
} // namespace lama::net
