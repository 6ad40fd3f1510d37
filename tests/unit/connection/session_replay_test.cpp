#include "tests/unit/connection/replay.hpp"

#include "protocol/objects/microdata.hpp"

#include <gtest/gtest.h>

using namespace lama;
using namespace lama::testing;

namespace {

class InBothRoles : public ::testing::TestWithParam<connection_role> {};

INSTANTIATE_TEST_SUITE_P(Replay, InBothRoles, ::testing::Values(connection_role::initiator, connection_role::acceptor),
                         [](const auto& x) { return x.param == connection_role::initiator ? "Initiator" : "Acceptor"; });

TEST_P(InBothRoles, ConnectsForChum) {
  replay recording{"handshake.json", "chum_connect_until_synchronisation", GetParam()};
  host us{*recording.machine, *recording.who};
  recording.run(us);
  ASSERT_TRUE(us.established);
  EXPECT_EQ(us.established->group, "chum");
  EXPECT_FALSE(us.failure);
  auto vectors = load_vectors("handshake.json");
  const auto& other = vectors.at("parties").at(GetParam() == connection_role::initiator ? "alice" : "bob");
  ASSERT_TRUE(us.peer);
  EXPECT_EQ(us.peer->peer.person.hex(), other.at("personId"));
  EXPECT_EQ(us.peer->peer.instance.hex(), other.at("instanceId"));
  EXPECT_EQ(us.peer->peer.keys, party{other}.self.person);
  EXPECT_EQ(us.peer->remote_key, party{other}.self.instance.encryption);
}

TEST_P(InBothRoles, IsRejectedAsUnknown) {
  replay recording{"handshake.json", "chum_rejected_unknown_instance", GetParam()};
  host us{*recording.machine, *recording.who};
  us.refuse_peer = GetParam() == connection_role::acceptor ? std::string{close_why::unknown_peer} : "";
  recording.run(us);
  EXPECT_FALSE(us.established);
  if (GetParam() == connection_role::acceptor) {
    EXPECT_EQ(us.close_reason, recording.recorded_reason());
  } else {
    us.machine.closed(recording.recorded_reason());
    us.settle();
    ASSERT_TRUE(us.failure);
    EXPECT_EQ(us.failure->message, "The connection was closed. " + recording.recorded_reason());
  }
}

class WrongKey : public ::testing::TestWithParam<std::tuple<connection_role, std::pair<const char*, const char*>>> {};

INSTANTIATE_TEST_SUITE_P(Replay, WrongKey,
                         ::testing::Combine(::testing::Values(connection_role::initiator, connection_role::acceptor),
                                            ::testing::Values(std::pair{"handshake.json", "unknown_target_key"},
                                                              std::pair{"pairing.json", "wrong_invitation_key"})));

TEST_P(WrongKey, IsNotServed) {
  auto [role, recorded] = GetParam();
  replay recording{recorded.first, recorded.second, role};
  host us{*recording.machine, *recording.who};
  recording.run(us);
  EXPECT_EQ(us.close_reason, role == connection_role::acceptor ? recording.recorded_reason() : "");
}

TEST_P(InBothRoles, Pairs) {
  replay recording{"pairing.json", "successful_pairing", GetParam()};
  host us{*recording.machine, *recording.who};
  recording.run(us);
  EXPECT_TRUE(us.paired);
  EXPECT_FALSE(us.failure);
  auto vectors = load_vectors("pairing.json");
  party other{vectors.at("parties").at(GetParam() == connection_role::initiator ? "alice" : "bob")};
  ASSERT_TRUE(us.identity);
  EXPECT_EQ(us.identity->person, other.self.person);
  EXPECT_EQ(us.identity->instance, other.self.instance);
  EXPECT_EQ(us.identity->email, other.self.email);
  EXPECT_EQ(us.identity->instance_name, other.self.instance_name);
  if (GetParam() == connection_role::initiator) {
    EXPECT_EQ(us.close_reason, recording.recorded_reason());
  } else {
    EXPECT_EQ(us.close_reason, "") << "the acceptor leaves closing to the initiator";
    EXPECT_EQ(us.token, "Vq3k0T_fixedInvitationToken-0123456789abcdefghijklmnopqrstuvwxyz");
    us.machine.closed(recording.recorded_reason());
    us.settle();
    EXPECT_FALSE(us.failure);
  }
}

class BadToken : public ::testing::TestWithParam<std::tuple<connection_role, const char*>> {};

INSTANTIATE_TEST_SUITE_P(Replay, BadToken,
                         ::testing::Combine(::testing::Values(connection_role::initiator, connection_role::acceptor),
                                            ::testing::Values("wrong_token", "token_reuse")));

TEST_P(BadToken, IsRefused) {
  auto [role, name] = GetParam();
  replay recording{"pairing.json", name, role};
  host us{*recording.machine, *recording.who};
  us.refuse_token = close_why::unknown_token;
  recording.run(us);
  EXPECT_FALSE(us.paired);
  EXPECT_FALSE(us.identity);
  EXPECT_EQ(us.close_reason, role == connection_role::acceptor ? recording.recorded_reason() : "");
}

} // namespace
