#include "tests/unit/chum/two_machines.hpp"

#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

/// What two nodes of ours do with each other by the stock protocol.
namespace lama::protocol::chum::testing {

namespace {

class two_machines : public ::testing::Test {
protected:
  machine alice{"alice"};
  machine bob{"bob"};
  wire between{alice, bob};

  hash chat() {
    auto made = models::create_one_to_one(alice.space, alice.person, bob.person, 1);
    EXPECT_TRUE(made);
    return made->channel;
  }

  void post(machine& by, const hash& channel, const std::string& text, int64_t at) {
    auto message = object_writer{"ChatMessage"}.text("text", text).id_reference("sender", by.person).finish();
    auto posted = models::post(by.space, channel, message, models::sign_with(by.person, by.keys.secret_key), at);
    ASSERT_TRUE(posted) << posted.failure().message;
  }

  hash store_profile(machine& at, const std::string& name) {
    auto stored = models::store_profile(at.space, {"default", at.person, at.person, {}, {at.put(person_name(name))}}, between.now);
    EXPECT_TRUE(stored);
    return stored->id;
  }
};

hash data_of(const machine& at, const hash& id) {
  return current_data(at.space, id).value_or(hash{});
}

} // namespace

TEST_F(two_machines, a_granted_object_arrives_with_all_below_it) {
  auto picture = alice.put_blob("\x89PNG small");
  auto image = alice.put(object_writer{"PersonImage"}.blob_reference("image", picture).number("timestamp", 1).text("location", "here").finish());
  auto secret = alice.put(person_name("not granted"));
  alice.share(image, bob);
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_EQ(bob.space.read(picture), "\x89PNG small");
  EXPECT_FALSE(bob.space.contains(secret));
  EXPECT_EQ(bob.rounds.at(0).objects, 1u);
  EXPECT_EQ(bob.rounds.at(0).blobs, 1u);
  EXPECT_EQ(alice.rounds.at(0).roots, 0u);
}

TEST_F(two_machines, an_idle_round_costs_one_request) {
  alice.share(alice.put(person_name("a")), bob);
  alice.share_id(store_profile(alice, "Alice"), bob);
  between.connect();
  between.run_rounds(1);
  bob.sent.clear();
  between.run_rounds(3);
  EXPECT_EQ(bob.requests_of(2), 2u);
  EXPECT_EQ(bob.sent.size(), 2u + alice.requests_of(2) - 1) << "besides our own answers to alice's polls";
  EXPECT_EQ(bob.rounds.at(2).new_roots, 0u);
}

TEST_F(two_machines, a_version_becomes_current_and_is_offered_as_one_edge) {
  auto id = store_profile(alice, "first");
  between.now += 10;
  store_profile(alice, "second");
  alice.share_id(id, bob);
  between.connect();
  between.run_rounds(1);
  EXPECT_EQ(data_of(bob, id), data_of(alice, id));
  EXPECT_EQ(bob.rounds.at(0).roots, 2u); // the id and one node, though there are two versions
  EXPECT_EQ(bob.requests_of(4), 1u);
}

TEST_F(two_machines, the_echo_of_an_own_offer_is_not_fetched) {
  auto channel = chat();
  post(alice, channel, "hello", between.now);
  between.connect();
  between.run_rounds(1);
  // Bob has it now and shares it back.
  bob.share_id(channel, alice);
  auto fetched = alice.requests_of(4);
  between.run_rounds(3);
  EXPECT_EQ(alice.requests_of(4), fetched);
  EXPECT_EQ(data_of(bob, channel), data_of(alice, channel));
}

TEST_F(two_machines, a_live_change_is_told_at_once) {
  between.connect();
  between.run_rounds(1);
  auto name = alice.put(person_name("new"));
  alice.share(name, bob);
  auto before = between.now;
  alice.chum->roots_changed(between.now);
  between.run(before + 200);
  EXPECT_TRUE(bob.space.contains(name));
}

TEST_F(two_machines, notices_come_one_at_a_time_and_none_is_lost) {
  between.connect();
  between.run_rounds(1);
  for (int i = 0; i < 50; ++i)
    alice.chum->roots_changed(between.now);
  between.run(between.now + 2000);
  EXPECT_EQ(alice.requests_of(3), 2u);
  EXPECT_LE(bob.rounds.size(), 4u);
}

TEST_F(two_machines, without_a_notice_the_poll_finds_it) {
  between.connect();
  between.run_rounds(1);
  auto name = alice.put(person_name("new"));
  alice.share(name, bob);
  between.run(between.now + 4000);
  EXPECT_FALSE(bob.space.contains(name));
  between.run(between.now + 2000);
  EXPECT_TRUE(bob.space.contains(name));
}

TEST_F(two_machines, both_write_and_come_to_rest_with_equal_lists) {
  auto channel = chat();
  between.connect();
  between.run_rounds(1);
  ASSERT_TRUE(models::create_one_to_one(bob.space, bob.person, alice.person, between.now));
  for (int i = 0; i < 5; ++i) {
    post(alice, channel, "a" + std::to_string(i), between.now + 2 * i);
    post(bob, channel, "b" + std::to_string(i), between.now + 2 * i + 1);
  }
  EXPECT_NE(data_of(alice, channel), data_of(bob, channel));
  auto rounds = bob.rounds.size();
  between.run_rounds(rounds + 3);
  EXPECT_EQ(data_of(alice, channel), data_of(bob, channel));
  auto head_of_alice = alice.space.head(channel);
  auto head_of_bob = bob.space.head(channel);
  between.run_rounds(rounds + 6);
  EXPECT_EQ(alice.space.head(channel), head_of_alice) << "no ping-pong";
  EXPECT_EQ(bob.space.head(channel), head_of_bob);
  EXPECT_EQ(bob.rounds.back().new_roots, 0u);
}

TEST_F(two_machines, a_stock_exporter_with_its_whole_history_is_taken_with_one_list) {
  auto channel = chat();
  for (int i = 0; i < 20; ++i)
    post(alice, channel, "message " + std::to_string(i), between.now + i);
  auto stock = between.options_for(alice);
  stock.exporter.remote.offer = version_offer::history;
  between.connect(stock);
  between.run_rounds(1);
  EXPECT_EQ(data_of(bob, channel), data_of(alice, channel));
  EXPECT_GT(bob.rounds.at(0).roots, 20u);
  EXPECT_LE(bob.requests_of(4), 3u); // topic, deepest node; not one a version
}

TEST_F(two_machines, many_objects_arrive_in_few_batches_with_requests_in_parallel) {
  auto channel = chat();
  for (int i = 0; i < 300; ++i)
    post(alice, channel, std::string(200, 'x') + std::to_string(i), between.now + i);
  std::size_t open = 0;
  std::size_t most = 0;
  between.tap = [&](machine& from, outgoing& message) {
    if (&from == &bob && message.bytes.find("\"type\":\"request\"") != std::string::npos)
      most = std::max(most, ++open);
    else if (&from == &alice && message.bytes.starts_with("{\"responseId\""))
      --open;
    return true;
  };
  between.connect();
  between.run_rounds(1);
  EXPECT_EQ(data_of(bob, channel), data_of(alice, channel));
  EXPECT_GT(most, 32u);
  EXPECT_LE(most, 64u + 8u);
  EXPECT_LT(bob.batches, 12u);
}

TEST_F(two_machines, grants_are_to_whom_they_name) {
  auto to_group = alice.put(person_name("for the group"));
  auto revoked = alice.put(person_name("revoked"));
  auto group = store_version(alice.space, object_writer{"Group"}.text("name", "friends").bag("person", reference_kind::id, {bob.person}).finish(), 1);
  ASSERT_TRUE(group);
  ASSERT_TRUE(models::grant(alice.space, models::object_target(to_group), {{}, {group->id}}, models::grant_mode::add, 2));
  alice.share(revoked, bob);
  ASSERT_TRUE(models::grant(alice.space, models::object_target(revoked), {{}, {}}, models::grant_mode::replace, 3));
  // An IdAccess *on* the person is no grant *to* the person.
  machine carol{"carol"};
  ASSERT_TRUE(models::grant(alice.space, models::id_target(bob.person), {{carol.person}, {}}, models::grant_mode::add, 4));
  // The group itself, granted by id, would end a stock peer's importer.
  alice.share_id(group->id, bob);

  auto roots = accessible_roots(alice.space, {bob.person, false, version_offer::edge_of_head}).roots;
  ASSERT_EQ(roots.size(), 1u);
  EXPECT_EQ(roots[0].name, to_group);
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(to_group));
  EXPECT_FALSE(bob.space.contains(revoked));
}

TEST_F(two_machines, channels_of_ours_are_offered_to_nodes_of_ours_only) {
  // The channel is of a stock type; what stands in it would end a stock peer's importer.
  auto channel = models::create_channel(alice.space, {"lama.annotations.room", alice.person}, 1);
  ASSERT_TRUE(channel);
  alice.share_id(*channel, bob);
  alice.share(*current_data(alice.space, *channel), bob);
  EXPECT_TRUE(accessible_roots(alice.space, {bob.person, false, {}}).roots.empty());
  EXPECT_EQ(accessible_roots(alice.space, {bob.person, true, {}}).roots.size(), 3u);
}

TEST_F(two_machines, types_of_ours_are_offered_to_nodes_of_ours_only) {
  auto contact = object_writer{"LamaContact"}.id_reference("person", bob.person).text("name", "Bob").text("state", "x").number("since", 1).finish();
  alice.put(*bob.space.read(bob.person));
  auto stored = store_version(alice.space, contact, 1);
  ASSERT_TRUE(stored) << stored.failure().message;
  alice.share_id(stored->id, bob);
  EXPECT_TRUE(accessible_roots(alice.space, {bob.person, false, {}}).roots.empty());
  EXPECT_EQ(accessible_roots(alice.space, {bob.person, true, {}}).roots.size(), 2u);
}

TEST_F(two_machines, nothing_that_reaches_a_text_of_an_unknown_type_is_offered) {
  auto keep = [&](const std::string& type, text_origin origin) {
    auto kept = alice.space.keep_text("<div itemscope itemtype=\"//refin.io/" + type + "\"><span itemprop=\"a\">b</span></div>", origin);
    EXPECT_TRUE(kept);
    return kept->name;
  };
  auto own = keep("Unheard", text_origin::own);
  auto contacts = keep("AlsoUnheard", text_origin::foreign);
  auto below = chat();
  auto message =
      object_writer{"ChatMessage"}.text("text", "look").array("attachments", reference_kind::object, {own}).id_reference("sender", alice.person).finish();
  ASSERT_TRUE(models::post(alice.space, below, message, models::sign_with(alice.person, alice.keys.secret_key), 5));
  auto text = alice.put(object_writer{"CreationTime"}.number("timestamp", 1).object_reference("data", contacts).finish());
  for (const auto& name : {own, contacts, text})
    alice.share(name, bob);
  alice.share_id(below, bob);
  auto fine = alice.put(person_name("fine"));
  alice.share(fine, bob);

  std::unordered_set<hash> clean;
  for (int i = 0; i < 2; ++i) {
    std::set<hash> offered;
    for (const auto& x : accessible_roots(alice.space, {bob.person, false, {}}, &clean).roots)
      offered.insert(x.name);
    EXPECT_TRUE(offered.contains(fine));
    EXPECT_FALSE(offered.contains(own) || offered.contains(contacts) || offered.contains(text));
    auto edge = edge_text_of_head(alice.space, below);
    EXPECT_FALSE(offered.contains(sha256(*edge))) << "one version that fails ends a stock importer";
  }
  EXPECT_TRUE(clean.contains(fine));
  between.connect();
  between.run_rounds(2);
  EXPECT_FALSE(bob.closed);
  EXPECT_TRUE(bob.space.contains(fine));
  EXPECT_FALSE(bob.space.contains(own) || bob.space.contains(contacts));
  EXPECT_TRUE(bob.rounds.back().failed.empty()) << "a peer that has nothing to complain about";
  for (const auto& sent : alice.sent)
    EXPECT_EQ(sent.find(own.hex()), std::string::npos) << "not even its name";
}

TEST_F(two_machines, a_grant_on_something_absent_hides_nothing_else) {
  alice.share(sha256("nowhere"), bob);
  auto name = alice.put(person_name("here"));
  alice.share(name, bob);
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(name));
  EXPECT_EQ(bob.rounds.at(0).failures, 0u);
}

TEST_F(two_machines, one_side_may_leave_after_a_round) {
  alice.share(alice.put(person_name("a")), bob);
  auto once = between.options_for(alice);
  once.importer.keep_running = false;
  auto once_too = between.options_for(bob);
  once_too.importer.keep_running = false;
  between.connect(once, once_too);
  between.run_rounds(1);
  ASSERT_TRUE(alice.closed);
  ASSERT_TRUE(bob.closed);
  EXPECT_FALSE(alice.closed->failure);
  EXPECT_FALSE(bob.closed->failure);
  EXPECT_EQ(bob.rounds.at(0).objects, 1u);
}

TEST_F(two_machines, switched_off_halves_are_unknown_services) {
  auto silent = between.options_for(alice);
  silent.exports = false;
  between.connect(silent);
  between.run(between.now + 10'000);
  ASSERT_TRUE(bob.closed);
  ASSERT_TRUE(bob.closed->failure);
  EXPECT_EQ(bob.closed->failure->detail, "UNKNOWN-SERVICE");
  EXPECT_EQ(bob.requests_of(1), 16u);
}

TEST_F(two_machines, the_host_may_speak_services_of_its_own) {
  auto knows = between.options_for(alice);
  knows.extra_services = {service::lama_hello};
  between.connect(knows);
  between.run_rounds(1);
  auto hello = bob.chum->ask(service::lama_hello, {{{"version", 1}}}, between.now);
  ASSERT_TRUE(hello);
  between.run(between.now + 10);
  ASSERT_EQ(alice.asked.size(), 1u);
  EXPECT_EQ(alice.asked[0].request.args, json::parse(R"([{"version":1}])"));
  alice.chum->answer(alice.asked[0].request.id, {{"version", 1}});
  between.run(between.now + 10);
  ASSERT_EQ(bob.answered.size(), 1u);
  EXPECT_EQ(bob.answered[0].id, *hello);
  ASSERT_TRUE(bob.answered[0].outcome);
  EXPECT_EQ(bob.answered[0].outcome->at("version"), 1);
  // A stock peer, here bob, does not know it.
  ASSERT_TRUE(alice.chum->ask(service::lama_hello, json::array(), between.now));
  between.run(between.now + 10);
  ASSERT_EQ(alice.answered.size(), 1u);
  ASSERT_FALSE(alice.answered[0].outcome);
  EXPECT_EQ(alice.answered[0].outcome.failure().code, errc::unsupported);
}

TEST_F(two_machines, a_paused_importer_asks_for_nothing_until_it_goes_on) {
  between.connect();
  between.run_rounds(1);
  bob.chum->pause_import(true, between.now);
  auto name = alice.put(person_name("late"));
  alice.share(name, bob);
  alice.chum->roots_changed(between.now);
  between.run(between.now + 30'000);
  EXPECT_FALSE(bob.space.contains(name));
  bob.chum->pause_import(false, between.now);
  between.run(between.now + 10);
  EXPECT_TRUE(bob.space.contains(name));
}

TEST_F(two_machines, the_first_request_waits_until_the_peer_listens) {
  between.connect();
  auto began = between.now;
  std::optional<int64_t> first;
  between.tap = [&](machine&, outgoing& message) {
    if (!first && message.bytes.find("\"requestId\"") != std::string::npos)
      first = between.now;
    return true;
  };
  between.run_rounds(1);
  EXPECT_GE(first.value_or(0), began + 100);
}

} // namespace lama::protocol::chum::testing
