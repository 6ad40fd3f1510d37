#include "protocol/objects/microdata.hpp"
#include "tests/unit/connection/replay.hpp"

#include <gtest/gtest.h>

/// Two sessions with each other: what is not recorded anywhere, time, and the `ipc` group.
using namespace lama;
using namespace lama::testing;
using namespace std::chrono_literals;

namespace {

party named(const char* name) {
  auto vectors = load_vectors("handshake.json");
  return party{vectors.at("parties").at(name)};
}

/// An initiator and an acceptor with a wire between them.
struct connection {
  explicit connection(initiator_settings settings) : there(std::move(settings), random), here(random), bob(there, named("bob")), alice(here, named("alice")) {
    // nop
  }

  void open(time_point now = start) {
    bob.now = alice.now = now;
    there.opened(now);
    here.opened(now);
    run(now);
  }

  /// Carries frames both ways until nobody has anything to say, and closes on both sides when one does.
  void run(time_point now = start) {
    bob.now = alice.now = now;
    for (bool moved = true; moved;) {
      moved = carry(bob, alice, now);
      moved = carry(alice, bob, now) || moved;
    }
  }

  static bool carry(host& from, host& to, time_point now) {
    from.settle();
    auto frames = std::exchange(from.sent, {});
    for (auto& frame : frames) {
      to.machine.receive(std::move(frame), now);
      to.settle();
    }
    if (from.machine.is_closed() && !to.machine.is_closed())
      to.machine.closed(from.close_reason);
    return !frames.empty();
  }

  seeded_random random{3};
  session there;
  session here;
  host bob;
  host alice;
};

initiator_settings chum_settings() {
  return {"chum", named("bob").self.instance.encryption, named("alice").self.instance.encryption, named("bob").self};
}

TEST(Session, CarriesMessagesOfAnySizeWhenEstablished) {
  connection both{chum_settings()};
  EXPECT_EQ(both.there.send_text("too early", start).failure().code, errc::conflict);
  both.open();
  ASSERT_TRUE(both.bob.established && both.alice.established);
  std::string large(1 << 20, 'x');
  ASSERT_TRUE(both.there.send_text("hello", start));
  ASSERT_TRUE(both.there.send_binary(large, start));
  ASSERT_TRUE(both.here.send_text("synchronisation", start));
  both.run();
  EXPECT_EQ(both.alice.messages, (std::vector<message>{{true, "hello"}, {false, large}}));
  EXPECT_EQ(both.bob.messages, (std::vector<message>{{true, "synchronisation"}}));
  both.there.close("");
  both.run();
  EXPECT_EQ(both.bob.close_reason, "Close called.");
  EXPECT_FALSE(both.bob.failure || both.alice.failure);
  EXPECT_EQ(both.there.send_text("too late", start).failure().code, errc::conflict);
}

TEST(Session, NamesThePeerBeforeItIsLetIn) {
  connection both{chum_settings()};
  both.alice.refuse_peer = close_why::duplicate_dropped;
  both.open();
  ASSERT_TRUE(both.alice.peer);
  EXPECT_EQ(both.alice.peer->group, "chum");
  EXPECT_EQ(both.alice.peer->peer.email, "bob@example.test");
  EXPECT_EQ(both.alice.peer->peer.person, id_hash_of_person("bob@example.test"));
  EXPECT_EQ(both.alice.peer->peer.instance, id_hash_of_instance("bob-instance", both.alice.peer->peer.person));
  EXPECT_EQ(both.alice.peer->own_key, named("alice").self.instance.encryption);
  EXPECT_EQ(both.alice.close_reason, "Close called: Duplicate connection - dropped new connection");
  EXPECT_FALSE(both.alice.failure) << "it was the host's own will";
  ASSERT_TRUE(both.bob.failure);
  EXPECT_EQ(both.bob.failure->message, "The connection was closed. " + both.alice.close_reason);
  EXPECT_EQ(both.bob.failure->code, errc::offline);
}

TEST(Session, IgnoresAnswersThatNobodyAskedFor) {
  connection both{chum_settings()};
  both.there.proceed(start);
  both.there.refuse("no");
  both.there.provide_shared_key(key32{}, start);
  both.there.provide_identity(named("alice").self, start);
  both.there.receive({true, "before it is open"}, start);
  both.open();
  both.there.proceed(start);
  both.there.refuse("no");
  both.there.opened(start);
  both.run();
  EXPECT_TRUE(both.there.is_established() && both.here.is_established());
}

TEST(Session, WaitsForASlowHost) {
  connection both{chum_settings()};
  both.alice.slow_keys = true;
  both.open();
  EXPECT_FALSE(both.bob.established);
  both.alice.slow_keys = false;
  auto keys = chum_settings();
  both.here.provide_shared_key(both.alice.who.shared(keys.remote_key, keys.own_key), start);
  both.run();
  EXPECT_TRUE(both.bob.established && both.alice.established);
}

TEST(Session, SaysThatItsOwnKeyIsNotThere) {
  auto settings = chum_settings();
  settings.own_key = named("alice").self.person.encryption;
  connection both{settings};
  both.open();
  EXPECT_EQ(both.bob.failure->code, errc::not_found);
}

TEST(Session, GivesUpAfterThirtySecondsOnTheWay) {
  for (auto way : {connection_role::initiator, connection_role::acceptor}) {
    seeded_random random{1};
    std::optional<session> machine;
    if (way == connection_role::initiator)
      machine.emplace(chum_settings(), random);
    else
      machine.emplace(random);
    host us{*machine, named("bob")};
    EXPECT_FALSE(machine->next_deadline());
    machine->opened(start);
    EXPECT_EQ(machine->next_deadline(), start + 30s);
    machine->tick(start + 29999ms);
    EXPECT_FALSE(machine->is_closed());
    machine->tick(start + 30s);
    us.settle();
    EXPECT_EQ(us.close_reason, "Close called: Error: The connection was not established within 30 seconds");
    EXPECT_EQ(us.failure->code, errc::timeout);
    EXPECT_FALSE(machine->next_deadline());
  }
}

TEST(Session, LivesOnKeepalivesAndDiesWithoutThem) {
  connection both{chum_settings()};
  both.open();
  auto now = start;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(both.there.next_deadline(), now + 20s);
    now += 20s;
    both.there.tick(now);
    both.here.tick(now);
    both.run(now);
  }
  EXPECT_TRUE(both.there.is_established() && both.here.is_established());
  EXPECT_TRUE(both.alice.messages.empty());
  both.there.tick(now + 25s);
  both.bob.settle();
  EXPECT_EQ(both.bob.close_reason, "Terminate called: Keepalive: No lifesign of the other side");
  EXPECT_EQ(both.bob.failure->code, errc::timeout);
}

TEST(Session, TellsWhenItWasNeverOpened) {
  connection both{chum_settings()};
  both.there.closed("Timeout expired");
  both.bob.settle();
  EXPECT_EQ(both.bob.failure->message, "The connection was not opened. Timeout expired");
}

initiator_settings pairing_settings() {
  return {"pairing", named("bob").self.person.encryption, named("alice").self.instance.encryption, named("bob").self, "the token"};
}

TEST(Session, PairsAndLetsTheInitiatorClose) {
  connection both{pairing_settings()};
  both.open();
  EXPECT_TRUE(both.bob.paired && both.alice.paired);
  EXPECT_EQ(both.alice.token, "the token");
  EXPECT_EQ(both.alice.identity, named("bob").self);
  EXPECT_EQ(both.bob.identity, named("alice").self);
  EXPECT_EQ(both.bob.close_reason, "Close called.");
  EXPECT_EQ(both.alice.close_reason, "");
  EXPECT_FALSE(both.bob.failure || both.alice.failure);
}

TEST(Session, FinishesAPairingWhoseInitiatorIsGone) {
  replay recording{"pairing.json", "successful_pairing", connection_role::acceptor};
  host us{*recording.machine, *recording.who};
  us.slow_identity = true;
  recording.run(us);
  ASSERT_TRUE(us.identity);
  us.machine.closed("Close called.");
  us.machine.receive({false, "late"}, start);
  us.settle();
  EXPECT_FALSE(us.failure);
  us.machine.proceed(start);
  us.settle();
  EXPECT_TRUE(us.paired);
  EXPECT_TRUE(us.machine.is_closed());
  EXPECT_EQ(us.close_reason, "");
}

TEST(Session, DoesNotLingerForEverAfterAPairing) {
  replay recording{"pairing.json", "successful_pairing", connection_role::acceptor};
  host us{*recording.machine, *recording.who};
  recording.run(us);
  EXPECT_TRUE(us.paired);
  recording.random.go_on_with(recording.more_random);
  us.machine.tick(start + 30s);
  us.settle();
  EXPECT_EQ(us.close_reason, "Close called.");
  EXPECT_FALSE(us.failure);
}

TEST(Session, StopsAPairingThatCannotBeStored) {
  connection both{pairing_settings()};
  both.bob.refuse_identity = "the disk is full";
  both.open();
  EXPECT_FALSE(both.bob.paired || both.alice.paired);
  EXPECT_FALSE(both.alice.identity) << "nothing was sent for an identity that is not kept";
  EXPECT_EQ(both.bob.close_reason, "Close called: the disk is full");
}

} // namespace
