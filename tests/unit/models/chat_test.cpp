#include "protocol/models/chat.hpp"

#include "protocol/limits.hpp"
#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

const json& chat_case(std::size_t index) {
  static const auto all = testing::load_vectors("chat.json");
  return all["cases"][index];
}

int64_t now_of(const json& x) {
  return x["now"].get<int64_t>();
}

class chat_test : public ::testing::Test {
protected:
  created_topic with_bob() {
    return must(create_one_to_one(alice.space, me, bob, now_of(chat_case(1))));
  }
  std::set<hash> granted(const grant_target& target) {
    auto all = granted_to(alice.space, target).persons;
    return {all.begin(), all.end()};
  }
  /// A Topic as a peer brings it: the channel's id object with it.
  hash arrive(const std::string& id, const channel_key& channel, const std::string& name = "name") {
    must(alice.space.put(channel_id_text(channel)));
    return must(store_text(alice.space, topic_text({name, id, channel_id(channel)})));
  }
  alice_store alice;
  hash me = alice.own.person;
  hash bob = protocol::id_hash_of_person("bob@example.com");
  hash carol = protocol::id_hash_of_person("carol@example.com");
};

TEST_F(chat_test, everything_of_the_vectors_in_order) {
  step registry{alice.space};
  must(start_topics(alice.space, now_of(chat_case(0))));
  registry.expect(chat_case(0));

  step opened{alice.space};
  auto made = with_bob();
  opened.expect(chat_case(1));
  EXPECT_EQ(made.id, chat_case(1)["topic_id"].get<std::string>());
  EXPECT_EQ(made.topic.hex(), chat_case(1)["topic_hash"]);

  for (std::size_t i = 2; i <= 4; ++i) {
    step said{alice.space};
    auto text = must(chat_message_text({chat_case(i)["text"].get<std::string>(), me, {}, {}}));
    must(post(alice.space, made.channel, text, alice.as, now_of(chat_case(i))));
    said.expect(chat_case(i));
  }

  const auto& file = chat_case(5)["file"];
  auto blob = must(alice.space.put_blob(bytes_in(file["content_hex"]))).name;
  EXPECT_EQ(blob.hex(), chat_case(5)["blob_hash"]);
  step sent{alice.space};
  auto attachments = must(store_attachments(alice.space, {{blob, file["lastModified"].get<int64_t>(), file["name"].get<std::string>(),
                                                           file["size"].get<uint64_t>(), file["type"].get<std::string>()}}));
  must(post(alice.space, made.channel, must(chat_message_text({"with file", me, attachments, {}})), alice.as, now_of(chat_case(5))));
  sent.expect(chat_case(5));

  auto page = must(read_page(alice.space, newest_of(alice.space, channels_named(alice.space, made.id)), {}));
  ASSERT_EQ(page.entries.size(), chat_case(6)["result"].size());
  for (std::size_t i = 0; i < page.entries.size(); ++i)
    EXPECT_EQ(page.entries[page.entries.size() - 1 - i].channel.hex() + "_" + page.entries[page.entries.size() - 1 - i].entry.hex(),
              chat_case(6)["result"][i]["id"]);

  auto given = grants_of(alice.space, bob);
  EXPECT_EQ(given.objects, std::vector{made.topic});
  EXPECT_EQ(given.ids, std::vector{made.channel});
  EXPECT_EQ(granted(id_target(made.channel)), (std::set{me, bob}));
}

TEST_F(chat_test, topics_shared_with_groups) {
  must(start_topics(alice.space, 1));
  with_bob();
  const auto& x = chat_case(9);
  auto group = hash_in(x["group_id"]);
  step own{alice.space};
  auto made = must(create_topic(alice.space, {"My Group", "my-group", {}}, me, now_of(x)));
  must(share_topic(alice.space, made, {{}, {group}}, now_of(x)));
  EXPECT_EQ(made.channel.hex(), x["topic"]["channel"]);
  for (const auto& object : x["new_objects"]) { // all but the node of the registry of channels, whose history is shorter here
    auto type = object["type"].get<std::string>();
    if (!type.starts_with("VersionNode")) {
      EXPECT_EQ(alice.space.read(hash_in(object["hash"])).value_or("missing " + type), object["microdata"].get<std::string>());
    }
  }
  step again{alice.space};
  EXPECT_EQ(must(create_topic(alice.space, {"Other name", "my-group", {}}, me, now_of(x))).topic, made.topic);
  again.expect_nothing();
}

TEST_F(chat_test, ids_of_one_to_one_topics) {
  for (const auto& x : chat_case(11)["is_one_to_one"])
    EXPECT_EQ(one_to_one_persons(x["id"].get<std::string>()).has_value(), x["result"].get<bool>()) << x["id"];
  EXPECT_EQ(one_to_one_id(me, bob), one_to_one_id(bob, me));
  auto both = one_to_one_persons(one_to_one_id(bob, me));
  ASSERT_TRUE(both);
  EXPECT_LT(both->first, both->second);
}

TEST_F(chat_test, both_sides_make_the_same_objects) {
  must(start_topics(alice.space, 1));
  auto mine = with_bob();
  protocol::memory_space other{protocol::standard_recipes()};
  must(start_topics(other, 5));
  auto theirs = must(create_one_to_one(other, bob, me, 77));
  EXPECT_EQ(theirs.topic, mine.topic);
  EXPECT_EQ(theirs.channel, mine.channel);
}

TEST_F(chat_test, an_incoming_one_to_one_topic_shares_the_channel_back) {
  must(start_topics(alice.space, 1));
  auto id = one_to_one_id(me, bob);
  auto name = arrive(id, {id, std::nullopt}, id);
  auto event = must(topic_arrived(alice.space, me, bob, name, 2));
  EXPECT_EQ(event.other, bob);
  EXPECT_TRUE(event.entered);
  EXPECT_EQ(granted(id_target(channel_id({id, std::nullopt}))), (std::set{me, bob}));
  EXPECT_EQ(granted(object_target(name)), (std::set{me, bob}));
  EXPECT_TRUE(post(alice.space, channel_id({id, std::nullopt}), must(chat_message_text({"hi", me, {}, {}})), alice.as, 3));
  step again{alice.space};
  must(topic_arrived(alice.space, me, bob, name, 9));
  again.expect_nothing();
}

TEST_F(chat_test, a_topic_that_points_at_another_channel_shares_nothing) {
  must(start_topics(alice.space, 1));
  auto with_carol = must(create_one_to_one(alice.space, me, carol, 1));
  auto before = granted(id_target(with_carol.channel));
  auto id = one_to_one_id(me, bob);
  auto name = must(store_text(alice.space, topic_text({id, id, with_carol.channel})));
  auto event = must(topic_arrived(alice.space, me, bob, name, 2));
  EXPECT_FALSE(event.entered);
  EXPECT_FALSE(event.other);
  EXPECT_EQ(granted(id_target(with_carol.channel)), before);
  EXPECT_EQ(find_topic(alice.space, with_carol.id), with_carol.topic);
}

TEST_F(chat_test, one_to_one_topics_of_others_are_left_alone) {
  must(start_topics(alice.space, 1));
  auto theirs = one_to_one_id(bob, carol);
  EXPECT_FALSE(must(topic_arrived(alice.space, me, bob, arrive(theirs, {theirs, std::nullopt}), 2)).entered);
  // Bob cannot open a conversation of mine with Carol; a node of my own can bring it.
  auto mine = one_to_one_id(me, carol);
  auto name = arrive(mine, {mine, std::nullopt}, mine);
  EXPECT_FALSE(must(topic_arrived(alice.space, me, bob, name, 2)).entered);
  EXPECT_TRUE(grants_of(alice.space, carol).ids.empty());
  EXPECT_TRUE(must(topic_arrived(alice.space, me, std::nullopt, name, 2)).entered);
}

TEST_F(chat_test, incoming_group_topics) {
  must(start_topics(alice.space, 1));
  auto name = arrive("team-x", {"team-x", bob}, "Team");
  auto event = must(topic_arrived(alice.space, me, bob, name, 2));
  EXPECT_TRUE(event.entered);
  EXPECT_FALSE(event.other);
  EXPECT_TRUE(grants_of(alice.space, bob).ids.empty());
  // The same room under another channel, under one of mine, and ownerless.
  EXPECT_FALSE(must(topic_arrived(alice.space, me, carol, arrive("team-x", {"team-x", carol}), 3)).entered);
  EXPECT_FALSE(must(topic_arrived(alice.space, me, carol, arrive("mine", {"mine", me}), 3)).entered);
  EXPECT_FALSE(must(topic_arrived(alice.space, me, carol, arrive("free", {"free", std::nullopt}), 3)).entered);
  EXPECT_FALSE(must(topic_arrived(alice.space, me, carol, arrive("alias", {"other", carol}), 3)).entered);
  EXPECT_EQ(find_topic(alice.space, "team-x"), name);
  // Its owner may rename it.
  auto renamed = arrive("team-x", {"team-x", bob}, "Team B");
  EXPECT_TRUE(must(topic_arrived(alice.space, me, bob, renamed, 4)).entered);
  EXPECT_EQ(find_topic(alice.space, "team-x"), renamed);
}

TEST_F(chat_test, ids_of_groups) {
  EXPECT_EQ(group_topic_id("My Group!", "Ab1"), "my-group-Ab1");
  EXPECT_EQ(group_topic_id("  -- ", "x"), "group-x");
  EXPECT_EQ(group_topic_id("\xc3\x9c"
                           "ber uns",
                           "x"),
            "ber-uns-x");
}

TEST_F(chat_test, a_group_gives_every_member_a_channel) {
  must(start_topics(alice.space, 1));
  auto made = must(create_group_topic(alice.space, me, "Team", "s1", {bob, carol}, 5));
  EXPECT_EQ(made.channel, channel_id({"team-s1", me}));
  auto given = grants_of(alice.space, bob);
  EXPECT_EQ(given.objects, std::vector{made.topic});
  EXPECT_EQ(given.ids.size(), 3u);
  auto members = room_members(alice.space, made.id);
  EXPECT_EQ((std::set<hash>{members.begin(), members.end()}), (std::set{me, bob, carol}));

  // Bob's node, when topic and channels are there.
  protocol::memory_space other{protocol::standard_recipes()};
  must(start_topics(other, 1));
  EXPECT_FALSE(must(join_group_topic(other, bob, made.id, 6)));
  for (const auto& owner : {me, bob, carol})
    must(create_channel(other, {made.id, owner}, 5));
  auto joined = must(join_group_topic(other, bob, made.id, 6));
  ASSERT_TRUE(joined);
  auto all = granted_to(other, id_target(*joined)).persons;
  EXPECT_EQ((std::set<hash>{all.begin(), all.end()}), (std::set{me, bob, carol}));
}

TEST_F(chat_test, message_limits) {
  EXPECT_TRUE(chat_message_text({std::string(limits::chat_text_bytes, 'x'), me, {}, {}}));
  EXPECT_EQ(chat_message_text({std::string(limits::chat_text_bytes + 1, 'x'), me, {}, {}}).failure().code, errc::too_large);
  EXPECT_EQ(chat_message_text({"x", me, std::vector<hash>(limits::chat_attachments + 1), {}}).failure().code, errc::too_large);
}

TEST_F(chat_test, attachments_come_back_and_raw_blobs_are_tolerated) {
  attachment file{sha256("blob"), 123, "a & b.txt", 77, "text/plain"};
  auto name = must(store_attachments(alice.space, {file})).front();
  auto back = read_attachment(alice.space, name);
  EXPECT_EQ(back.blob, file.blob);
  EXPECT_EQ(back.name, file.name);
  EXPECT_EQ(back.size, 77u);
  EXPECT_EQ(back.last_modified, 123);
  auto raw = must(alice.space.put_blob("just bytes")).name;
  EXPECT_EQ(read_attachment(alice.space, raw).blob, raw);
  EXPECT_EQ(read_attachment(alice.space, raw).name, "");
  EXPECT_EQ(read_attachment(alice.space, sha256("not here")).blob, sha256("not here"));

  auto text = must(chat_message_text({"t", me, {name}, {raw}}));
  auto message = must(read_chat_message(must(protocol::parse_object(text, protocol::standard_recipes()))));
  EXPECT_EQ(message.attachments, std::vector{name});
  EXPECT_EQ(message.thumbnails, std::vector{raw});
  EXPECT_EQ(message.sender, me);
}

} // namespace
} // namespace lama::models
