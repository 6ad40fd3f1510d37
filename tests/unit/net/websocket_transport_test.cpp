#include "harness.hpp"
#include "net/websocket_transport.hpp"
#include "raw_socket.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace lama::net {
namespace {

using testing::raw_socket;
using testing::recorder;
using testing::silent_listener;
using namespace std::chrono_literals;

/// A listener and a client on one I/O thread; the recorders outlive both.
class transport_test : public ::testing::Test {
protected:
  void start(transport_options options = {}) {
    transport_ = std::make_unique<websocket_transport>(io_, options);
    auto listening = transport_->listen("127.0.0.1", 0, [this](connection_id) { return served_.events(); });
    ASSERT_TRUE(listening) << listening.failure().message;
    listener_ = *listening;
  }
  std::string address() const {
    return "ws://127.0.0.1:" + std::to_string(listener_.port);
  }
  connection_id connect(const std::string& path = "/") {
    return transport_->connect(address() + path, client_.events());
  }
  /// An open pair: the client's id and the server's.
  std::pair<connection_id, connection_id> open_pair() {
    auto here = connect();
    EXPECT_TRUE(client_.wait_opened(here));
    auto there = served_.first();
    EXPECT_TRUE(served_.wait_opened(there));
    return {here, there};
  }
  void TearDown() override {
    if (transport_)
      transport_->shutdown();
    io_.stop();
  }

  recorder served_;
  recorder client_;
  io_thread io_;
  std::unique_ptr<websocket_transport> transport_;
  transport::listener listener_{};
};

TEST_F(transport_test, text_and_binary_arrive_in_order_both_ways) {
  start();
  auto [here, there] = open_pair();
  EXPECT_NE(here, there);
  transport_->send(here, {true, "first"});
  transport_->send(here, {false, std::string{"\0\xff", 2}});
  transport_->send(here, {true, ""});
  ASSERT_TRUE(served_.wait_frames(there, 3));
  EXPECT_EQ(served_.at(there).frames, (std::vector<frame>{{true, "first"}, {false, std::string{"\0\xff", 2}}, {true, ""}}));
  transport_->send(there, {false, "back"});
  ASSERT_TRUE(client_.wait_frames(here, 1));
  EXPECT_EQ(client_.at(here).frames[0], (frame{false, "back"}));
}

TEST_F(transport_test, frames_sent_before_it_is_open_are_kept) {
  start();
  auto here = connect("/path?query");
  transport_->send(here, {true, "early"});
  auto there = served_.first();
  ASSERT_TRUE(served_.wait_frames(there, 1));
  EXPECT_EQ(served_.at(there).frames[0].bytes, "early");
}

TEST_F(transport_test, reading_stops_when_the_credit_is_used_up) {
  start();
  auto [here, there] = open_pair();
  for (int i = 0; i < 200; ++i)
    transport_->send(here, {true, std::to_string(i)});
  transport_->send(there, {true, "marker"}); // when it has come, the server's thread has been through its work
  ASSERT_TRUE(client_.wait_frames(here, 1));
  ASSERT_TRUE(served_.wait_frames(there, initial_credits));
  EXPECT_EQ(served_.at(there).frames.size(), initial_credits);
  transport_->grant(there, 36);
  ASSERT_TRUE(served_.wait_frames(there, 100));
  transport_->send(there, {true, "marker"});
  ASSERT_TRUE(client_.wait_frames(here, 2));
  EXPECT_EQ(served_.at(there).frames.size(), 100u);
  transport_->grant(there, 100);
  ASSERT_TRUE(served_.wait_frames(there, 200));
  EXPECT_EQ(served_.at(there).frames[199].bytes, "199");
}

TEST_F(transport_test, a_reader_that_does_not_read_is_cut_at_the_queue_limit) {
  start({.queue_bytes = 4u << 20});
  auto [here, there] = open_pair();
  for (int i = 0; i < 5000 && !client_.at(here).closed; ++i) // no credit is given: the sockets' own buffers fill, then the queue
    transport_->send(here, {false, std::string(60'000, 'x')});
  ASSERT_TRUE(client_.wait_closed(here));
  EXPECT_NE(client_.at(here).closed->reason.find("does not read"), std::string::npos);
  EXPECT_EQ(transport_->queued_bytes(here), 0u);
}

TEST_F(transport_test, queued_bytes_go_up_and_down) {
  start();
  auto [here, there] = open_pair();
  served_.keep_frames = false;
  // On the I/O thread, which so writes nothing before the bytes are counted: the kernel might take all of them at once.
  io_.execute([this, id = here] {
    for (int i = 0; i < 100; ++i)
      transport_->send(id, {false, std::string(1u << 16, 'x')});
    EXPECT_GT(transport_->queued_bytes(id), 0u);
  });
  transport_->grant(there, 100);
  ASSERT_TRUE(served_.wait_frames(there, 100));
  transport_->send(here, {true, "last"});
  ASSERT_TRUE(served_.wait_frames(there, 101));
  transport_->send(there, {true, "answer"});
  ASSERT_TRUE(client_.wait_frames(here, 1)); // the client's thread has noted the end of its last write before
  EXPECT_EQ(transport_->queued_bytes(here), 0u);
}

TEST_F(transport_test, a_refused_connection_says_so) {
  start();
  transport_->stop_listening(listener_.id);
  io_.execute([] {});
  auto id = connect();
  ASSERT_TRUE(client_.wait_closed(id));
  EXPECT_EQ(client_.at(id).closed->code, close_code::abnormal);
  EXPECT_NE(client_.at(id).closed->reason.find("refused"), std::string::npos);
  EXPECT_FALSE(client_.at(id).opened);
}

TEST_F(transport_test, a_bad_address_is_told_by_an_event) {
  start();
  for (const auto* bad : {"", "http://127.0.0.1/", "ws://", "ws://127.0.0.1:0/", "ws://a b/", "ws://[::1/"}) {
    auto id = transport_->connect(bad, client_.events());
    ASSERT_TRUE(client_.wait_closed(id)) << bad;
    EXPECT_NE(client_.at(id).closed->reason.find("ws://HOST"), std::string::npos) << bad;
  }
}

TEST_F(transport_test, a_peer_that_is_silent_in_the_handshake_is_given_up) {
  start({.handshake_deadline = 50ms});
  raw_socket silent{listener_.port};
  EXPECT_TRUE(silent.closed_by_peer());
  auto there = served_.first();
  ASSERT_TRUE(served_.wait_closed(there));
  EXPECT_FALSE(served_.at(there).opened);
  raw_socket slow{listener_.port};
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(slow.closed_by_peer());
}

TEST_F(transport_test, connecting_to_a_silent_listener_ends_at_the_deadline) {
  start();
  silent_listener silent;
  auto id = transport_->connect("ws://127.0.0.1:" + std::to_string(silent.port()), client_.events(), 50);
  ASSERT_TRUE(client_.wait_closed(id));
  EXPECT_EQ(client_.at(id).closed->code, close_code::abnormal);
  EXPECT_NE(client_.at(id).closed->reason.find("within 50 ms"), std::string::npos);
}

TEST_F(transport_test, big_frames_pass_once_the_limit_is_raised) {
  start();
  auto [here, there] = open_pair();
  transport_->set_message_limit(there, limits::websocket_message_bytes);
  std::string big(20u << 20, '\0');
  for (std::size_t i = 0; i < big.size(); i += 997)
    big[i] = static_cast<char>(i);
  transport_->send(there, {true, "raised"});
  ASSERT_TRUE(client_.wait_frames(here, 1));
  transport_->send(here, {false, "small before"});
  transport_->send(here, {false, big});
  transport_->send(here, {false, "small after"});
  ASSERT_TRUE(served_.wait_frames(there, 3));
  auto frames = served_.at(there).frames;
  EXPECT_EQ(frames[0].bytes, "small before");
  EXPECT_TRUE(frames[1].bytes == big);
  EXPECT_EQ(frames[2].bytes, "small after");
  transport_->set_message_limit(here, limits::websocket_message_bytes);
  io_.execute([] {});
  transport_->send(there, {false, big});
  ASSERT_TRUE(client_.wait_frames(here, 2));
  EXPECT_TRUE(client_.at(here).frames[1].bytes == big);
}

TEST_F(transport_test, a_message_over_the_limit_closes_with_1009) {
  start();
  auto [here, there] = open_pair();
  transport_->send(here, {false, std::string(limits::handshake_message_bytes, 'x')});
  ASSERT_TRUE(served_.wait_frames(there, 1));
  transport_->send(here, {false, std::string(limits::handshake_message_bytes + 1, 'x')});
  ASSERT_TRUE(served_.wait_closed(there));
  EXPECT_EQ(served_.at(there).closed->code, close_code::too_big);
  ASSERT_TRUE(client_.wait_closed(here));
  EXPECT_EQ(client_.at(here).closed->code, close_code::too_big) << client_.at(here).closed->reason;
}

TEST_F(transport_test, a_close_reason_arrives_after_what_was_queued) {
  start();
  auto [here, there] = open_pair();
  for (int i = 0; i < 50; ++i)
    transport_->send(there, {true, std::to_string(i)});
  transport_->close(there, 1000, "Close called: Error: We do not accept connections for this target public key");
  transport_->send(there, {true, "never sent"});
  ASSERT_TRUE(client_.wait_closed(here));
  EXPECT_EQ(client_.at(here).frames.size(), 50u);
  EXPECT_EQ(client_.at(here).closed->reason, "Close called: Error: We do not accept connections for this target public key");
  EXPECT_EQ(client_.at(here).closed->code, 1000);
  ASSERT_TRUE(served_.wait_closed(there));
  EXPECT_EQ(served_.at(there).closed->reason, "Close called: Error: We do not accept connections for this target public key");
}

TEST_F(transport_test, a_long_reason_is_cut_at_a_character) {
  start();
  auto [here, there] = open_pair();
  std::string reason(122, 'a');
  transport_->close(here, 1000, reason + "\xc3\xa4 and more");
  ASSERT_TRUE(served_.wait_closed(there));
  EXPECT_EQ(served_.at(there).closed->reason, reason);
}

TEST_F(transport_test, a_peer_that_never_answers_the_close_is_cut) {
  start({.close_deadline = 50ms});
  raw_socket deaf{listener_.port};
  EXPECT_NE(deaf.open_websocket().find("101"), std::string::npos);
  auto there = served_.first();
  ASSERT_TRUE(served_.wait_opened(there));
  transport_->close(there, 1000, "bye");
  ASSERT_TRUE(served_.wait_closed(there));
  EXPECT_EQ(served_.at(there).closed->reason, "bye");
  EXPECT_TRUE(deaf.closed_by_peer());
}

TEST_F(transport_test, a_connection_that_breaks_off_is_told) {
  start();
  {
    raw_socket peer{listener_.port};
    peer.open_websocket();
    ASSERT_TRUE(served_.wait_opened(served_.first()));
  }
  ASSERT_TRUE(served_.wait_closed(served_.first()));
  EXPECT_EQ(served_.at(served_.first()).closed->code, close_code::abnormal);
}

TEST_F(transport_test, a_half_closed_connection_ends) {
  start();
  raw_socket peer{listener_.port};
  peer.open_websocket();
  ASSERT_TRUE(served_.wait_opened(served_.first()));
  peer.shutdown_send();
  ASSERT_TRUE(served_.wait_closed(served_.first()));
  EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(transport_test, the_listener_echoes_the_first_subprotocol_and_declines_compression) {
  start();
  raw_socket peer{listener_.port};
  auto answer = peer.open_websocket("/any?thing");
  EXPECT_NE(answer.find("101 Switching Protocols"), std::string::npos);
  EXPECT_NE(answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_NE(answer.find("Sec-WebSocket-Protocol: first\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("deflate"), std::string::npos);
}

TEST_F(transport_test, pings_are_answered_and_bad_frames_are_not_taken) {
  start({.close_deadline = 50ms});
  raw_socket peer{listener_.port};
  peer.open_websocket();
  peer.send(std::string{"\x89\x82\0\0\0\0hi", 8}); // ping "hi", masked with zeros
  EXPECT_EQ(peer.read_until("hi"), "\x8a\x02hi");
  peer.send(std::string{"\xc1\x81\0\0\0\0x", 7}); // a reserved bit, as compression would set
  ASSERT_TRUE(served_.wait_closed(served_.first()));
  EXPECT_EQ(served_.at(served_.first()).closed->code, 1002);
  EXPECT_TRUE(served_.at(served_.first()).frames.empty());
}

TEST_F(transport_test, what_is_not_a_websocket_request_is_refused) {
  start();
  raw_socket peer{listener_.port};
  peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(peer.read_all().find("HTTP/1.1 4"), std::string::npos);
  raw_socket noise{listener_.port};
  noise.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_TRUE(noise.closed_by_peer());
  raw_socket endless{listener_.port};
  endless.send("GET / HTTP/1.1\r\nX: " + std::string(limits::http_header_bytes, 'x'));
  EXPECT_TRUE(endless.closed_by_peer());
}

TEST_F(transport_test, more_connections_than_the_limit_are_turned_away) {
  start({.connections = 4});
  open_pair(); // both ends count
  connect();
  auto more = connect();
  ASSERT_TRUE(client_.wait_closed(more));
  EXPECT_EQ(client_.at(more).closed->code, close_code::abnormal);
  EXPECT_LE(served_.count(), 2u);
}

TEST_F(transport_test, a_taken_port_is_told_with_what_to_do) {
  start();
  auto second = transport_->listen("127.0.0.1", listener_.port, [this](connection_id) { return served_.events(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.failure().code, errc::io_failure);
  EXPECT_NE(second.failure().message.find("choose another port"), std::string::npos);
  EXPECT_FALSE(transport_->listen("no.such.host.invalid", 0, [this](connection_id) { return served_.events(); }));
}

TEST_F(transport_test, stopping_to_listen_leaves_what_is_connected) {
  start();
  auto [here, there] = open_pair();
  transport_->stop_listening(listener_.id);
  io_.execute([] {});
  EXPECT_THROW(raw_socket{listener_.port}, std::runtime_error);
  transport_->send(here, {true, "still"});
  EXPECT_TRUE(served_.wait_frames(there, 1));
}

TEST_F(transport_test, an_id_that_is_unknown_or_gone_does_nothing) {
  start();
  auto [here, there] = open_pair();
  transport_->close(here, 1000, "bye");
  ASSERT_TRUE(client_.wait_closed(here));
  transport_->send(here, {true, "x"});
  transport_->close(here, 1000, "again");
  transport_->grant(here, 5);
  transport_->set_message_limit(987654321, 5);
  EXPECT_EQ(transport_->queued_bytes(here), 0u);
}

TEST_F(transport_test, events_are_dropped_with_the_connection) {
  start();
  auto held = std::make_shared<int>(1);
  auto events = client_.events();
  events.opened = [held, previous = events.opened](connection_id id) { previous(id); };
  auto here = transport_->connect(address(), std::move(events));
  ASSERT_TRUE(client_.wait_opened(here));
  EXPECT_GT(held.use_count(), 1);
  transport_->close(here, 1000, "bye");
  ASSERT_TRUE(client_.wait_closed(here));
  io_.execute([] {}); // past the event itself
  EXPECT_EQ(held.use_count(), 1);
}

TEST(transport_shutdown, under_load_twenty_times) {
  for (int round = 0; round < 20; ++round) {
    recorder served;
    recorder client;
    served.keep_frames = client.keep_frames = false;
    io_thread io;
    websocket_transport transport{io};
    served.on_frame = [&](connection_id id, const frame& got) {
      transport.grant(id, 1);
      transport.send(id, got);
    };
    client.on_frame = [&](connection_id id, const frame&) { transport.grant(id, 1); };
    auto listening = transport.listen("127.0.0.1", 0, [&](connection_id) { return served.events(); });
    ASSERT_TRUE(listening);
    std::vector<connection_id> ids;
    for (int i = 0; i < 8; ++i)
      ids.push_back(transport.connect("ws://127.0.0.1:" + std::to_string(listening->port), client.events()));
    std::atomic<bool> stop = false;
    std::thread sender{[&] {
      while (!stop) {
        for (auto id : ids)
          if (transport.queued_bytes(id) < 20'000)
            transport.send(id, {false, std::string(200, 'x')});
        std::this_thread::yield();
      }
    }};
    EXPECT_TRUE(client.wait_frames(ids[0], 100));
    transport.shutdown();
    for (auto id : ids)
      EXPECT_TRUE(client.at(id).closed);
    EXPECT_EQ(transport.connections(), 0u);
    io.stop();
    stop = true;
    sender.join();
  }
}

TEST(transport_shutdown, with_connects_and_closes_in_flight) {
  for (int round = 0; round < 20; ++round) {
    recorder served;
    recorder client;
    io_thread io;
    websocket_transport transport{io};
    auto listening = transport.listen("127.0.0.1", 0, [&](connection_id) { return served.events(); });
    ASSERT_TRUE(listening);
    for (int i = 0; i < 20; ++i) {
      auto id = transport.connect("ws://127.0.0.1:" + std::to_string(listening->port), client.events());
      transport.send(id, {true, "x"});
      if (i % 2)
        transport.close(id, 1000, "changed my mind");
    }
    transport.shutdown();
    auto id = transport.connect("ws://127.0.0.1:1", client.events());
    transport.send(id, {true, "x"});
    io.stop();
    EXPECT_FALSE(client.at(id).closed); // after shutdown nothing is told
  }
}

} // namespace
} // namespace lama::net
