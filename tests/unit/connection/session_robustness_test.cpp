#include "tests/unit/connection/replay.hpp"

#include <gtest/gtest.h>

/// Damaged means refused, whatever the damage: recorded connections with random changes, and noise.
using namespace lama;
using namespace lama::testing;

namespace {

struct recording_name {
  const char* file;
  const char* name;
};

constexpr recording_name recordings[] = {{"handshake.json", "chum_connect_until_synchronisation"}, {"pairing.json", "successful_pairing"}};
constexpr connection_role roles[] = {connection_role::initiator, connection_role::acceptor};

/// One random change. Never none.
void damage(std::string& bytes, random_source& random) {
  switch (bytes.empty() ? 2 : random.below(5)) {
  case 0:
    bytes[random.below(bytes.size())] ^= static_cast<char>(1u << random.below(8));
    break;
  case 1:
    bytes.resize(random.below(bytes.size()));
    break;
  case 2:
    bytes.insert(random.below(bytes.size() + 1), random.bytes(1 + random.below(40)));
    break;
  case 3: {
    auto at = random.below(bytes.size());
    auto length = 1 + random.below(bytes.size() - at);
    bytes.insert(at, bytes.substr(at, length));
    break;
  }
  default: {
    auto& byte = bytes[random.below(bytes.size())];
    auto before = byte;
    byte = "\"{}[]:,0\\u\xF0\xED"[random.below(12)];
    if (byte == before)
      byte ^= 1;
    break;
  }
  }
}

/// Whatever came in: the session has closed with a reason and told why, or it waits with a deadline.
void expect_sound(const host& us) {
  if (us.machine.is_closed()) {
    EXPECT_TRUE(us.close_reason.starts_with("Close called")) << us.close_reason;
    EXPECT_LE(us.close_reason.size(), 123u);
    EXPECT_FALSE(us.machine.next_deadline());
  } else {
    EXPECT_TRUE(us.machine.next_deadline());
  }
  EXPECT_LE(us.sent.size(), 16u) << "it says no more than the protocol has steps";
}

TEST(SessionRobustness, RefusesDamagedFrames) {
  seeded_random chance{11};
  for (const auto& x : recordings) {
    for (auto role : roles) {
      replay original{x.file, x.name, role};
      auto from = role == connection_role::initiator ? "acceptor" : "initiator";
      auto count = original.frames_of(from).size();
      for (int round = 0; round < 60; ++round) {
        replay recording{x.file, x.name, role};
        host us{*recording.machine, *recording.who};
        recording.random.go_on_with(recording.more_random);
        us.machine.opened(start);
        us.settle();
        auto frames = recording.frames_of(from);
        auto which = chance.below(count);
        damage(frames[which].bytes, chance);
        for (auto& frame : frames) {
          us.machine.receive(std::move(frame), start);
          us.settle();
        }
        expect_sound(us);
        // The first text may be damaged without a change of its meaning (`a` to `A`, a repeated member); what comes boxed may not.
        if (which > 0) {
          EXPECT_FALSE(us.established || us.paired) << x.name << ", frame " << which << ", round " << round;
          EXPECT_TRUE(us.machine.is_closed());
        }
      }
    }
  }
}

TEST(SessionRobustness, RefusesDamagedMessagesOfAPeerThatHasTheKeys) {
  seeded_random chance{12};
  for (const auto& x : recordings) {
    for (auto role : roles) {
      for (int round = 0; round < 150; ++round) {
        replay recording{x.file, x.name, role};
        host us{*recording.machine, *recording.who};
        auto which = 2 + chance.below(9);
        recording.run_edited(us, [&](std::size_t index, message& content) {
          if (index != which)
            return;
          damage(content.bytes, chance);
          if (chance.below(10) == 0)
            content.text = !content.text;
        });
        expect_sound(us);
        // Whoever got in is who the recording says.
        if (us.established || us.paired) {
          ASSERT_TRUE(us.peer);
          EXPECT_TRUE(us.peer->peer.email == "bob@example.test" || us.peer->peer.email == "alice@example.test");
        }
      }
    }
  }
}

TEST(SessionRobustness, RefusesFramesLostRepeatedOrSwapped) {
  seeded_random chance{13};
  for (const auto& x : recordings) {
    for (auto role : roles) {
      for (int round = 0; round < 30; ++round) {
        replay recording{x.file, x.name, role};
        host us{*recording.machine, *recording.who};
        recording.random.go_on_with(recording.more_random);
        us.machine.opened(start);
        us.settle();
        auto frames = recording.frames_of(role == connection_role::initiator ? "acceptor" : "initiator");
        auto at = chance.below(frames.size() - 1);
        auto how = chance.below(3);
        if (how == 0)
          frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at));
        else if (how == 1)
          frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at), frames[at]);
        else
          std::swap(frames[at], frames[at + 1]);
        for (auto& frame : frames) {
          us.machine.receive(std::move(frame), start);
          us.settle();
        }
        expect_sound(us);
        EXPECT_FALSE(us.established || us.paired) << x.name << ", frame " << at << ", change " << how;
      }
    }
  }
}

TEST(SessionRobustness, RefusesNoise) {
  seeded_random chance{14};
  for (int round = 0; round < 500; ++round) {
    for (auto role : roles) {
      replay recording{"handshake.json", "chum_connect_until_synchronisation", role};
      host us{*recording.machine, *recording.who};
      recording.random.go_on_with(recording.more_random);
      us.machine.opened(start);
      us.settle();
      auto frames = recording.frames_of(role == connection_role::initiator ? "acceptor" : "initiator");
      auto honest = chance.below(4); // noise right away, or after some steps
      for (std::size_t i = 0; i < honest; ++i) {
        us.machine.receive(frames[i], start);
        us.settle();
      }
      for (int i = 0; i < 20; ++i) {
        us.machine.receive({chance.below(2) == 0, chance.bytes(chance.below(300))}, start);
        us.settle();
      }
      EXPECT_TRUE(us.machine.is_closed());
      EXPECT_FALSE(us.established);
      expect_sound(us);
    }
  }
}

TEST(SessionRobustness, RefusesDeepJson) {
  for (const auto& deep : {std::string(60000, '['), [] {
                             std::string objects;
                             for (int i = 0; i < 10000; ++i)
                               objects += "{\"a\":";
                             return objects;
                           }()}) {
    seeded_random random{1};
    session machine{random};
    host us{machine, party{load_vectors("handshake.json").at("parties").at("alice")}};
    machine.opened(start);
    machine.receive({true, deep}, start);
    us.settle();
    EXPECT_TRUE(us.close_reason.starts_with("Close called: Error: Received message that does not conform to JSON"));
  }
}

/// Below the session: a sender's frames either arrive as they were sent, or not at all.
TEST(SessionRobustness, AnAlteredFrameNeverBecomesAMessage) {
  seeded_random random{15};
  key32 key;
  random.fill(key);
  for (int round = 0; round < 300; ++round) {
    secure_channel sender{key, connection_role::initiator, random, start};
    secure_channel receiver{key, connection_role::acceptor, random, start};
    auto content = random.bytes(random.below(3) == 0 ? random.below(200000) : random.below(200));
    std::vector<wire_frame> frames;
    ASSERT_TRUE(sender.send_binary(content, start, frames));
    auto altered = random.below(frames.size() + 1); // one beyond: none
    std::optional<message> got;
    bool failed = false;
    for (std::size_t i = 0; i < frames.size() && !failed; ++i) {
      if (i == altered)
        damage(frames[i].bytes, random);
      auto received = receiver.receive(std::move(frames[i]), start);
      failed = !received;
      if (received && *received)
        got = std::move(**received);
    }
    EXPECT_EQ(failed, altered < frames.size());
    if (!failed) {
      EXPECT_EQ(got, (message{false, content}));
    } else {
      EXPECT_FALSE(got);
    }
  }
}

} // namespace
