#include "tests/unit/sync/fixture.hpp"

#include "protocol/sync/policy_admission.hpp"
#include "protocol/versions/version_node.hpp"

namespace lama::protocol::sync::testing {

using ::testing::IsEmpty;

/// A remote that speaks the frames, but says what it should not.
class Hostile : public ::testing::Test {
protected:
  Hostile() {
    connect(remote, victim, {}, [this](session_config& x) { x.accepts_elsewhere = accepts_elsewhere; });
  }

  /// One batch made by hand.
  void push(const std::function<void(batch_builder&)>& fill, uint8_t flags = 0, uint32_t request = 0) {
    batch_builder out;
    fill(out);
    send(out.finish(next_++, 1, request, flags));
  }
  void send(std::string message) {
    victim.receive(std::move(message));
    while (victim.work()) {
    }
  }
  void push_text(std::string_view text, item_kind kind = item_kind::object) {
    push([&](batch_builder& out) { out.add(kind, sha256(text), text); });
  }
  std::string rule() const {
    return victim.closed ? victim.closed->detail : "open";
  }

  bool accepts_elsewhere = false;
  node remote{"remote@example.com", 1};
  node victim{"victim@example.com", 2};
  uint64_t next_ = 1;
};

TEST_F(Hostile, TheHandMadeBatchIsAcceptedWhereItIsRight) {
  push_text(person_text("new@example.com"));
  EXPECT_EQ(rule(), "open");
  EXPECT_TRUE(victim.has(sha256(person_text("new@example.com"))));
}

TEST_F(Hostile, AWrongHash) {
  push([](batch_builder& out) { out.add(item_kind::object, sha256("other"), person_text("new@example.com")); });
  EXPECT_EQ(rule(), "SYNC-ITEM");
  EXPECT_EQ(victim.committed_batches, 0u);
}

TEST_F(Hostile, AWrongHashOfABlob) {
  push([](batch_builder& out) { out.add(item_kind::blob, sha256("other"), "bytes"); });
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, PiecesThatAreNotTheBlob) {
  push([](batch_builder& out) { out.add_piece(sha256("other"), 5, 0, "bytes"); });
  EXPECT_TRUE(victim.closed); // by the store, which hashes it
  EXPECT_FALSE(victim.has(sha256("bytes")));
}

TEST_F(Hostile, AnObjectThatIsNoObject) {
  push_text("<div itemscope itemtype=\"//refin.io/Person\">");
  EXPECT_TRUE(victim.closed);
}

TEST_F(Hostile, AnUnknownType) {
  push_text("<div itemscope itemtype=\"//refin.io/Nobody\"></div>");
  ASSERT_TRUE(victim.closed);
  EXPECT_EQ(victim.closed->code, errc::unsupported);
}

TEST_F(Hostile, AnIdObjectSoldAsAnObject) {
  push_text(object_writer{"Person", true}.text("email", "x@example.com").finish());
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, AGrant) {
  push_text(object_writer{"IdAccess", true}.id_reference("id", victim.person).finish(), item_kind::id_object);
  EXPECT_EQ(rule(), "SYNC-TYPE");
}

TEST_F(Hostile, ATypeThatThePolicyRefusesIsLeftOutAndTheRestTaken) {
  victim.policy.refused_types = {"Person"};
  push_text(person_text("new@example.com"));
  EXPECT_FALSE(victim.closed);
  EXPECT_THAT(victim.declined, ::testing::ElementsAre(sha256(person_text("new@example.com"))));
  EXPECT_FALSE(victim.has(sha256(person_text("new@example.com"))));
}

TEST_F(Hostile, WhatRefersToARefusedObjectIsLeftOutWithIt) {
  victim.policy.refused_versions = {"Person"};
  victim.policy.refused_types = {"Person"};
  auto text = person_text("new@example.com");
  push_text(text);
  push_text(write_version_node(edge_to(sha256(text), 5)), item_kind::version);
  EXPECT_FALSE(victim.closed);
  EXPECT_EQ(victim.declined.size(), 2u);
  EXPECT_FALSE(victim.data_of(protocol::id_hash_of_person("new@example.com")));
}

TEST_F(Hostile, AVersionThatThePolicyRefusesAlsoIfItsDataIsHere) {
  victim.policy.refused_versions = {"Person"};
  auto old_version = victim.put(person_text("me@example.com"));
  push_text(write_version_node(edge_to(old_version, 5)), item_kind::version);
  EXPECT_FALSE(victim.closed);
  EXPECT_EQ(victim.declined.size(), 1u);
  EXPECT_FALSE(victim.has(sha256(write_version_node(edge_to(old_version, 5)))));
}

TEST_F(Hostile, AnOldVersionOfAGrantMadeCurrent) {
  auto grant = [&](std::vector<hash> persons) {
    return object_writer{"IdAccess"}.id_reference("id", victim.person).bag("person", reference_kind::id, persons).bag("group", reference_kind::id, {}).finish();
  };
  auto generous = grant({remote.person});
  victim.put_version(generous);
  auto id = victim.put_version(grant({}));
  auto revoked = victim.data_of(id);
  push_text(write_version_node(edge_to(sha256(generous), 9e12)), item_kind::version);
  EXPECT_EQ(rule(), "SYNC-TYPE");
  EXPECT_EQ(victim.data_of(id), revoked);
}

TEST_F(Hostile, AVersionThatIsNoEdge) {
  push_text(person_text("new@example.com"), item_kind::version);
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, AVersionOfWhatHasNone) {
  auto text = object_writer{"ChatMessage"}.text("text", "hi").id_reference("sender", victim.person).finish();
  push_text(text);
  push_text(write_version_node(edge_to(sha256(text), 5)), item_kind::version);
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, AReferenceToNothingIsHealedOnceAndThenEndsIt) {
  auto dangling = object_writer{"CreationTime"}.number("timestamp", 1).object_reference("data", sha256("nowhere")).finish();
  push_text(dangling);
  EXPECT_EQ(rule(), "open");
  EXPECT_FALSE(victim.has(sha256(dangling)));
  EXPECT_THAT(victim.outgoing, ::testing::Contains(write_frame(restart_frame{})));
  push([&](batch_builder& out) { out.add(item_kind::object, sha256(dangling), dangling); }, batch_flags::restarted);
  EXPECT_EQ(rule(), "SYNC-MISSING");
  EXPECT_FALSE(victim.has(sha256(dangling)));
}

TEST_F(Hostile, AMarkInPlaceOfTheObject) {
  push([](batch_builder& out) { out.add(item_kind::elsewhere, sha256("nowhere")); });
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, AMissingMarkForAnObject) {
  auto dangling = object_writer{"CreationTime"}.number("timestamp", 1).object_reference("data", sha256("nowhere")).finish();
  push([&](batch_builder& out) {
    out.add(item_kind::missing, sha256("nowhere"));
    out.add(item_kind::object, sha256(dangling), dangling);
  });
  EXPECT_FALSE(victim.has(sha256(dangling)));
}

TEST_F(Hostile, BatchesOutOfOrder) {
  next_ = 2;
  push_text(person_text("new@example.com"));
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, MoreThanTheWindow) {
  victim.holds_back = true;
  for (std::size_t i = 0; i < 2 * limits::sync_window_batches; ++i)
    push_text(person_text("p" + std::to_string(i) + "@example.com"));
  EXPECT_EQ(rule(), "open");
  push_text(person_text("one@too.many"));
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, APositionThatGoesBack) {
  push_text(person_text("new@example.com"));
  batch_builder out;
  send(out.finish(next_++, 0, 0, 0));
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, AnswersThatNobodyAskedFor) {
  push([](batch_builder&) {}, batch_flags::last, 7);
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, AcknowledgementsOfWhatWasNotSent) {
  send(write_frame(ack_frame{100}));
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, ASecondRestart) {
  send(write_frame(restart_frame{}));
  EXPECT_EQ(rule(), "open");
  send(write_frame(restart_frame{}));
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, TooManyOpenRequests) {
  // The window is full, so nothing is answered.
  std::string many;
  for (uint32_t i = 0; i <= limits::sync_open_requests; ++i)
    victim.receive(write_frame(page_frame{i + 1, {victim.person, {}, {}, 1}}));
  victim.work();
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, AFetchOfWhatItOnlyNamed) {
  // Naming a hash must not make it known as the remote's own.
  auto secret = victim.put(person_text("secret@example.com"));
  push([&](batch_builder& out) { out.add(item_kind::elsewhere, secret); });
  ASSERT_EQ(rule(), "open"); // it is here
  victim.outgoing.clear();
  send(write_frame(fetch_frame{1, {{}, {}, {secret}}}));
  EXPECT_THAT(victim.outgoing, ::testing::Contains(write_frame(refused_frame{1, errc::forbidden})));
}

TEST_F(Hostile, PiecesOutOfOrderOrBeyondTheirEnd) {
  push([](batch_builder& out) { out.add_piece(sha256("x"), 10, 5, "bytes"); });
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, APieceBeyondTheEnd) {
  push([](batch_builder& out) { out.add_piece(sha256("x"), 4, 0, "bytes"); });
  EXPECT_EQ(rule(), "SYNC-ITEM");
}

TEST_F(Hostile, ABlobThatIsTooLarge) {
  victim.policy.largest_blob = 100;
  push([](batch_builder& out) { out.add_piece(sha256("x"), 101, 0, "bytes"); });
  ASSERT_TRUE(victim.closed);
  EXPECT_EQ(victim.closed->code, errc::too_large);
}

TEST_F(Hostile, AnItemBetweenThePiecesOfABlob) {
  push([](batch_builder& out) {
    out.add_piece(sha256("x"), 10, 0, "bytes");
    out.add(item_kind::object, sha256(person_text("new@example.com")), person_text("new@example.com"));
  });
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, CountsAndLengthsThatPromiseMoreThanThereIs) {
  batch_builder out;
  out.add(item_kind::object, sha256("x"), "x");
  auto good = out.finish(1, 1, 0, 0);
  auto with = [&](std::size_t at, std::string_view bytes) {
    auto copy = good;
    copy.replace(at, bytes.size(), bytes);
    return read_frame(copy);
  };
  ASSERT_TRUE(read_frame(good));
  EXPECT_FALSE(with(22, "\xff\xff\xff\xff")); // count of items
  EXPECT_FALSE(with(22, std::string_view{"\x02\0\0\0", 4}));
  EXPECT_FALSE(with(59, "\xff\xff\xff\x7f")); // length of the text
  EXPECT_FALSE(with(26, "\x0a"));             // kind
  EXPECT_FALSE(with(21, "\x80"));             // flags
  EXPECT_FALSE(with(0, "\x63"));              // type
  EXPECT_FALSE(read_frame(good + "x"));
  EXPECT_FALSE(read_frame(""));
}

TEST_F(Hostile, AnythingBeforeTheHello) {
  victim.connect(remote);
  victim.receive(write_frame(restart_frame{}));
  victim.work();
  EXPECT_EQ(rule(), "SYNC-STATE");
}

TEST_F(Hostile, AnOutboxEntryFromAContactIsRefusedByTheTable) {
  policy_admission contact{{policy::origin::contact, victim.person, remote.person}, standard_recipes(), 1000};
  policy_admission sparse{{policy::origin::sparse_of_mine, victim.person, remote.person}, standard_recipes(), 1000};
  const auto* type = standard_recipes().find("LamaOutboxEntry");
  ASSERT_NE(type, nullptr);
  object_facts facts;
  facts.type = type;
  auto refused = contact.admit(facts, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::forbidden);
  EXPECT_EQ(policy::judge({policy::origin::sparse_of_mine, victim.person, remote.person}, {policy::role::child, "LamaOutboxEntry"}).verdict ==
                policy::verdict::denied,
            false);
  EXPECT_FALSE(contact.admit_blob(sha256("x"), 1001));
  EXPECT_TRUE(contact.admit_blob(sha256("x"), 1000));
}

/// A disk that fails answers "not here" to everything.
class failing_source final : public change_source {
public:
  explicit failing_source(const change_source& from) : from_{from} {
    // nop
  }
  const object_source& objects() const override {
    return nothing_;
  }
  uint64_t last_sequence() const override {
    return from_.last_sequence();
  }
  std::vector<change_line> changes(uint64_t after, std::size_t limit) const override {
    return from_.changes(after, limit);
  }
  std::optional<uint64_t> size_of(const hash&) const override {
    return std::nullopt;
  }
  result<std::string> read_range(const hash&, uint64_t, std::size_t) const override {
    return fail(errc::io_failure, "the disk is gone");
  }
  std::optional<frontier> frontier_of(const hash&) const override {
    return std::nullopt;
  }
  std::optional<error> trouble() const override {
    return fail(errc::io_failure, "the disk is gone");
  }

private:
  const change_source& from_;
  memory_space nothing_{standard_recipes()};
};

TEST_F(Hostile, ADiskThatFailsConcludesNothing) {
  auto channel = victim.make_channel("talk", victim.person);
  victim.post(channel, "hello");
  victim.grant_id(channel, remote.person);
  auto view = victim.store().read();
  storage::sync_source good{*view, {remote.person, victim.current->remote_store()}};
  EXPECT_FALSE(victim.current->pump(failing_source{good}));
  auto actions = victim.current->take_actions();
  ASSERT_EQ(actions.size(), 1u);
  ASSERT_TRUE(std::holds_alternative<close_session>(actions.front()));
  EXPECT_EQ(std::get<close_session>(actions.front()).reason.code, errc::io_failure);
}

/// Each message of an honest session with one byte changed: the importer may notice or not, but what it stores is whole and named rightly.
class Mutated : public ::testing::TestWithParam<uint32_t> {};

TEST_P(Mutated, MessagesNeverDamageTheStore) {
  node archive{"archive@example.com", 1};
  node sparse{"sparse@example.com", 2};
  auto id = archive.make_channel("talk", archive.person);
  for (int i = 0; i < 5; ++i)
    archive.post(id, std::to_string(i));
  archive.grant_id(id, sparse.person);
  seeded_random random{GetParam() + 1};
  archive.tamper = [&](std::string& message) {
    auto at = random.below(message.size());
    message[at] = static_cast<char>(message[at] ^ static_cast<char>(1 + random.below(255)));
  };
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse, 100);
  EXPECT_THAT(sparse.store().verify().problems, IsEmpty());
  if (auto data = sparse.data_of(id)) {
    EXPECT_EQ(data, archive.data_of(id));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutated, ::testing::Range(0u, 200u));

} // namespace lama::protocol::sync::testing
