#include "tests/unit/chum/two_machines.hpp"

#include "protocol/versions/version_node.hpp"

#include <gtest/gtest.h>

#include <functional>

/// What an importer of ours does with a peer that lies, breaks off, or never ends.
namespace lama::protocol::chum::testing {

namespace {

/// Answers bob's requests by hand: the text of an answer by service and hash, or nothing at all.
class scripted_peer {
public:
  scripted_peer() {
    session_options options;
    options.importer.fetch.judge = judge_for({policy::origin::contact, bob.person, mallory}, standard_recipes());
    bob.chum = std::make_unique<session>(options, bob.announced);
    bob.chum->start(now);
    bob.chum->receive_text("synchronisation", bob.space, now);
  }

  using script = std::function<std::optional<std::string>(int64_t service, const std::string& name)>;

  /// Until `rounds` are done, or `limit_ms` have passed.
  void run(std::size_t rounds, int64_t limit_ms = 70'000) {
    auto end = now + limit_ms;
    while (bob.rounds.size() < rounds && !bob.closed && now <= end) {
      auto actions = bob.chum->take_actions();
      for (auto& what : actions)
        perform(what);
      if (!actions.empty())
        continue;
      auto due = bob.chum->wait_until();
      if (!due)
        return;
      now = std::max(now, *due);
      bob.chum->tick(bob.space, now);
    }
  }

  void tell(const json& message) {
    bob.chum->receive_text(message.dump(), bob.space, now);
  }
  void tell_data(int64_t request, const json& data) {
    tell({{"responseId", request}, {"type", "data"}, {"data", data}});
  }

  /// Offers texts as they are, in lists of their own.
  void offer(const json& root, const std::string& name, const std::vector<std::pair<std::string, std::string>>& children, const std::string& text) {
    roots.push_back(root);
    json list = json::array();
    for (const auto& [type, child_name] : children)
      list.push_back({{"type", type}, {"hash", child_name}});
    lists[name] = list.dump();
    texts[name] = text;
  }
  std::string offer_object(const std::string& type, const std::string& text, const std::vector<std::pair<std::string, std::string>>& children = {}) {
    auto name = sha256(text).hex();
    offer({{"type", "unversioned"}, {"hash", name}, {"oneType", type}}, name, children, text);
    return name;
  }
  void offer_version(const std::string& type, const std::string& data, const hash& id) {
    auto node = write_version_node(edge_to(sha256(data), 5));
    auto name = sha256(node).hex();
    offer({{"type", "version_node"}, {"node", name}, {"dataIdHash", id.hex()}, {"dataType", type}}, name, {{"object", sha256(data).hex()}}, node);
    texts[sha256(data).hex()] = data;
  }

  machine bob{"bob"};
  hash mallory = sha256(object_writer{"Person", true}.text("email", "mallory@lama.local").finish());
  int64_t now = 1000;
  json roots = json::array();
  std::map<std::string, std::string> lists;
  std::map<std::string, std::string> texts;
  script special; ///< asked first
  std::vector<json> requests;

private:
  void perform(action& what) {
    if (auto* text = std::get_if<send_text>(&what)) {
      if (text->text.starts_with('{'))
        answer(json::parse(text->text));
    } else if (auto* batch = std::get_if<store_batch>(&what)) {
      bob.chum->stored(batch->number, apply(bob.space, *batch), bob.space, now);
    } else if (auto* round = std::get_if<round_complete>(&what)) {
      bob.rounds.push_back(*round);
    } else if (auto* end = std::get_if<close_session>(&what)) {
      bob.closed = *end;
    } else if (std::holds_alternative<blob_cancel>(what)) {
      ++cancelled;
    }
  }

  void answer(const json& request) {
    if (request.at("type") != "request")
      return;
    requests.push_back(request);
    auto id = request.at("requestId").get<int64_t>();
    auto service_id = request.at("serviceId").get<int64_t>();
    auto name = request.at("args").empty() ? std::string{} : request.at("args")[0].get<std::string>();
    if (special) {
      auto text = special(service_id, name);
      if (text && text->empty())
        return; // lost
      if (text)
        return tell_data(id, *text);
    }
    if (service_id == service::protocol_version)
      return tell_data(id, 8);
    if (service_id == service::accessible_roots)
      return tell_data(id, roots.dump());
    auto& from = service_id == service::object_children || service_id == service::id_object_children ? lists : texts;
    if (from.contains(name))
      return tell_data(id, from[name]);
    tell({{"responseId", id}, {"type", "error"}, {"error", {{"name", "Error"}, {"message", "no"}, {"code", "SB-READ2"}}}});
  }

public:
  int cancelled = 0;
};

std::string profile_of(const hash& person, const hash& owner) {
  object_writer out{"Profile"};
  out.text("profileId", "default").id_reference("personId", person).id_reference("owner", owner);
  return out.bag("communicationEndpoint", reference_kind::object, {}).bag("personDescription", reference_kind::object, {}).finish();
}

bool has(const machine& x, const std::string& name) {
  return x.space.contains(hash::from_hex(name).value());
}

} // namespace

TEST(hostile_peer, a_text_with_another_hash_fails_its_root_alone_and_heals) {
  scripted_peer peer;
  auto good = peer.offer_object("PersonName", person_name("good"));
  auto bad = peer.offer_object("PersonName", person_name("bad"));
  auto lies = true;
  peer.special = [&](int64_t service, const std::string& name) -> std::optional<std::string> {
    return lies && service == service::object && name == bad ? std::optional{person_name("EVIL")} : std::nullopt;
  };
  peer.run(1);
  EXPECT_TRUE(has(peer.bob, good));
  EXPECT_FALSE(has(peer.bob, bad));
  EXPECT_FALSE(peer.bob.space.contains(sha256(person_name("EVIL"))));
  ASSERT_EQ(peer.bob.rounds.at(0).failed.size(), 1u);
  EXPECT_EQ(peer.bob.rounds.at(0).failed[0].reason.detail, "CIEC-FO2");
  lies = false;
  peer.run(2);
  EXPECT_TRUE(has(peer.bob, bad));
}

TEST(hostile_peer, unknown_and_forbidden_types_are_refused_and_not_asked_for_again) {
  scripted_peer peer;
  auto unknown = peer.offer_object("PersonName", R"(<div itemscope itemtype="//refin.io/Nonsense"></div>)");
  auto announced = peer.offer_object("LamaSetting", "never fetched");
  auto group = peer.offer_object("Group", object_writer{"Group"}.text("name", "x").bag("person", reference_kind::id, {}).finish());
  peer.run(2);
  EXPECT_EQ(peer.bob.rounds.at(0).failures, 3u);
  EXPECT_EQ(peer.bob.rounds.at(1).failures, 0u);
  EXPECT_FALSE(has(peer.bob, unknown));
  EXPECT_FALSE(has(peer.bob, group));
  for (const auto& request : peer.requests)
    EXPECT_EQ(request.dump().find(announced), std::string::npos);
}

TEST(hostile_peer, a_forbidden_object_below_a_root_fails_the_root) {
  scripted_peer peer;
  auto settings = object_writer{"Settings", true}.text("id", "x").finish();
  auto recipe = object_writer{"Recipe"}.text("name", "Evil").array("rule", reference_kind::object, {}).finish();
  auto signature = object_writer{"Signature"}.id_reference("issuer", peer.mallory).object_reference("data", sha256(recipe)).text("signature", "00").finish();
  auto person = object_writer{"Person", true}.text("email", "mallory@lama.local").finish();
  peer.texts[sha256(recipe).hex()] = recipe;
  peer.texts[peer.mallory.hex()] = person;
  auto root = peer.offer_object("Signature", signature, {{"object", sha256(recipe).hex()}, {"id", peer.mallory.hex()}});
  peer.run(1);
  EXPECT_FALSE(has(peer.bob, root));
  EXPECT_FALSE(peer.bob.space.contains(sha256(recipe)));
  ASSERT_EQ(peer.bob.rounds.at(0).failures, 1u);
  EXPECT_EQ(peer.bob.rounds.at(0).failed[0].reason.code, errc::forbidden);
  // What came before it is allowed and stays: nothing stored ever misses what it refers to.
  EXPECT_TRUE(peer.bob.space.contains(peer.mallory));
}

TEST(hostile_peer, nobody_elses_profile_becomes_current) {
  scripted_peer peer;
  auto third = peer.bob.put(object_writer{"Person", true}.text("email", "third@lama.local").finish());
  auto data = profile_of(third, third);
  auto facts = examine(data, standard_recipes());
  ASSERT_TRUE(facts);
  peer.offer_version("Profile", data, *facts->id_hash);
  peer.run(1);
  EXPECT_FALSE(peer.bob.space.head(*facts->id_hash));
  EXPECT_EQ(peer.bob.rounds.at(0).failures, 1u);

  // Where the id is known already, not even its first byte is fetched.
  scripted_peer again;
  again.bob.put(object_writer{"Person", true}.text("email", "third@lama.local").finish());
  again.bob.put(facts->id_text);
  again.offer_version("Profile", data, *facts->id_hash);
  again.run(1);
  EXPECT_EQ(again.bob.rounds.at(0).failures, 1u);
  EXPECT_EQ(again.requests.size(), 2u);
}

TEST(hostile_peer, a_version_node_of_another_id_or_type_is_not_imported) {
  scripted_peer peer;
  auto own = peer.bob.put(object_writer{"Person", true}.text("email", "mallory@lama.local").finish());
  ASSERT_EQ(own, peer.mallory);
  auto data = profile_of(own, own);
  auto id = examine(data, standard_recipes())->id_hash.value();
  auto channel_id = examine(object_writer{"ChannelInfo"}.text("id", "x").id_reference("owner", own).finish(), standard_recipes())->id_hash.value();
  peer.offer_version("Profile", data, channel_id);
  peer.run(1);
  EXPECT_FALSE(peer.bob.space.head(id));
  EXPECT_FALSE(peer.bob.space.head(channel_id));
  ASSERT_EQ(peer.bob.rounds.at(0).failures, 1u);
  EXPECT_EQ(peer.bob.rounds.at(0).failed[0].reason.detail, "CI-CCI1");

  scripted_peer honest;
  honest.bob.put(object_writer{"Person", true}.text("email", "mallory@lama.local").finish());
  honest.offer_version("Profile", data, id);
  honest.run(1);
  EXPECT_EQ(current_data(honest.bob.space, id), sha256(data));
}

TEST(hostile_peer, lists_have_an_end) {
  std::string text = "[{}";
  for (std::size_t i = 0; i < limits::chum_list_entries; ++i)
    text += ",{}";
  std::size_t seen = 0;
  auto read = read_list(text + "]", [&](flat_object&) {
    ++seen;
    return true;
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.failure().code, errc::too_large);
  EXPECT_EQ(seen, limits::chum_list_entries);
  for (const auto* broken : {"", "{}", "[1]", "[\"x\"]", "[[]]", "[{}", "null", "[{\"a\":}]"})
    EXPECT_FALSE(read_list(broken, [](flat_object&) { return true; })) << broken;
  EXPECT_FALSE(read_list(std::string(100'000, '['), [](flat_object&) { return true; }));
  EXPECT_TRUE(read_list(R"([{"a":"1","b":{"a":"x"},"c":[["d"]],"d":null,"e":1.5}])", [](flat_object& x) { return x.size() == 1 && member(x, "a") == "1"; }));
}

TEST(hostile_peer, a_name_that_is_listed_again_and_again_is_asked_for_once) {
  scripted_peer peer;
  auto person = object_writer{"Person", true}.text("email", "mallory@lama.local").finish();
  peer.texts[peer.mallory.hex()] = person;
  auto license = object_writer{"License"}.text("name", "x").text("description", "y").finish();
  peer.texts[sha256(license).hex()] = license;
  std::vector<std::pair<std::string, std::string>> children(10'000, {"id", peer.mallory.hex()});
  children.emplace_back("object", sha256(license).hex());
  auto right =
      object_writer{"RightToDeclareTrustedKeysForSelfCertificate"}.id_reference("beneficiary", peer.mallory).object_reference("license", sha256(license));
  auto root = peer.offer_object("RightToDeclareTrustedKeysForSelfCertificate", right.finish(), children);
  peer.run(1);
  EXPECT_TRUE(has(peer.bob, root));
  EXPECT_EQ(peer.requests.size(), 6u);
}

TEST(hostile_peer, unasked_answers_and_pieces_are_dropped) {
  scripted_peer peer;
  peer.offer_object("PersonName", person_name("x"));
  peer.run(1);
  auto before = peer.bob.chum->statistics().dropped;
  for (int i = 0; i < 100; ++i) {
    peer.tell_data(1000 + i, person_name("unasked"));
    peer.tell({{"responseId", i}, {"type", "stream"}, {"chunk", "x"}, {"encoding", "utf8"}});
    std::string piece(8, '\0');
    peer.bob.chum->receive_binary(piece + "x", peer.bob.space, peer.now);
  }
  EXPECT_EQ(peer.bob.chum->statistics().dropped, before + 300);
  EXPECT_FALSE(peer.bob.space.contains(sha256(person_name("unasked"))));
  EXPECT_TRUE(peer.bob.chum->take_actions().empty());
}

TEST(hostile_peer, a_lost_answer_costs_a_minute_and_its_root_is_asked_for_again) {
  scripted_peer peer;
  auto lost = peer.offer_object("PersonName", person_name("lost"));
  auto found = peer.offer_object("PersonName", person_name("found"));
  auto loses = true;
  peer.special = [&](int64_t service, const std::string& name) -> std::optional<std::string> {
    return loses && service == service::object && name == lost ? std::optional{std::string{}} : std::nullopt;
  };
  auto began = peer.now;
  peer.run(1, 200'000);
  ASSERT_EQ(peer.bob.rounds.size(), 1u);
  EXPECT_GE(peer.now, began + request_deadline_ms);
  EXPECT_TRUE(has(peer.bob, found));
  EXPECT_EQ(peer.bob.rounds[0].failed.at(0).reason.code, errc::timeout);
  loses = false;
  peer.run(2);
  EXPECT_TRUE(has(peer.bob, lost));
}

TEST(hostile_peer, a_lost_or_failing_list_of_roots_waits_for_the_next_round) {
  scripted_peer peer;
  auto name = peer.offer_object("PersonName", person_name("x"));
  int lists = 0;
  peer.special = [&](int64_t service, const std::string&) -> std::optional<std::string> {
    return service == service::accessible_roots && ++lists == 1 ? std::optional{std::string{}} : std::nullopt;
  };
  peer.run(2, 200'000);
  EXPECT_FALSE(peer.bob.closed);
  EXPECT_TRUE(has(peer.bob, name));
}

TEST(hostile_peer, a_greeting_without_answer_is_repeated_and_then_given_up) {
  scripted_peer peer;
  peer.special = [](int64_t, const std::string&) { return std::optional{std::string{}}; };
  auto began = peer.now;
  peer.run(1, 200'000);
  ASSERT_TRUE(peer.bob.closed);
  EXPECT_EQ(peer.bob.closed->failure->code, errc::timeout);
  EXPECT_EQ(peer.requests.size(), 6u);
  EXPECT_EQ(peer.now, began + 100 + 6 * 3000);
}

TEST(hostile_peer, a_stream_instead_of_a_text_fails_the_root_and_not_the_session) {
  scripted_peer peer;
  auto odd = peer.offer_object("PersonName", person_name("odd"));
  auto good = peer.offer_object("PersonName", person_name("good"));
  peer.special = [&](int64_t service, const std::string& name) -> std::optional<std::string> {
    if (service != service::object || name != odd)
      return std::nullopt;
    auto request = peer.requests.back().at("requestId");
    peer.tell({{"responseId", request}, {"type", "stream"}, {"chunk", person_name("odd")}, {"encoding", "utf8"}});
    peer.tell({{"responseId", request}, {"type", "stream-end"}});
    return std::string{};
  };
  peer.run(1);
  ASSERT_EQ(peer.bob.rounds.size(), 1u);
  EXPECT_FALSE(has(peer.bob, odd));
  EXPECT_TRUE(has(peer.bob, good));
  EXPECT_EQ(peer.bob.rounds[0].failures, 1u);
}

TEST(hostile_peer, bytes_that_are_not_utf8_are_refused) {
  scripted_peer peer;
  auto text = "<div itemscope itemtype=\"//refin.io/PersonName\"><span itemprop=\"name\">\xFF</span></div>";
  auto name = sha256(text).hex();
  peer.offer({{"type", "unversioned"}, {"hash", name}, {"oneType", "PersonName"}}, name, {}, {});
  peer.special = [&](int64_t service, const std::string&) -> std::optional<std::string> {
    if (service != service::object)
      return std::nullopt;
    std::string message = "{\"responseId\":" + peer.requests.back().at("requestId").dump() + ",\"type\":\"data\",\"data\":";
    append_json_string(message, text);
    peer.bob.chum->receive_text(message + "}", peer.bob.space, peer.now);
    return std::string{};
  };
  peer.run(1);
  EXPECT_FALSE(has(peer.bob, name));
  EXPECT_EQ(peer.bob.rounds.at(0).failures, 1u);
}

} // namespace lama::protocol::chum::testing
