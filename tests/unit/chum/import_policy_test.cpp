#include "protocol/policy/import_policy.hpp"

#include <gtest/gtest.h>

#include <map>

namespace lama::protocol::policy {

namespace {

hash person(std::string_view email) {
  object_writer id{"Person", true};
  id.text("email", email);
  return sha256(id.finish());
}

const hash me = person("me@lama.local");
const hash remote = person("remote@lama.local");
const hash third = person("third@lama.local");

parties between(origin from) {
  return {from, me, remote};
}

verdict type_alone(origin from, role as, std::string_view type) {
  return judge(between(from), {as, type, nullptr}).verdict;
}

bool is_admitted(origin from, role as, const std::string& text) {
  return static_cast<bool>(admit(between(from), as, text, standard_recipes()));
}

std::string profile(const hash& of, const hash& owner) {
  object_writer out{"Profile"};
  out.text("profileId", "default").id_reference("personId", of).id_reference("owner", owner);
  return out.bag("communicationEndpoint", reference_kind::object, {}).bag("personDescription", reference_kind::object, {}).finish();
}

std::string channel(std::string_view id, std::optional<hash> owner, bool is_id = false) {
  object_writer out{"ChannelInfo", is_id};
  out.text("id", id);
  if (owner)
    out.id_reference("owner", *owner);
  return out.finish();
}

std::string topic(std::string_view id, const hash& channel_id) {
  return object_writer{"Topic"}.text("name", "x").text("id", id).id_reference("channel", channel_id).finish();
}

std::string pair_id(const hash& a, const hash& b) {
  return std::min(a, b).hex() + "<->" + std::max(a, b).hex();
}

constexpr origin everybody[] = {origin::archive_of_mine, origin::sparse_of_mine, origin::contact};
constexpr role every_role[] = {role::child, role::id, role::root, role::version};

} // namespace

/// What each reach means, role by role.
TEST(import_policy, each_row_allows_what_it_says) {
  struct expectation {
    verdict child, id, root, version;
  };
  using enum verdict;
  const std::map<reach, expectation> meaning{
      {reach::never, {denied, denied, denied, denied}},        {reach::id_only, {denied, allowed, denied, denied}},
      {reach::below, {allowed, allowed, denied, denied}},      {reach::authored, {depends, allowed, denied, denied}},
      {reach::theirs, {allowed, allowed, depends, depends}},   {reach::topic, {depends, allowed, depends, depends}},
      {reach::by_itself, {allowed, allowed, allowed, denied}}, {reach::any, {allowed, allowed, allowed, allowed}},
  };
  for (const auto& line : table()) {
    const std::map<origin, reach> columns{
        {origin::archive_of_mine, line.from_archive}, {origin::sparse_of_mine, line.from_sparse}, {origin::contact, line.from_contact}};
    for (const auto& [from, limit] : columns) {
      auto type = line.type == "*" ? "SomeOtherType" : line.type == "Lama*" ? "LamaContact" : line.type;
      EXPECT_EQ(reach_of(from, type), limit) << type;
      const auto& expected = meaning.at(limit);
      EXPECT_EQ(type_alone(from, role::child, type), expected.child) << type;
      EXPECT_EQ(type_alone(from, role::id, type), expected.id) << type;
      EXPECT_EQ(type_alone(from, role::root, type), expected.root) << type;
      EXPECT_EQ(type_alone(from, role::version, type), expected.version) << type;
    }
  }
}

TEST(import_policy, nobody_brings_what_rules_this_node) {
  for (const auto* type : {"Leute", "Someone", "Access", "IdAccess", "Group", "GroupProfile", "ChannelRegistry", "TopicAppRegistry", "Settings",
                           "IoMRequestsRegistry", "LocalInstancesList", "Chum"})
    for (auto from : everybody)
      for (auto as : every_role)
        EXPECT_EQ(type_alone(from, as, type), verdict::denied) << type;
  for (auto from : everybody) {
    EXPECT_EQ(type_alone(from, role::version, "Instance"), verdict::denied);
    EXPECT_EQ(type_alone(from, role::id, "Instance"), verdict::allowed);
  }
}

TEST(import_policy, types_are_learnt_from_one_s_archive_alone) {
  for (auto from : everybody)
    EXPECT_EQ(type_alone(from, role::version, "Recipe"), from == origin::archive_of_mine ? verdict::allowed : verdict::denied);
}

TEST(import_policy, a_contact_brings_no_types_of_ours_and_none_that_the_table_lacks) {
  for (const auto* type : {"LamaContact", "LamaOutboxEntry", "IoMRequest", "LLM", "News", "NobodyKnowsThis"})
    for (auto as : every_role)
      EXPECT_EQ(type_alone(origin::contact, as, type), verdict::denied) << type;
}

TEST(import_policy, every_known_type_has_a_row_or_the_last_one) {
  EXPECT_EQ(table().back().type, "*");
  for (const auto& line : table())
    EXPECT_TRUE(line.type.ends_with('*') || standard_recipes().find(line.type)) << line.type;
}

TEST(import_policy, a_contact_brings_their_own_profile_only) {
  EXPECT_TRUE(is_admitted(origin::contact, role::version, profile(remote, remote)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, profile(third, third)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, profile(me, me)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, profile(me, remote)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, profile(remote, me)));
  EXPECT_FALSE(is_admitted(origin::contact, role::root, profile(me, me)));
  EXPECT_TRUE(is_admitted(origin::contact, role::child, profile(third, third))) << "a certificate may speak of it";
}

TEST(import_policy, a_contact_brings_their_own_person_only) {
  EXPECT_TRUE(is_admitted(origin::contact, role::version, object_writer{"Person"}.text("email", "remote@lama.local").text("name", "R").finish()));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, object_writer{"Person"}.text("email", "me@lama.local").text("name", "Mallory").finish()));
}

TEST(import_policy, a_contact_brings_channels_with_me_and_their_own) {
  EXPECT_TRUE(is_admitted(origin::contact, role::version, channel(pair_id(me, remote), {})));
  EXPECT_TRUE(is_admitted(origin::contact, role::version, channel("a group", remote)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel(pair_id(me, third), {})));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel(pair_id(remote, third), {})));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel("contacts", {})));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel("a group", me)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel(pair_id(me, remote), third)));
  // The id object says it all: nothing needs to be fetched to refuse a version.
  EXPECT_TRUE(is_admitted(origin::contact, role::version, channel("a group", remote, true)));
  EXPECT_FALSE(is_admitted(origin::contact, role::version, channel("a group", me, true)));
}

TEST(import_policy, a_contact_brings_topics_of_such_channels_only) {
  auto shared = pair_id(me, remote);
  EXPECT_TRUE(is_admitted(origin::contact, role::root, topic(shared, sha256(channel(shared, {}, true)))));
  EXPECT_TRUE(is_admitted(origin::contact, role::root, topic("a group", sha256(channel("a group", remote, true)))));
  EXPECT_FALSE(is_admitted(origin::contact, role::root, topic("another", sha256(channel(shared, {}, true)))));
  EXPECT_FALSE(is_admitted(origin::contact, role::root, topic("a group", sha256(channel("a group", third, true)))));
  EXPECT_FALSE(is_admitted(origin::contact, role::root, topic("EveryoneTopic", sha256(channel("EveryoneTopic", {}, true)))));
  // Storing a topic has effects wherever it stands, so it is judged as a child too.
  EXPECT_FALSE(is_admitted(origin::contact, role::child, topic("EveryoneTopic", sha256(channel("EveryoneTopic", {}, true)))));
}

TEST(import_policy, a_contact_brings_what_they_say_of_messages_and_nothing_in_the_name_of_another) {
  auto annotation = [](const hash& author) {
    return object_writer{"LamaAnnotation"}
        .text("conversation", "x")
        .object_reference("message", sha256("a message"))
        .id_reference("author", author)
        .text("kind", "delete")
        .number("time", 1)
        .finish();
  };
  EXPECT_TRUE(is_admitted(origin::contact, role::child, annotation(remote)));
  EXPECT_FALSE(is_admitted(origin::contact, role::child, annotation(me)));
  EXPECT_FALSE(is_admitted(origin::contact, role::child, annotation(third)));
  EXPECT_FALSE(is_admitted(origin::contact, role::root, annotation(remote)));
}

TEST(import_policy, a_contact_says_nothing_of_a_message_that_is_known_to_be_anothers) {
  std::map<hash, hash> authors{{sha256("mine"), me}, {sha256("theirs"), remote}};
  message_author known = [&authors](const hash& message) {
    auto found = authors.find(message);
    return found == authors.end() ? std::nullopt : std::optional{found->second};
  };
  auto is_taken = [&](const hash& message) {
    auto who = between(origin::contact);
    who.author_of_message = &known;
    auto text = object_writer{"LamaAnnotation"}
                    .text("conversation", "x")
                    .object_reference("message", message)
                    .id_reference("author", remote)
                    .text("kind", "delete")
                    .number("time", 1)
                    .finish();
    return static_cast<bool>(admit(who, role::child, text, standard_recipes()));
  };
  EXPECT_TRUE(is_taken(sha256("theirs")));
  EXPECT_FALSE(is_taken(sha256("mine")));
  EXPECT_TRUE(is_taken(sha256("not here yet"))) << "whether it counts is seen when the message is there";
}

TEST(import_policy, my_sparse_instance_brings_its_outbox_and_its_profile) {
  EXPECT_TRUE(is_admitted(origin::sparse_of_mine, role::version, channel("lama.outbox.1", remote)));
  EXPECT_TRUE(is_admitted(origin::sparse_of_mine, role::version, profile(remote, remote)));
  EXPECT_FALSE(is_admitted(origin::sparse_of_mine, role::version, channel("lama.outbox.1", me)));
  EXPECT_FALSE(is_admitted(origin::sparse_of_mine, role::version, channel("lama.outbox.1", {})));
  EXPECT_FALSE(is_admitted(origin::sparse_of_mine, role::version, channel("lama", remote)));
  EXPECT_FALSE(is_admitted(origin::sparse_of_mine, role::version, channel(pair_id(me, remote), {})));
  EXPECT_FALSE(is_admitted(origin::sparse_of_mine, role::version, profile(me, me)));
  EXPECT_EQ(type_alone(origin::sparse_of_mine, role::child, "LamaOutboxEntry"), verdict::allowed);
  EXPECT_EQ(type_alone(origin::sparse_of_mine, role::root, "LamaOutboxEntry"), verdict::denied);
  EXPECT_EQ(type_alone(origin::sparse_of_mine, role::root, "Topic"), verdict::denied);
}

TEST(import_policy, my_archive_brings_what_it_grants) {
  EXPECT_TRUE(is_admitted(origin::archive_of_mine, role::version, profile(third, third)));
  EXPECT_TRUE(is_admitted(origin::archive_of_mine, role::version, channel("a group", third)));
  EXPECT_TRUE(is_admitted(origin::archive_of_mine, role::root, topic("a group", sha256(channel("a group", third, true)))));
  for (const auto* type : {"LamaContact", "LamaConversation", "LamaReceipt", "LLM", "DocumentInfo"})
    for (auto as : every_role)
      EXPECT_EQ(type_alone(origin::archive_of_mine, as, type), verdict::allowed) << type;
}

TEST(import_policy, a_text_that_cannot_be_read_is_not_admitted) {
  EXPECT_FALSE(is_admitted(origin::contact, role::version, R"(<div itemscope itemtype="//refin.io/Profile"></div>)"));
}

} // namespace lama::protocol::policy
