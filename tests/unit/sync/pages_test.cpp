#include "tests/unit/sync/fixture.hpp"

namespace lama::protocol::sync::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Pages : public ::testing::Test {
protected:
  Pages() {
    channel = archive.make_channel("talk", archive.person);
    for (int i = 0; i < 50; ++i)
      posted.push_back(archive.post(channel, std::to_string(i), start + i * minute));
    archive.grant_id(channel, sparse.person);
  }

  void sync(uint32_t window, uint64_t blob_limit = 0) {
    disconnect(archive, sparse);
    connect(archive, sparse, {}, as_sparse(window, blob_limit));
    run(archive, sparse);
    ASSERT_FALSE(sparse.closed) << sparse.closed->message;
  }
  /// The outcome of a page or fetch.
  result<done> ask(const page_request& what) {
    return outcome(sparse.current->ask_page(what));
  }
  result<done> ask(const fetch_request& what) {
    return outcome(sparse.current->ask_fetch(what));
  }
  result<done> outcome(const result<uint32_t>& request) {
    EXPECT_TRUE(request) << request.failure().message;
    run(archive, sparse);
    EXPECT_FALSE(sparse.closed) << sparse.closed->message;
    EXPECT_FALSE(archive.closed) << archive.closed->message;
    auto found = sparse.answers.find(*request);
    return found != sparse.answers.end() ? found->second : fail(errc::timeout, "no answer");
  }

  static constexpr int64_t minute = 60'000;
  static constexpr int64_t start = 1'800'000'000'000;
  node archive{"archive@example.com", 1};
  node sparse{"sparse@example.com", 2};
  hash channel{};
  std::vector<models::posted> posted;
};

TEST_F(Pages, AWindowBringsTheNewestAndNamesTheNext) {
  sync(10);
  EXPECT_EQ(sparse.messages(channel).size(), 10u);
  EXPECT_EQ(sparse.data_of(channel), archive.data_of(channel));
  EXPECT_TRUE(sparse.elsewhere(archive.entries(channel)[10]));
  EXPECT_FALSE(sparse.has(archive.entries(channel)[10]));
}

TEST_F(Pages, NewMessagesComeOnTopOfAWindow) {
  sync(10);
  archive.post(channel, "new", start + 100 * minute);
  run(archive, sparse);
  EXPECT_EQ(sparse.messages(channel).size(), 11u);
}

TEST_F(Pages, AGapAfterALongAbsenceIsFilledByAPage) {
  sync(10);
  disconnect(archive, sparse);
  for (int i = 0; i < 30; ++i)
    archive.post(channel, "new " + std::to_string(i), start + (100 + i) * minute);
  sync(10);
  EXPECT_EQ(sparse.messages(channel).size(), 10u);
  ASSERT_TRUE(ask(page_request{channel, sparse.entries(channel).back(), {}, 20}));
  EXPECT_EQ(sparse.messages(channel).size(), 40u) << "up to what was here before";
}

TEST_F(Pages, APageGoesOnBelowTheOldest) {
  sync(10);
  auto oldest = sparse.entries(channel).back();
  ASSERT_TRUE(ask(page_request{channel, oldest, {}, 15}));
  EXPECT_EQ(sparse.messages(channel).size(), 25u);
  oldest = sparse.entries(channel).back();
  ASSERT_TRUE(ask(page_request{channel, oldest, {}, 100}));
  EXPECT_EQ(sparse.messages(channel).size(), 50u);
  EXPECT_EQ(sparse.messages(channel).back(), "0");
}

TEST_F(Pages, APageIsFoundInALaterSession) {
  sync(10);
  disconnect(archive, sparse);
  sync(10);
  ASSERT_TRUE(ask(page_request{channel, sparse.entries(channel).back(), {}, 5}));
  EXPECT_EQ(sparse.messages(channel).size(), 15u);
}

TEST_F(Pages, APageByTime) {
  sync(1);
  ASSERT_TRUE(ask(page_request{channel, {}, start + 10 * minute, 3}));
  for (int i : {7, 8, 9})
    EXPECT_TRUE(sparse.has(posted[static_cast<std::size_t>(i)].payload)) << i;
  EXPECT_FALSE(sparse.has(posted[6].payload));
  EXPECT_FALSE(sparse.has(posted[10].payload));
}

TEST_F(Pages, APageBelowTheFirstIsEmpty) {
  sync(0);
  EXPECT_TRUE(ask(page_request{channel, archive.entries(channel).back(), {}, 5}));
  EXPECT_TRUE(ask(page_request{channel, {}, start - minute, 5}));
}

TEST_F(Pages, OnlyWhatIsGrantedAndOnlyWithinIt) {
  auto other = archive.make_channel("other", archive.person);
  auto secret = archive.post(other, "secret");
  sync(5);
  EXPECT_EQ(ask(page_request{other, {}, {}, 5}).failure().code, errc::forbidden);
  EXPECT_EQ(ask(page_request{channel, secret.entry, {}, 5}).failure().code, errc::not_found);
  EXPECT_EQ(ask(fetch_request{channel, secret.entry, {secret.payload}}).failure().code, errc::not_found);
  EXPECT_EQ(ask(fetch_request{channel, {}, {secret.payload}}).failure().code, errc::forbidden);
  EXPECT_EQ(ask(fetch_request{{}, {}, {secret.payload}}).failure().code, errc::forbidden);
  EXPECT_EQ(ask(fetch_request{{}, secret.payload, {secret.payload}}).failure().code, errc::forbidden);
  EXPECT_EQ(ask(fetch_request{other, {}, {secret.payload}}).failure().code, errc::forbidden);
  EXPECT_FALSE(sparse.has(secret.payload));
}

TEST_F(Pages, ARevokedGrantEndsPages) {
  sync(5);
  auto oldest = sparse.entries(channel).back();
  archive.grant_id(channel, sparse.person, models::grant_mode::remove);
  EXPECT_EQ(ask(page_request{channel, oldest, {}, 5}).failure().code, errc::forbidden);
}

TEST_F(Pages, WhatWasEvictedIsFetchedByItsEntry) {
  sync(0);
  auto payload = posted[3].payload;
  sparse.change([&](storage::transaction& in) { return in.evict(payload); });
  ASSERT_FALSE(sparse.has(payload));
  sync(0);
  EXPECT_FALSE(sparse.has(payload)) << "what was evicted is not pushed again";
  ASSERT_TRUE(ask(fetch_request{channel, posted[3].entry, {payload}}));
  EXPECT_TRUE(sparse.has(payload));
}

TEST_F(Pages, AnObjectGrantedByAccessIsFetchedByIt) {
  auto object = archive.put(person_text("someone@example.com"));
  archive.grant_object(object, sparse.person);
  sync(0);
  sparse.change([&](storage::transaction& in) { return in.evict(object); });
  sync(0);
  ASSERT_TRUE(ask(fetch_request{{}, object, {object}}));
  EXPECT_TRUE(sparse.has(object));
}

TEST_F(Pages, LargeBlobsAreNamedAndFetched) {
  auto blob = archive.put_blob(noise(200'000, 5));
  auto descriptor = archive.put(object_writer{"BlobDescriptor"}
                                    .blob_reference("data", blob)
                                    .number("lastModified", 1)
                                    .text("name", "a")
                                    .number("size", 1)
                                    .text("type", "image/png")
                                    .finish());
  auto entry = archive.post(channel, "picture", start + 100 * minute, {descriptor}).entry;
  sync(5, 100'000);
  EXPECT_TRUE(sparse.has(descriptor));
  EXPECT_TRUE(sparse.elsewhere(blob));
  ASSERT_TRUE(ask(fetch_request{channel, entry, {blob}}));
  EXPECT_TRUE(sparse.has(blob));
}

TEST_F(Pages, ABlobThatTheArchiveNeverGotDoesNotStopItsMessage) {
  auto lost = sha256("never delivered");
  auto descriptor = archive.put(object_writer{"BlobDescriptor"}
                                    .blob_reference("data", lost)
                                    .number("lastModified", 1)
                                    .text("name", "a")
                                    .number("size", 1)
                                    .text("type", "image/png")
                                    .finish());
  archive.post(channel, "picture", start + 100 * minute, {descriptor});
  sync(5);
  EXPECT_EQ(sparse.messages(channel).front(), "picture");
  EXPECT_FALSE(sparse.has(lost));
  EXPECT_FALSE(sparse.elsewhere(lost));
}

TEST_F(Pages, ABlobThatIsHereIsNotStreamedToItsEnd) {
  auto blob = noise(4'000'000, 5);
  sparse.put_blob(blob);
  auto descriptor = archive.put(object_writer{"BlobDescriptor"}
                                    .blob_reference("data", archive.put_blob(blob))
                                    .number("lastModified", 1)
                                    .text("name", "a")
                                    .number("size", 1)
                                    .text("type", "image/png")
                                    .finish());
  archive.post(channel, "picture", start + 100 * minute, {descriptor});
  sync(5);
  EXPECT_EQ(sparse.messages(channel).front(), "picture");
  EXPECT_LT(archive.sent_bytes, 3'000'000u);
}

TEST_F(Pages, PagesPassWhatIsPushed) {
  auto filler = std::string(50'000, 'z');
  sync(80);
  auto middle = sparse.entries(channel)[20];
  for (int i = 0; i < 100; ++i)
    archive.post(channel, std::to_string(i) + filler, start + (100 + i) * minute);
  auto request = sparse.current->ask_page({channel, middle, {}, 4});
  ASSERT_TRUE(request);
  std::size_t carried = 0;
  while (!sparse.answers.contains(*request) && run(archive, sparse, 1) > 0)
    ++carried;
  ASSERT_TRUE(sparse.answers.contains(*request));
  EXPECT_FALSE(sparse.data_of(channel) == archive.data_of(channel)) << "the push is still under way";
  run(archive, sparse);
  EXPECT_EQ(sparse.data_of(channel), archive.data_of(channel));
}

TEST_F(Pages, TooManyRequestsAreRefusedHere) {
  sync(1);
  for (std::size_t i = 0; i < limits::sync_open_requests; ++i)
    ASSERT_TRUE(sparse.current->ask_page({channel, {}, {}, 1}));
  EXPECT_EQ(sparse.current->ask_page({channel, {}, {}, 1}).failure().code, errc::overloaded);
  run(archive, sparse);
  EXPECT_EQ(sparse.answers.size(), limits::sync_open_requests);
  EXPECT_TRUE(sparse.current->ask_page({channel, {}, {}, 1}));
}

} // namespace lama::protocol::sync::testing
