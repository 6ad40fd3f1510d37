#include "tests/unit/sync/fixture.hpp"

namespace lama::protocol::sync::testing {

using ::testing::IsEmpty;
using ::testing::Not;

/// Cuts the connection after each number of messages; afterwards a new session finishes the work.
class Resume : public ::testing::TestWithParam<int> {
protected:
  Resume() {
    channel = archive.make_channel("talk", archive.person);
    // About four batches, so that cuts fall into the middle of a list.
    auto filler = std::string(12'000, 'x');
    for (int i = 0; i < 40; ++i)
      archive.post(channel, std::to_string(i) + filler);
    archive.grant_id(channel, sparse.person);
    auto blob = archive.put_blob(noise(300'000, 3));
    descriptor = archive.put(object_writer{"BlobDescriptor"}
                                 .blob_reference("data", blob)
                                 .number("lastModified", 1)
                                 .text("name", "a")
                                 .number("size", 300'000)
                                 .text("type", "image/png")
                                 .finish());
    archive.grant_object(descriptor, sparse.person);
  }

  void expect_equal() {
    EXPECT_FALSE(sparse.closed) << sparse.closed->message;
    EXPECT_FALSE(archive.closed) << archive.closed->message;
    EXPECT_EQ(sparse.data_of(channel), archive.data_of(channel));
    EXPECT_EQ(sparse.entries(channel), archive.entries(channel));
    EXPECT_TRUE(sparse.has(descriptor));
    EXPECT_THAT(sparse.store().verify().problems, IsEmpty());
  }

  node archive{"archive@example.com", 1};
  node sparse{"sparse@example.com", 2};
  hash channel{};
  hash descriptor{};
};

TEST_P(Resume, LosesNothingAfterACut) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse, static_cast<std::size_t>(GetParam()));
  disconnect(archive, sparse);
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  expect_equal();
}

TEST_P(Resume, LosesNothingWhenTheImporterIsStartedAnewFromItsNote) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse, static_cast<std::size_t>(GetParam()));
  disconnect(archive, sparse);
  sparse.reopen();
  archive.reopen();
  archive.post(channel, "meanwhile");
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  expect_equal();
}

TEST_P(Resume, LosesNothingWhenAcknowledgementsAreLost) {
  sparse.loses_acks = true;
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse, static_cast<std::size_t>(GetParam()));
  disconnect(archive, sparse);
  sparse.loses_acks = false;
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  expect_equal();
}

INSTANTIATE_TEST_SUITE_P(Cuts, Resume, ::testing::Range(0, 20));

class Positions : public Resume {};
INSTANTIATE_TEST_SUITE_P(Once, Positions, ::testing::Values(0));

TEST_P(Positions, AcknowledgedEntriesOfALongListAreNotSentAgain) {
  connect(archive, sparse, {}, as_sparse());
  while (archive.store().read()->notes("sync/frontier/").empty() && run(archive, sparse, 2) > 0) {
  }
  ASSERT_FALSE(sparse.data_of(channel)) << "the list must be under way";
  disconnect(archive, sparse);
  auto before = sparse.received_names;
  sparse.received_names.clear();
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  expect_equal();
  auto entries = archive.entries(channel);
  auto sent_in = [&](const std::vector<hash>& names) {
    return std::ranges::count_if(entries, [&](const hash& x) { return std::ranges::find(names, x) != names.end(); });
  };
  auto first = sent_in(before);
  auto second = sent_in(sparse.received_names);
  EXPECT_GE(first, 15);
  EXPECT_LE(second, 40 - 8) << "the first batch was acknowledged";
  EXPECT_THAT(before, ::testing::Contains(entries.back()));
  EXPECT_THAT(sparse.received_names, Not(::testing::Contains(entries.back())));
}

TEST_P(Positions, AWholeSessionWithoutAcknowledgementsIsNotRepeatedByTheImporter) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  disconnect(archive, sparse);
  sparse.received_items = 0;
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_EQ(sparse.received_items, 0u);
}

TEST_P(Positions, AnotherStoreStartsFromNothing) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  disconnect(archive, sparse);
  archive.change([](storage::transaction& in) -> result<done> {
    seeded_random other{99};
    storage::renew_store_id(in, other);
    return done{};
  });
  archive.post(channel, "after the restore");
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  expect_equal();
  auto position = storage::sync_position(*sparse.store().read(), archive.person);
  EXPECT_EQ(position.store, archive.store_id());
  EXPECT_EQ(position.sequence, archive.store().last_sequence());
}

TEST_P(Positions, APositionBeyondTheLogStartsFromNothing) {
  connect(archive, sparse, {}, [&](session_config& x) {
    as_sparse()(x);
    x.resume = {archive.store_id(), 1'000'000};
  });
  run(archive, sparse);
  EXPECT_EQ(sparse.data_of(channel), archive.data_of(channel));
}

TEST_P(Positions, AnImporterThatLostWhatItAcknowledgedHealsByARestart) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  disconnect(archive, sparse);
  // An empty store that claims the position and the store id of the full one: the frontiers of the archive are wrong.
  node amnesiac{"sparse@example.com", 2};
  amnesiac.store_id();
  amnesiac.change([&](storage::transaction& in) -> result<done> {
    in.set_note("sync/store", sparse.store_id());
    return done{};
  });
  archive.post(channel, "news");
  connect(archive, amnesiac, {}, [&](session_config& x) {
    as_sparse()(x);
    x.resume = storage::sync_position(*sparse.store().read(), archive.person);
  });
  run(archive, amnesiac);
  EXPECT_FALSE(amnesiac.closed) << amnesiac.closed->message;
  EXPECT_EQ(amnesiac.entries(channel), archive.entries(channel));
  EXPECT_TRUE(amnesiac.has(descriptor));
  EXPECT_THAT(amnesiac.store().verify().problems, IsEmpty());
}

TEST_P(Positions, WhatIsNotStoredIsNotAcknowledgedAndBoundsWhatIsSent) {
  for (int i = 0; i < 30; ++i)
    archive.put_blob(noise(200'000, 100 + static_cast<uint32_t>(i)));
  auto filler = std::string(100'000, 'y');
  for (int i = 0; i < 40; ++i)
    archive.post(channel, std::to_string(i) + filler);
  sparse.holds_back = true;
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  EXPECT_LE(sparse.held.size(), limits::sync_window_batches);
  EXPECT_FALSE(sparse.data_of(channel));
  for (int i = 0; i < 100 && !sparse.held.empty(); ++i) {
    sparse.store_held();
    run(archive, sparse);
  }
  expect_equal();
}

TEST_P(Positions, ManySilentLinesMoveThePosition) {
  connect(archive, sparse, {}, as_sparse());
  run(archive, sparse);
  auto sequence = [&] { return storage::sync_position(*sparse.store().read(), archive.person).sequence; };
  auto before = sequence();
  archive.put("" + person_text("one@example.com"));
  run(archive, sparse);
  EXPECT_EQ(sequence(), before) << "a few lines are not worth a message";
  archive.change([](storage::transaction& in) -> result<done> {
    for (int i = 0; i < 3000; ++i)
      LAMA_CHECK(in.put(person_text("p" + std::to_string(i) + "@example.com")));
    return done{};
  });
  run(archive, sparse);
  EXPECT_EQ(sequence(), archive.store().last_sequence());
}

} // namespace lama::protocol::sync::testing
