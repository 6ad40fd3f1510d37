#include "tests/unit/connection/replay.hpp"

#include <gtest/gtest.h>

#include <functional>

/// What a peer does wrong, and how the connection ends: the recorded connections with one thing changed.
using namespace lama;
using namespace lama::testing;

namespace {

constexpr auto initiator = connection_role::initiator;
constexpr auto acceptor = connection_role::acceptor;

/// Replaces the first `from` in the messages that contain `command`.
auto edit_text(std::string command, std::string from, std::string to) {
  return [=](std::size_t, message& content) {
    auto at = content.bytes.find(command) == std::string::npos ? std::string::npos : content.bytes.find(from);
    if (at != std::string::npos)
      content.bytes.replace(at, from.size(), to);
  };
}

auto edit_number(std::size_t number, std::function<void(message&)> change) {
  return [=](std::size_t index, message& content) {
    if (index == number)
      change(content);
  };
}

struct outcome {
  std::string close_reason;
  std::optional<error> failure;
  bool established;
  bool paired;
  std::vector<wire_frame> sent;
};

template <class F>
outcome run(const char* file, const char* name, connection_role role, F edit, const std::function<void(host&)>& prepare = {}) {
  replay recording{file, name, role};
  host us{*recording.machine, *recording.who};
  if (prepare)
    prepare(us);
  recording.run_edited(us, edit);
  return {us.close_reason, us.failure, us.established.has_value(), us.paired, us.sent};
}

template <class F>
outcome chum(connection_role role, F edit, const std::function<void(host&)>& prepare = {}) {
  return run("handshake.json", "chum_connect_until_synchronisation", role, edit, prepare);
}

template <class F>
outcome pairing(connection_role role, F edit) {
  return run("pairing.json", "successful_pairing", role, edit);
}

constexpr auto no_change = [](std::size_t, message&) {};

const std::string key_a(64, 'a');
const std::string mismatch = "Close called: Error: Received data does not match the data expected for command ";

TEST(SessionRefusal, LetsTheUnchangedRecordingPass) {
  EXPECT_TRUE(chum(initiator, no_change).established);
  EXPECT_TRUE(chum(acceptor, no_change).established);
  EXPECT_TRUE(pairing(initiator, no_change).paired);
  EXPECT_TRUE(pairing(acceptor, no_change).paired);
}

TEST(SessionRefusal, OfTheFirstMessage) {
  auto first = [](message content) { return chum(acceptor, edit_number(0, [=](message& x) { x = content; })).close_reason; };
  EXPECT_TRUE(first({true, "{"}).starts_with("Close called: Error: Received message that does not conform to JSON: SyntaxError"));
  EXPECT_EQ(first({false, "binary"}), "Close called: Error: Received message that is not a string message.");
  EXPECT_EQ(first({true, "{}"}), "Close called: Error: Received message without a 'command' member.");
  EXPECT_EQ(first({true, "[]"}), "Close called: Error: Received message without a 'command' member.");
  EXPECT_EQ(first({true, R"({"command":"foo"})"}), "Close called: Error: Received unexpected type 'foo'. Expected type 'communication_request'.");
  auto request = [&](const std::string& source) {
    return first({true, R"({"command":"communication_request","sourcePublicKey":")" + source + R"(","targetPublicKey":")" + key_a + "\"}"});
  };
  EXPECT_EQ(request("xyz"), mismatch + "'communication_request'");
  EXPECT_EQ(request("aaa"), mismatch + "'communication_request'");
  EXPECT_EQ(first({true, R"({"command":"communication_request","sourcePublicKey":1})"}), mismatch + "'communication_request'");
  EXPECT_EQ(request("aaaa"), "Close called: Error: CYENC-ENSPUB: Data is not a public key");
  EXPECT_EQ(request(key_a), "Close called: Error: We do not accept connections for this target public key");
}

TEST(SessionRefusal, OfTheEphemeralKey) {
  for (auto role : {initiator, acceptor}) {
    auto second = [role](message content) { return chum(role, edit_number(1, [=](message& x) { x = content; })); };
    EXPECT_EQ(second({true, "text"}).close_reason, "Close called: Error: Received message that is not a binary message.");
    EXPECT_EQ(second({false, "short"}).close_reason, "Close called: Error: bad nonce size");
    EXPECT_EQ(second({false, std::string(72, 'x')}).close_reason, "Close called: Error: CYENC-SYMDEC: Decryption with symmetric key failed");
  }
}

TEST(SessionRefusal, OfAnEphemeralKeyThatIsNone) {
  for (const auto& plain : {std::string(31, 'x'), std::string(32, '\0')}) { // too short; of small order
    replay recording{"handshake.json", "chum_connect_until_synchronisation", acceptor};
    host us{*recording.machine, *recording.who};
    auto keys = recording.settings();
    auto sealed = seal_box(plain, *us.who.shared(keys.remote_key, keys.own_key), recording.more_random);
    recording.run_edited(us, edit_number(1, [&](message& x) { x.bytes = sealed; }));
    EXPECT_EQ(us.sent.size(), 2u) << "the stock peer answers before it looks at the size";
    EXPECT_EQ(us.close_reason, plain.size() == 31 ? "Close called: Error: bad public key size" : "Close called: Error: bad public key");
  }
}

TEST(SessionRefusal, OfFramesThatDoNotDecrypt) {
  for (auto role : {initiator, acceptor}) {
    replay recording{"handshake.json", "chum_connect_until_synchronisation", role};
    host us{*recording.machine, *recording.who};
    us.machine.opened(start);
    us.settle();
    auto frames = recording.frames_of(role == initiator ? "acceptor" : "initiator");
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == 2)
        frames[i].bytes[30] ^= 1;
      us.machine.receive(frames[i], start);
      us.settle();
    }
    EXPECT_EQ(us.close_reason, "Close called: Decryption of message failed.");
    EXPECT_EQ(us.failure->code, errc::wrong_secret);
  }
}

TEST(SessionRefusal, OfWhatComesOutOfOrder) {
  auto out_of_order = [](connection_role role, const std::string& command) {
    return chum(role,
                [&](std::size_t, message& x) {
                  if (x.text && x.bytes.find(command) != std::string::npos)
                    x.bytes = R"({"command":"other"})";
                })
        .close_reason;
  };
  auto expected = [](const std::string& command) { return "Close called: Error: Received unexpected type 'other'. Expected type '" + command + "'."; };
  EXPECT_EQ(out_of_order(initiator, "communication_ready"), expected("communication_ready"));
  EXPECT_EQ(out_of_order(initiator, "\"sync\""), expected("sync"));
  EXPECT_EQ(out_of_order(acceptor, "connection_group"), expected("connection_group"));
  for (auto role : {initiator, acceptor}) {
    for (const auto* command : {"person_id_object", "keys_object", "instance_id_object"})
      EXPECT_EQ(out_of_order(role, command), expected(command));
  }
}

TEST(SessionRefusal, OfOtherObjectsThanAnnounced) {
  for (auto role : {initiator, acceptor}) {
    EXPECT_EQ(chum(role, edit_text("person_id_object", "Person", "Other")).close_reason, mismatch + "'person_id_object'");
    EXPECT_EQ(chum(role, edit_text("person_id_object", "email", "e")).close_reason, mismatch + "'person_id_object'");
    EXPECT_EQ(chum(role, edit_text("keys_object", "Keys", "Other")).close_reason, mismatch + "'keys_object'");
    EXPECT_EQ(chum(role, edit_text("keys_object", "owner\":\"", "owner\":\"0")).close_reason, mismatch + "'keys_object'");
    EXPECT_EQ(chum(role, edit_text("instance_id_object", "name", "n")).close_reason, mismatch + "'instance_id_object'");
  }
}

TEST(SessionRefusal, OfKeysOfSomebodyElse) {
  for (auto role : {initiator, acceptor}) {
    auto end = chum(role, edit_text("person_id_object", "example.test", "example.test2"));
    EXPECT_EQ(end.close_reason, "Close called: Error: EP-KEYS-OWNER-MISMATCH");
    EXPECT_EQ(end.failure->detail, "EP-KEYS-OWNER-MISMATCH");
  }
}

TEST(SessionRefusal, OfKeysWhoseSecretTheOtherSideDoesNotHave) {
  for (auto role : {initiator, acceptor}) {
    auto end = chum(role, edit_text("keys_object", "publicKey\":\"", "publicKey\":\"" + key_a + "\",\"old\":\""));
    EXPECT_EQ(end.close_reason, "Close called: Error: CYENC-SYMDEC: Decryption with symmetric key failed");
    EXPECT_FALSE(end.established);
  }
}

TEST(SessionRefusal, OfAWrongResponse) {
  for (auto role : {initiator, acceptor}) {
    // The number of the response among the peer's messages; it is well sealed, but with something else in it.
    auto number = role == initiator ? 6u : 5u;
    replay recording{"handshake.json", "chum_connect_until_synchronisation", role};
    host us{*recording.machine, *recording.who};
    auto vectors = load_vectors("handshake.json");
    party other{vectors.at("parties").at(role == initiator ? "alice" : "bob")};
    auto sealed = seal_box(std::string(64, 'x'), *shared_key(us.who.person_secret, other.self.person.encryption), recording.more_random);
    recording.run_edited(us, edit_number(number, [&](message& x) {
                           ASSERT_FALSE(x.text);
                           x.bytes = sealed;
                         }));
    EXPECT_EQ(us.close_reason, "Close called.");
    EXPECT_EQ(us.failure->message, "Failed to authenticate connection.");
  }
}

TEST(SessionRefusal, OfAnInstanceOfSomebodyElse) {
  for (auto role : {initiator, acceptor}) {
    auto end = chum(role, edit_text("instance_id_object", "owner\":\"", "owner\":\"" + key_a + "\",\"old\":\""));
    EXPECT_EQ(end.failure->code, errc::forbidden);
    EXPECT_EQ(end.close_reason, "Close called: Error: The owner of the instance is not the person that was authenticated");
  }
}

TEST(SessionRefusal, OfGroupsThatNobodyServes) {
  auto end = chum(acceptor, edit_text("connection_group", "chum", "foo"));
  EXPECT_EQ(end.close_reason, "Close called: Error: ConnectionRoutesGroupName foo not supported");
  EXPECT_GT(end.sent.size(), 3u) << "after the identity exchange, as the stock peer has it";
  end = chum(acceptor, no_change, [](host& us) { us.refuse_group = close_why::go_away; });
  EXPECT_EQ(end.close_reason, "Close called: I do not want to communicate with you. Go Away!");
  EXPECT_EQ(end.sent.size(), 2u) << "without a sync";
}

TEST(SessionRefusal, OfSomethingElseThanSynchronisation) {
  for (auto role : {initiator, acceptor}) {
    auto end = chum(role, edit_text("synchronisation", "synchronisation", "{}"));
    EXPECT_FALSE(end.established);
    EXPECT_EQ(end.close_reason, "Close called: Error: Received message that is not 'synchronisation'.");
  }
}

TEST(SessionRefusal, OfAPairingWithAnotherKeyThanThePersons) {
  // The recorded chum connection has the instance key as source: a person's challenge alone could have been passed on to that person.
  auto end = chum(acceptor, edit_text("connection_group", "chum", "pairing"));
  EXPECT_EQ(end.close_reason, "Close called: Error: The key of the connection is not the key of the person");
}

TEST(SessionRefusal, OfTokensAndIdentitiesThatAreNone) {
  EXPECT_EQ(pairing(acceptor, edit_text("authentication_token", "token\":\"", "token\":1,\"old\":\"")).close_reason, mismatch + "'authentication_token'");
  for (auto role : {initiator, acceptor}) {
    EXPECT_EQ(pairing(role, edit_text("\"identity\"", "public", "private")).close_reason, mismatch + "'identity'");
    EXPECT_EQ(pairing(role, edit_text("\"identity\"", "personKeyPublic\":\"", "personKeyPublic\":\"x")).close_reason, mismatch + "'identity'");
    EXPECT_EQ(pairing(role, edit_text("\"identity\"", "}}", ",\"url\":1}}")).close_reason, mismatch + "'identity'");
  }
}

TEST(SessionRefusal, OfIdentitiesThatWereNotProven) {
  auto expected = "Close called: Error: The identity is not the one that was authenticated";
  for (auto role : {initiator, acceptor}) {
    auto with = [role](const std::string& member, const std::string& value) {
      return pairing(role, edit_text("\"identity\"", member + "\":\"", member + "\":\"" + value + "\",\"old\":\"")).close_reason;
    };
    EXPECT_EQ(with("personEmail", "eve@example.test"), expected);
    EXPECT_EQ(with("instanceName", "other"), expected);
    EXPECT_EQ(with("personKeyPublic", key_a), expected);
    EXPECT_EQ(with("personSignKeyPublic", key_a), expected);
    // The acceptor has no proof of the initiator's instance key; the initiator dialled it.
    EXPECT_EQ(with("instanceKeyPublic", key_a), role == initiator ? expected : "");
  }
}

TEST(SessionRefusal, OfWhatIsTooLong) {
  for (auto role : {initiator, acceptor}) {
    auto raw = chum(role, edit_number(0, [](message& x) { x.bytes += std::string(limits::handshake_message_bytes + 2000, ' '); }));
    EXPECT_EQ(raw.failure->code, errc::too_large);
    // In pieces, too.
    auto pieces = chum(role, edit_text("person_id_object", "@", std::string(limits::handshake_message_bytes, '@')));
    EXPECT_EQ(pieces.failure->code, errc::too_large);
    EXPECT_EQ(pieces.close_reason, "Close called: Received message that is longer than 65536 bytes.");
  }
}

TEST(SessionRefusal, OfMoreThanTenMessagesAhead) {
  replay recording{"handshake.json", "chum_connect_until_synchronisation", acceptor};
  host us{*recording.machine, *recording.who};
  us.slow_keys = true;
  us.machine.opened(start);
  us.machine.receive(recording.frames_of("initiator")[0], start);
  us.settle();
  for (int i = 0; i < 10; ++i)
    us.machine.receive({false, "ahead"}, start);
  us.settle();
  EXPECT_EQ(us.close_reason, "");
  us.machine.receive({false, "ahead"}, start);
  us.settle();
  EXPECT_EQ(us.close_reason, "Close called: Queue is full, it reached its maximum length of 10");
}

TEST(SessionRefusal, OfMessagesAheadOfTheEncryption) {
  replay recording{"handshake.json", "chum_connect_until_synchronisation", acceptor};
  host us{*recording.machine, *recording.who};
  us.slow_keys = true;
  us.machine.opened(start);
  auto frames = recording.frames_of("initiator");
  us.machine.receive(frames[0], start);
  us.settle();
  us.machine.receive(frames[1], start);
  us.machine.receive(frames[2], start);
  auto keys = recording.settings();
  us.machine.provide_shared_key(us.who.shared(keys.remote_key, keys.own_key), start);
  us.settle();
  EXPECT_EQ(us.failure->detail, "UNEXPECTED-MESSAGE");
}

} // namespace
