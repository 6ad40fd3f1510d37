#include "tests/unit/sync/fixture.hpp"

#include "protocol/sync/policy_admission.hpp"

namespace lama::protocol::sync::testing {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class Push : public ::testing::Test {
protected:
  /// A channel of the archive with `count` messages "0", "1" …
  hash channel_with(int count) {
    auto id = archive.make_channel("talk", archive.person);
    for (int i = 0; i < count; ++i)
      archive.post(id, std::to_string(i));
    return id;
  }

  node archive{"archive@example.com", 1};
  node sparse{"sparse@example.com", 2};
};

TEST_F(Push, BringsAGrantedChannelWithAllItReaches) {
  auto id = channel_with(20);
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);

  EXPECT_FALSE(sparse.closed) << sparse.closed->message;
  EXPECT_EQ(sparse.data_of(id), archive.data_of(id));
  EXPECT_EQ(sparse.messages(id), archive.messages(id));
  EXPECT_EQ(sparse.messages(id).size(), 20u);
  EXPECT_EQ(sparse.caught_up, 1u);
  EXPECT_THAT(archive.delivered, ElementsAre(id));
  EXPECT_TRUE(sparse.store().verify().problems.empty());
}

TEST_F(Push, SendsEachObjectOnce) {
  archive.grant_id(channel_with(50), sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  std::set<hash> unique(sparse.received_names.begin(), sparse.received_names.end());
  EXPECT_EQ(unique.size(), sparse.received_names.size());
}

TEST_F(Push, KeepsWhatIsNotGranted) {
  auto hidden = channel_with(3);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_FALSE(sparse.data_of(hidden));
  EXPECT_EQ(sparse.received_items, 0u);
}

TEST_F(Push, NeverSendsTheGrants) {
  auto id = channel_with(2);
  archive.grant_id(id, sparse.person);
  auto access = sha256(object_writer{"IdAccess", true}.id_reference("id", id).finish());
  ASSERT_TRUE(archive.has(access));
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_FALSE(sparse.has(access));
}

TEST_F(Push, NewMessagesTravelAtOnceAndAlone) {
  auto id = channel_with(100);
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  sparse.received_names.clear();
  auto posted = archive.post(id, "live");
  EXPECT_EQ(run(archive, sparse), 2u); // the batch and its acknowledgement
  EXPECT_EQ(sparse.messages(id).front(), "live");
  EXPECT_THAT(sparse.received_names, Contains(posted.entry));
  // Channel version, entry, time, message, certificate, signature, edge: nothing of the old messages.
  EXPECT_LE(sparse.received_names.size(), 8u);
}

TEST_F(Push, WhatTheRemoteHoldsIsAllOnceItIsAcknowledgedWhetherItConcernsItOrNot) {
  auto id = channel_with(10);
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  EXPECT_EQ(archive.current->status().held, 0u);
  run(archive, sparse);
  EXPECT_EQ(archive.current->status().held, archive.store().last_sequence());
  channel_with(3); // not granted
  run(archive, sparse);
  EXPECT_EQ(archive.current->status().held, archive.store().last_sequence());
}

TEST_F(Push, ASessionWithoutNewsCostsOneSmallMessage) {
  archive.grant_id(channel_with(100), sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  disconnect(archive, sparse);
  archive.sent_bytes = sparse.sent_bytes = 0;
  sparse.committed_batches = 0;
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_LE(archive.sent_bytes, 64u);
  EXPECT_EQ(sparse.committed_batches, 0u);
  EXPECT_EQ(sparse.caught_up, 2u);
}

TEST_F(Push, ANewGrantBringsTheWholeTree) {
  auto id = channel_with(10);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  archive.grant_id(id, sparse.person);
  run(archive, sparse);
  EXPECT_EQ(sparse.messages(id).size(), 10u);
}

TEST_F(Push, ARevokedGrantEndsItAndANewOneBringsTheRest) {
  auto id = channel_with(5);
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  archive.grant_id(id, sparse.person, models::grant_mode::remove);
  archive.post(id, "not for you");
  run(archive, sparse);
  EXPECT_EQ(sparse.messages(id).front(), "4");

  sparse.received_items = 0;
  archive.grant_id(id, sparse.person);
  run(archive, sparse);
  EXPECT_EQ(sparse.messages(id), archive.messages(id));
  EXPECT_LE(sparse.received_items, 8u);
}

TEST_F(Push, AccessBringsOneObjectWithoutMakingItCurrent) {
  auto topic_channel = archive.make_channel("topic");
  auto topic = archive.put(object_writer{"Topic"}.text("name", "A topic").text("id", "topic").id_reference("channel", topic_channel).finish());
  archive.grant_object(topic, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_TRUE(sparse.has(topic));
  EXPECT_TRUE(sparse.has(topic_channel)); // its id object
  EXPECT_FALSE(sparse.data_of(topic_channel));
}

TEST_F(Push, GrantsToAGroupCountAlsoForThoseWhoJoinLater) {
  auto id = channel_with(3);
  auto group_text = [](std::vector<hash> persons) {
    return object_writer{"Group"}.text("name", "friends").bag("person", reference_kind::id, std::move(persons)).finish();
  };
  auto group = archive.put_version(group_text({}));
  archive.change([&](storage::transaction& in) -> result<done> {
    LAMA_CHECK(models::grant(in, models::id_target(id), {{}, {group}}, models::grant_mode::add, 1));
    return done{};
  });
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_FALSE(sparse.data_of(id));
  archive.put_version(group_text({sparse.person}));
  run(archive, sparse);
  EXPECT_EQ(sparse.messages(id).size(), 3u);
  EXPECT_FALSE(sparse.has(group));
}

TEST_F(Push, OnlyTheLastOfManyVersionsTravels) {
  auto text = [](int i) { return object_writer{"Person"}.text("email", "x@example.com").text("name", std::to_string(i)).finish(); };
  std::vector<hash> versions;
  hash id{};
  for (int i = 0; i < 30; ++i) {
    id = archive.put_version(text(i));
    versions.push_back(*archive.data_of(id));
  }
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_EQ(sparse.data_of(id), versions.back());
  EXPECT_FALSE(sparse.has(versions.front()));
}

TEST_F(Push, AnIdWithoutVersionTravelsAsItsIdObject) {
  auto id = archive.put(object_writer{"Person", true}.text("email", "known@example.com").finish());
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_TRUE(sparse.has(id));
  EXPECT_FALSE(sparse.data_of(id));
}

TEST_F(Push, WhatIsNotThereSkipsItsGrantOnly) {
  auto broken = archive.put(object_writer{"CreationTime"}.number("timestamp", 1).object_reference("data", sha256("nowhere")).finish());
  auto good = archive.put(person_text("good@example.com"));
  archive.grant_object(broken, sparse.person);
  archive.grant_object(good, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_FALSE(sparse.has(broken));
  EXPECT_TRUE(sparse.has(good));
  EXPECT_EQ(archive.current->status().skipped, 1u);
  EXPECT_FALSE(sparse.closed);
}

TEST_F(Push, TypesThatMayNotLeaveStay) {
  auto person = archive.put(person_text("secret@example.com"));
  archive.grant_object(person, sparse.person);
  connect(
      archive, sparse, [](session_config& x) { x.may_leave = [](std::string_view type) { return type != "Person"; }; }, as_sparse());
  run(archive, sparse);
  EXPECT_FALSE(sparse.has(person));
}

TEST_F(Push, TheImportTableLetsAConversationPass) {
  auto id = channel_with(3);
  archive.grant_id(id, sparse.person);
  policy_admission table{{policy::origin::archive_of_mine, sparse.person, archive.person}, standard_recipes(), 1000};
  connect(archive, sparse, {}, [&](session_config& x) {
    as_sparse()(x);
    x.policy = &table;
  });
  run(archive, sparse);
  EXPECT_FALSE(sparse.closed) << sparse.closed->message;
  EXPECT_EQ(sparse.messages(id).size(), 3u);
}

TEST_F(Push, TheImportTableStopsAChannelThatTheOutboxIsNot) {
  auto id = channel_with(1);
  archive.grant_id(id, sparse.person);
  // Seen from an archive whose sparse instance sends this.
  policy_admission table{{policy::origin::sparse_of_mine, sparse.person, archive.person}, standard_recipes(), 1000};
  connect(archive, sparse, {}, [&](session_config& x) {
    x.policy = &table;
    x.mode = version_mode::adopt;
  });
  run(archive, sparse);
  ASSERT_TRUE(sparse.closed) << "between own instances nothing is left out in silence";
  EXPECT_EQ(sparse.closed->code, errc::forbidden);
  EXPECT_FALSE(sparse.data_of(id));
}

TEST_F(Push, BlobsTravelWholeOrInPieces) {
  auto small = archive.put_blob(noise(1000));
  auto large = archive.put_blob(noise(1'000'000, 7));
  auto empty = archive.put_blob("");
  auto describe = [&](const hash& blob, std::string_view name) {
    return archive.put(object_writer{"BlobDescriptor"}
                           .blob_reference("data", blob)
                           .number("lastModified", 1)
                           .text("name", name)
                           .number("size", 3)
                           .text("type", "application/octet-stream")
                           .finish());
  };
  auto id = archive.make_channel("talk", archive.person);
  archive.post(id, "pictures", 0, {describe(small, "small"), describe(large, "large"), describe(empty, "empty")});
  archive.grant_id(id, sparse.person);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  ASSERT_FALSE(sparse.closed) << sparse.closed->message;
  EXPECT_TRUE(sparse.has(small));
  EXPECT_TRUE(sparse.has(empty));
  auto bytes = sparse.store().read()->read_range(large, 0, 1'000'000);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(*bytes == noise(1'000'000, 7));
}

} // namespace lama::protocol::sync::testing
