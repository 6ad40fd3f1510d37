#include "tests/unit/connection/replay.hpp"

#include "protocol/ipc/envelope.hpp"

#include <gtest/gtest.h>

/// The `ipc` group of docs/bridge.md between two nodes of ours.
using namespace lama;
using namespace lama::testing;

namespace {

constexpr std::string_view secret = "a secret of thirty-two bytes ...";

struct node_host {
  void settle(session& machine) {
    for (auto actions = machine.take_actions(); !actions.empty(); actions = machine.take_actions()) {
      for (auto& x : actions) {
        if (auto* frame = std::get_if<action::send_frame>(&x))
          sent.push_back(std::move(frame->frame));
        else if (auto* close = std::get_if<action::close>(&x))
          close_reason = close->reason;
        else if (auto* ask = std::get_if<action::need_shared_key>(&x))
          machine.provide_shared_key(shared_key(keys.secret_key, ask->remote_public), start);
        else if (std::holds_alternative<action::need_identity>(x))
          machine.provide_identity(side, start);
        else if (auto* ready = std::get_if<action::established>(&x))
          established = *ready;
        else if (auto* failed = std::get_if<action::failed>(&x))
          failure = failed->why;
      }
    }
  }

  encryption_keys keys;
  node_identity side;
  std::vector<wire_frame> sent;
  std::string close_reason;
  std::optional<action::established> established;
  std::optional<error> failure;
};

struct bridge {
  bridge(node_identity sparse_side, node_identity archive_side) {
    sparse.keys = make_encryption_keys(random);
    archive.keys = make_encryption_keys(random);
    sparse.side = std::move(sparse_side);
    archive.side = std::move(archive_side);
  }

  void open() {
    session there{{"ipc", sparse.keys.public_key, archive.keys.public_key, sparse.side}, random};
    session here{random};
    there.opened(start);
    here.opened(start);
    for (bool moved = true; moved;) {
      moved = carry(sparse, there, here);
      moved = carry(archive, here, there) || moved;
    }
  }

  bool carry(node_host& from, session& machine, session& to) {
    from.settle(machine);
    auto frames = std::exchange(from.sent, {});
    for (auto& frame : frames)
      to.receive(frame, start);
    frame_count += frames.size();
    return !frames.empty();
  }

  seeded_random random{5};
  node_host sparse;
  node_host archive;
  std::size_t frame_count = 0;
};

node_identity with_secret(std::string_view known = secret, bool pinned = false) {
  return {std::string{known}, pinned};
}

void expect_refused_in_silence(const bridge& x) {
  EXPECT_FALSE(x.sparse.established && x.archive.established);
  const auto& refusing = x.sparse.close_reason.empty() ? x.archive : x.sparse;
  EXPECT_EQ(refusing.close_reason, "Close called.");
  EXPECT_EQ(refusing.failure->code, errc::wrong_secret);
}

TEST(IpcGroup, MeetsForTheFirstTimeByTheSecret) {
  bridge both{with_secret(), with_secret()};
  both.open();
  ASSERT_TRUE(both.sparse.established && both.archive.established);
  EXPECT_TRUE(both.sparse.established->proven_by_secret && both.archive.established->proven_by_secret);
  EXPECT_EQ(both.sparse.established->group, "ipc");
  EXPECT_EQ(both.archive.established->ipc_version, ipc::newest_version);
  EXPECT_EQ(both.frame_count, 6u);
}

TEST(IpcGroup, MeetsAgainByThePinnedKeyAlone) {
  for (const auto& left : {std::string{}, std::string{secret}}) {
    bridge both{with_secret(left, true), with_secret("rotated since", true)};
    both.open();
    ASSERT_TRUE(both.sparse.established && both.archive.established);
    EXPECT_FALSE(both.sparse.established->proven_by_secret || both.archive.established->proven_by_secret);
  }
}

TEST(IpcGroup, ProvesWhatOneSideAloneHasForgotten) {
  bridge forgotten_here{with_secret(secret, false), with_secret(secret, true)};
  forgotten_here.open();
  ASSERT_TRUE(forgotten_here.sparse.established && forgotten_here.archive.established);
  EXPECT_TRUE(forgotten_here.sparse.established->proven_by_secret);

  // An initiator that has pinned sends no proof; one is needed, and it is for its host to try again as if it had not.
  bridge forgotten_there{with_secret(secret, true), with_secret(secret, false)};
  forgotten_there.open();
  expect_refused_in_silence(forgotten_there);
}

TEST(IpcGroup, RefusesAWrongSecretWithoutAWord) {
  bridge wrong{with_secret("guessed"), with_secret()};
  wrong.open();
  expect_refused_in_silence(wrong);
  EXPECT_EQ(wrong.archive.close_reason, "Close called.");

  bridge none{with_secret(), with_secret("")};
  none.open();
  expect_refused_in_silence(none);

  bridge rotated{with_secret("old"), with_secret("new", true)};
  rotated.open();
  expect_refused_in_silence(rotated);
  EXPECT_FALSE(rotated.sparse.established);
}

TEST(IpcGroup, DoesNotEvenDialWithoutSecretAndPin) {
  bridge both{with_secret(""), with_secret()};
  both.open();
  EXPECT_EQ(both.frame_count, 0u);
  EXPECT_EQ(both.sparse.failure->code, errc::wrong_secret);
}

TEST(IpcGroup, RefusesItsOwnKeyAtTheOtherEnd) {
  bridge both{with_secret(), with_secret()};
  both.archive.keys = both.sparse.keys;
  both.open();
  EXPECT_EQ(both.frame_count, 0u);
  EXPECT_EQ(both.sparse.failure->code, errc::conflict);
}

/// A node that shakes hands properly and then says `hello`.
node_host said_to_archive(const std::string& hello, bool equal_keys = false, bool pinned = true) {
  seeded_random random{5};
  auto node = make_encryption_keys(random);
  node_host archive;
  archive.keys = equal_keys ? node : make_encryption_keys(random);
  archive.side = with_secret(secret, pinned);
  session here{random};
  here.opened(start);
  here.receive({true, protocol::messages::communication_request(node.public_key, archive.keys.public_key)}, start);
  auto ephemeral = make_encryption_keys(random);
  auto long_term = *shared_key(node.secret_key, archive.keys.public_key);
  archive.settle(here);
  here.receive({false, seal_box(view(ephemeral.public_key), long_term, random)}, start);
  archive.settle(here);
  auto remote = key32_from_bytes(*open_box(archive.sent.at(1).bytes, long_term)).value();
  secure_channel channel{*shared_key(ephemeral.secret_key, remote), connection_role::initiator, random, start};
  std::vector<wire_frame> frames;
  EXPECT_TRUE(channel.send_text(hello, start, frames));
  here.receive(frames[0], start);
  archive.settle(here);
  return archive;
}

TEST(IpcGroup, AcceptsAKnownNode) {
  EXPECT_TRUE(said_to_archive(R"({"command":"ipc","oldest":1,"newest":1})").established);
  EXPECT_TRUE(said_to_archive(R"({"command":"ipc","oldest":1,"newest":9,"later":{}})").established);
  EXPECT_FALSE(said_to_archive(R"({"command":"ipc","oldest":1,"newest":1})", false, false).established);
}

TEST(IpcGroup, RefusesItsOwnKeyFromOutside) {
  auto archive = said_to_archive(R"({"command":"ipc","oldest":1,"newest":1})", true);
  EXPECT_FALSE(archive.established);
  EXPECT_EQ(archive.close_reason, "Close called.");
  EXPECT_EQ(archive.failure->code, errc::conflict);
}

TEST(IpcGroup, NamesVersionsThatDoNotMeet) {
  auto archive = said_to_archive(R"({"command":"ipc","oldest":7,"newest":9})");
  EXPECT_EQ(archive.failure->code, errc::unsupported);
  EXPECT_EQ(archive.close_reason, "Close called: Error: No common version: ours are 1 to 1, theirs are 7 to 9");
}

TEST(IpcGroup, RefusesHellosThatAreNone) {
  for (const auto* hello :
       {"", "{}", R"({"command":"connection_group","connectionGroupName":"chum"})", R"({"command":"ipc"})", R"({"command":"ipc","oldest":2,"newest":1})",
        R"({"command":"ipc","oldest":-1,"newest":1})", R"({"command":"ipc","oldest":1,"newest":65536})",
        R"({"command":"ipc","oldest":1,"newest":1,"mac":"00"})", R"({"command":"ipc","oldest":1,"newest":1,"mac":7})"}) {
    auto archive = said_to_archive(hello);
    EXPECT_FALSE(archive.established) << hello;
    EXPECT_EQ(archive.close_reason, "Close called.") << hello;
  }
}

} // namespace
