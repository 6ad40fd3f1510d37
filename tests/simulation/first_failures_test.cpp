// What went wrong in the first LAMA, once each.
#include "tests/simulation/checkers.hpp"

#include "actors/connection_manager/connection_manager.hpp"
#include "protocol/connection/invitation.hpp"
#include "protocol/models/lama_objects.hpp"
#include "protocol/models/leute.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

/// A sparse instance's request to a new archive; `person` asks for it.
actors::provision_user request_of(const std::string& user, const hash& person) {
  actors::provision_user request;
  request.user = user;
  request.password = "correct horse";
  request.unlock_secret = std::string(32, 's');
  request.sparse_person = person;
  request.sparse_instance = sha256("an instance");
  request.sparse_sign_key = std::string(32, 'k');
  request.sparse_instance_key = std::string(32, 'i');
  return request;
}

result<actors::user_provisioned> provision(household& home, actors::provision_user request) {
  return home.archive.ask<actors::user_provisioned>(home.archive.members().find<actors::supervisor_actor>("supervisor"), std::move(request));
}

bool is_connected(side& where, const std::string& group) {
  auto manager = where.members().find<actors::connection_manager_actor>("connection-manager");
  auto listed = where.ask<actors::connections_listed>(manager, actors::list_connections{});
  return listed && std::ranges::any_of(listed->connections, [&](const auto& x) { return x.group == group && x.status == "established"; });
}

TEST(first_failures_test, the_provisioning_answer_has_an_invitation_until_they_are_paired) {
  world all{11};
  household anna{all, "anna", 1};
  all.run_for(1s);
  auto answer = provision(anna, request_of("carla", sha256("a person")));
  ASSERT_TRUE(answer) << answer.failure().message;
  EXPECT_FALSE(answer->paired);
  auto invitation = protocol::parse_invitation(answer->invitation);
  ASSERT_TRUE(invitation) << answer->invitation;
  EXPECT_EQ(invitation->url, answer->endpoint);
  EXPECT_EQ(protocol::view(invitation->public_key), answer->instance_key);
  // A second question, as after a lost answer, gets one that works just as well.
  auto again = provision(anna, request_of("carla", sha256("a person")));
  ASSERT_TRUE(again);
  EXPECT_TRUE(protocol::parse_invitation(again->invitation));
  EXPECT_EQ(again->person, answer->person);
}

TEST(first_failures_test, whoever_paired_is_a_contact_on_every_side) {
  town all{12};
  ASSERT_TRUE(all.found());
  all.all.run_for(10s); // names come with the profiles, which may be behind the conversation
  EXPECT_TRUE(check_people(all).empty());
  for (std::size_t i : {0u, 1u}) {
    auto context = all.homes[i]->sparse.user(all.homes[i]->user);
    ASSERT_TRUE(context);
    auto shown = protocol::load_current(*context->store->read(), models::contact_id(all.persons[1 - i]));
    ASSERT_TRUE(shown) << "the sparse instance has no LamaContact";
    auto contact = models::read_contact(*shown);
    ASSERT_TRUE(contact);
    EXPECT_EQ(contact->name, all.homes[1 - i]->user);
    EXPECT_EQ(contact->state, "contact");
  }
}

TEST(first_failures_test, ten_seconds_after_login_everything_is_connected) {
  town all{13};
  ASSERT_TRUE(all.found());
  auto& anna = all.anna();
  anna.archive.crash(0);
  anna.sparse.crash(0);
  anna.archive.restart();
  anna.sparse.restart();
  all.all.run_for(1s);
  ASSERT_TRUE(anna.log_in());
  all.all.run_for(10s);
  EXPECT_TRUE(is_connected(anna.sparse, "ipc"));
  EXPECT_TRUE(is_connected(anna.sparse, "chum"));
  ASSERT_TRUE(all.send(0, "back again"));
  all.all.run_for(10s);
  EXPECT_EQ(check_messages(all), problems{});
}

TEST(first_failures_test, one_listener_serves_bridge_pairing_and_sync) {
  town all{14};
  auto& anna = all.anna();
  auto& bert = all.bert();
  ASSERT_TRUE(anna.sign_up());
  ASSERT_TRUE(bert.sign_up());
  EXPECT_EQ(anna.archive.network().listeners(), 1u);
  EXPECT_EQ(anna.sparse.network().listeners(), 0u);
  auto invitation = anna.invite();
  ASSERT_TRUE(invitation);
  auto parsed = protocol::parse_invitation(*invitation);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->url, "ws://node" + std::to_string(anna.archive.index()) + ":8765");
  // Nobody else can take the port and swallow what comes.
  EXPECT_FALSE(anna.archive.network().listen("node0", 8765, {}));
  auto paired = bert.accept(*invitation);
  EXPECT_TRUE(paired) << paired.failure().message;
}

TEST(first_failures_test, two_instances_of_a_user_are_two_persons) {
  world all{15};
  household here{all, "anna", 1};
  household there{all, "anna", 2}; // the same name on another machine
  all.run_for(1s);
  auto state = here.sign_up();
  auto other = there.sign_up();
  ASSERT_TRUE(state && other);
  EXPECT_NE(state->person, state->public_person);
  EXPECT_NE(state->public_person, other->public_person);
  EXPECT_NE(here.archive.user("anna")->me.instance, here.sparse.user("anna")->me.instance);
  // And an archive lets nobody in as itself.
  auto answer = provision(here, request_of("anna", state->public_person));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.failure().code, errc::bad_input);
}

} // namespace
} // namespace lama::simulator
