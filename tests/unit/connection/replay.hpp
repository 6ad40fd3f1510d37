#pragma once

#include "protocol/connection/session.hpp"
#include "tests/unit/connection/cases.hpp"
#include "tests/unit/connection/scripted_random.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

/// Recorded connections of two stock peers, and a host that has their long-term keys.
namespace lama::testing {

using namespace lama::protocol;
using nlohmann::json;

inline const time_point start{std::chrono::hours{1}};

inline key32 key_of(const json& hex) {
  return key32_from_hex(hex.get<std::string>()).value();
}

/// One of the recorded parties: "alice", "bob".
struct party {
  explicit party(const json& x) {
    const auto& person = x.at("personKeysObject");
    const auto& own = x.at("instanceKeysObject");
    self.email = x.at("personIdObject").at("email");
    self.instance_name = x.at("instanceIdObject").at("name");
    self.person = {key_of(person.at("publicKey")), key_of(person.at("publicSignKey"))};
    self.instance = {key_of(own.at("publicKey")), key_of(own.at("publicSignKey"))};
    person_secret = key_of(x.at("secretKeys").at("personEncryption"));
    instance_secret = key_of(x.at("secretKeys").at("instanceEncryption"));
  }

  std::optional<key32> shared(const key32& own_public, const key32& remote_public) const {
    if (own_public == self.person.encryption)
      return shared_key(person_secret, remote_public);
    if (own_public == self.instance.encryption)
      return shared_key(instance_secret, remote_public);
    return std::nullopt;
  }

  pairing_identity self;
  key32 person_secret;
  key32 instance_secret;
};

/// Answers what a session asks and keeps what it says.
struct host {
  host(session& its_machine, party its_party) : machine(its_machine), who(std::move(its_party)) {
    // nop
  }

  /// Works off all actions, those that its answers bring up included.
  void settle() {
    for (auto actions = machine.take_actions(); !actions.empty(); actions = machine.take_actions()) {
      for (auto& x : actions)
        std::visit([this](auto& y) { on(y); }, x);
    }
  }

  void on(action::send_frame& x) {
    sent.push_back(std::move(x.frame));
  }
  void on(action::close& x) {
    close_reason = x.reason;
  }
  void on(action::need_shared_key& x) {
    if (!slow_keys)
      machine.provide_shared_key(who.shared(x.own_public, x.remote_public), now);
  }
  void on(action::need_identity&) {
    machine.provide_identity(side ? *side : own_side{who.self}, now);
  }
  void on(action::group_requested& x) {
    group = x.name;
    answer(refuse_group);
  }
  void on(action::peer_identified& x) {
    peer = x;
    answer(refuse_peer);
  }
  void on(action::token_offered& x) {
    token = x.token;
    answer(refuse_token);
  }
  void on(action::identity_received& x) {
    identity = x.identity;
    if (!slow_identity)
      answer(refuse_identity);
  }
  void on(action::pairing_done&) {
    paired = true;
  }
  void on(action::established& x) {
    established = x;
  }
  void on(action::received& x) {
    messages.push_back(std::move(x.content));
  }
  void on(action::failed& x) {
    failure = x.why;
  }

  void answer(const std::string& why) {
    if (why.empty())
      machine.proceed(now);
    else
      machine.refuse(why);
  }

  session& machine;
  party who;
  time_point now = start;
  bool slow_keys = false;       ///< the test answers itself
  bool slow_identity = false;   ///< the same
  std::optional<own_side> side; ///< as whom an acceptor answers; its party's instance where there is none
  std::string refuse_group, refuse_peer, refuse_token, refuse_identity;

  std::vector<wire_frame> sent;
  std::string close_reason;
  std::string group;
  std::optional<action::peer_identified> peer;
  std::string token;
  std::optional<pairing_identity> identity;
  bool paired = false;
  std::optional<action::established> established;
  std::vector<message> messages;
  std::optional<error> failure;
};

/// Read once: a test may replay a recording hundreds of times.
inline const json& recordings_in(const std::string& file) {
  static std::map<std::string, json> all;
  auto [at, is_new] = all.try_emplace(file);
  if (is_new)
    at->second = load_vectors(file);
  return at->second;
}

inline wire_frame frame_of(const json& entry) {
  auto text = entry.at("frame") == "text";
  return {text, text ? entry.at("data").get<std::string>() : bytes_of(entry.at("data"))};
}

/// What the recorded peer drew for this frame, in the order in which the session draws it.
inline void add_chance(scripted_random& random, const json& entry) {
  const auto inner = entry.value("inner", json::object());
  if (inner.contains("ephemeralSecretKey")) {
    random.add_hex(inner.at("ephemeralSecretKey").get<std::string>());
    random.add_hex(inner.at("nonce").get<std::string>());
  }
  if (inner.contains("box")) {
    if (inner.at("box").at("step").get<std::string>().starts_with("challenge"))
      random.add_hex(inner.at("box").at("plaintext").get<std::string>());
    random.add_hex(inner.at("box").at("nonce").get<std::string>());
  }
  if (inner.contains("padded")) {
    auto padded = bytes_of(inner.at("padded"));
    auto padding = inner.at("paddingLength").get<std::size_t>();
    auto has_length = (padded[0] & 0x0F) != 0;
    random.add(std::string(1, static_cast<char>(has_length ? padding + 1 : 0)));
    if (has_length)
      random.add(std::string_view{padded}.substr(2, padding));
  }
}

/// A recorded case, replayed with the session in one of its roles: the recorded peer's frames go in, all of ours must be the recorded ones.
struct replay {
  replay(const std::string& file, const std::string& name, connection_role own_role) : role(own_role) {
    const auto& vectors = recordings_in(file);
    for (const auto& x : vectors.at("cases")) {
      if (x.at("name") == name)
        recorded = x;
    }
    own_name = role == connection_role::initiator ? "initiator" : "acceptor";
    who.emplace(vectors.at("parties").at(recorded.at(own_name).get<std::string>()));
    for (const auto& x : recorded.at("transcript")) {
      if (x.value("from", "") != own_name)
        continue;
      add_chance(random, x);
      auto content = json::parse(x.value("inner", json::object()).value("message", ""), nullptr, false);
      if (content.is_object() && content.value("command", "") == "identity" && content.at("obj").contains("url"))
        who->self.url = content.at("obj").at("url");
    }
    if (role == connection_role::acceptor)
      machine.emplace(random);
    else
      machine.emplace(settings(), random);
  }

  initiator_settings settings() const {
    initiator_settings chosen;
    auto request = json::parse(recorded.at("transcript").at(0).at("data").get<std::string>());
    chosen.own_key = key_of(request.at("sourcePublicKey"));
    chosen.remote_key = key_of(request.at("targetPublicKey"));
    chosen.self = who->self;
    chosen.group = "pairing";
    for (const auto& x : recorded.at("transcript")) {
      auto content = json::parse(x.value("inner", json::object()).value("message", ""), nullptr, false);
      if (!content.is_object())
        continue;
      chosen.group = content.value("connectionGroupName", chosen.group);
      chosen.token = content.value("token", chosen.token);
    }
    return chosen;
  }

  std::vector<wire_frame> frames_of(const std::string& side) const {
    std::vector<wire_frame> frames;
    for (const auto& x : recorded.at("transcript")) {
      if (x.value("from", "") == side)
        frames.push_back(frame_of(x));
    }
    return frames;
  }

  std::string recorded_reason() const {
    return recorded.at("transcript").back().value("reason", "");
  }

  void run(host& us) const {
    us.machine.opened(start);
    us.settle();
    for (auto& frame : frames_of(own_name == "initiator" ? "acceptor" : "initiator")) {
      us.machine.receive(std::move(frame), start);
      us.settle();
    }
    auto expected = frames_of(own_name);
    ASSERT_EQ(us.sent.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(us.sent[i].text, expected[i].text) << "frame " << i;
      EXPECT_EQ(to_hex(us.sent[i].bytes), to_hex(expected[i].bytes)) << "frame " << i;
    }
    EXPECT_TRUE(random.used_up());
  }

  /// The recorded peer gone astray: `edit` may change each of its messages, given with its number, before it is encrypted with the recorded key.
  template <class F>
  void run_edited(host& us, F edit) {
    random.go_on_with(more_random);
    us.machine.opened(start);
    us.settle();
    std::optional<secure_channel> channel;
    if (recorded.at("ephemeral").contains("sharedKey"))
      channel.emplace(key_of(recorded.at("ephemeral").at("sharedKey")),
                      role == connection_role::initiator ? connection_role::acceptor : connection_role::initiator, more_random, start);
    std::size_t index = 0;
    for (const auto& x : recorded.at("transcript")) {
      if (!x.contains("from") || x.at("from") == own_name)
        continue;
      const auto inner = x.value("inner", json::object());
      std::vector<wire_frame> frames;
      if (inner.contains("counter")) {
        auto text = inner.at("kind") == "string";
        message content{text, text ? inner.at("message").get<std::string>() : bytes_of(inner.at("message"))};
        edit(index++, content);
        EXPECT_TRUE(content.text ? channel->send_text(content.bytes, start, frames) : channel->send_binary(content.bytes, start, frames));
      } else {
        auto frame = frame_of(x);
        message content{frame.text, frame.bytes};
        edit(index++, content);
        frames.push_back({content.text, content.bytes});
      }
      for (auto& frame : frames) {
        us.machine.receive(std::move(frame), start);
        us.settle();
      }
    }
  }

  connection_role role;
  std::string own_name;
  seeded_random more_random{7};
  json recorded;
  std::optional<party> who;
  scripted_random random;
  std::optional<session> machine;
};

} // namespace lama::testing
