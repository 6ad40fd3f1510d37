#include "storage/evict.hpp"

#include "protocol/models/chat.hpp"
#include "tests/unit/sync/fixture.hpp"

/// docs/chum-extension.md §8: what a device lets go, and how it comes back.
namespace lama::protocol::sync::testing {
namespace {

class evict_test : public ::testing::Test {
protected:
  evict_test() {
    channel_ = archive_.make_channel("lively");
    archive_.grant_id(channel_, sparse_.person);
  }

  /// With an attachment of its own each.
  void post(const hash& channel, int count) {
    for (int i = 0; i < count; ++i) {
      auto number = static_cast<uint32_t>(++posted_);
      blobs_.push_back(archive_.put_blob(noise(40'000, number)));
      hash descriptor{};
      archive_.change([&](storage::transaction& in) -> result<done> {
        LAMA_TRY(names, models::store_attachments(in, {{blobs_.back(), 1, "a.jpg", 40'000, "image/jpeg"}}));
        descriptor = names.front();
        return done{};
      });
      archive_.post(channel, "message " + std::to_string(number), 0, {descriptor});
    }
  }

  void meet() {
    connect(archive_, sparse_, {}, as_sparse());
    archive_.mode = sparse_.mode = version_mode::adopt;
    run(archive_, sparse_);
  }

  storage::eviction_plan plan(const storage::eviction_rules& rules, uint64_t bytes = UINT64_MAX) {
    auto made = storage::plan_eviction(sparse_.store(), rules, bytes);
    EXPECT_TRUE(made);
    return made ? *made : storage::eviction_plan{};
  }

  void evict(const storage::eviction_plan& what) {
    auto before = sparse_.store().stored_bytes();
    sparse_.change([&](storage::transaction& in) -> result<done> {
      LAMA_TRY(gone, storage::evict_all(in, what.names));
      EXPECT_EQ(gone, what.names.size());
      return done{};
    });
    EXPECT_EQ(sparse_.store().stored_bytes(), before - what.bytes);
    auto report = sparse_.store().verify();
    EXPECT_EQ(report.problem_count, 0u) << report.problems.front();
  }

  result<done> answer_of(const result<uint32_t>& asked) {
    if (!asked)
      return asked.failure();
    run(archive_, sparse_);
    auto found = sparse_.answers.find(*asked);
    return found == sparse_.answers.end() ? result<done>{fail(errc::timeout, "no answer")} : found->second;
  }

  node archive_{"node-anna@lama.local", 1};
  node sparse_{"anna@lama.local", 2};
  hash channel_{};
  std::vector<hash> blobs_;
  int posted_ = 0;
};

TEST_F(evict_test, the_oldest_part_goes_and_the_newest_stays) {
  post(channel_, 60);
  meet();
  ASSERT_EQ(sparse_.messages(channel_).size(), 60u);
  auto texts = sparse_.messages(channel_);
  evict(plan({.channels = {channel_}, .kept_entries = 10}));
  texts.resize(10);
  EXPECT_EQ(sparse_.messages(channel_), texts);
  EXPECT_LT(sparse_.store().stored_bytes(), 15u * 41'000u);
  EXPECT_TRUE(sparse_.elsewhere(blobs_.front()));
  EXPECT_TRUE(sparse_.has(blobs_.back()));
}

TEST_F(evict_test, what_went_is_known_and_not_pushed_again) {
  post(channel_, 40);
  meet();
  evict(plan({.channels = {channel_}, .kept_entries = 5}));
  disconnect(archive_, sparse_);
  sparse_.received_items = 0;
  meet();
  EXPECT_EQ(sparse_.received_items, 0u);
  post(channel_, 1);
  run(archive_, sparse_);
  EXPECT_EQ(sparse_.messages(channel_).size(), 6u);
  EXPECT_FALSE(sparse_.closed);
  EXPECT_FALSE(archive_.closed);
  EXPECT_FALSE(sparse_.has(blobs_.front()));
}

TEST_F(evict_test, pages_bring_it_back_below_what_is_here) {
  post(channel_, 60);
  meet();
  auto all = sparse_.messages(channel_);
  evict(plan({.channels = {channel_}, .kept_entries = 10}));
  for (std::size_t here = 10; here < 60; here += 25) {
    auto oldest = models::read_entry(*sparse_.store().read(), channel_, sparse_.entries(channel_).back());
    ASSERT_TRUE(oldest);
    page_request page;
    page.id = channel_;
    page.before_ms = oldest->timestamp + 1; // with the one that is here: others may have its time
    page.count = 26;
    auto answer = answer_of(sparse_.current->ask_page(page));
    ASSERT_TRUE(answer) << answer.failure().message;
    EXPECT_EQ(sparse_.messages(channel_).size(), here + 25);
  }
  EXPECT_EQ(sparse_.messages(channel_), all);
  EXPECT_TRUE(sparse_.has(blobs_.front()));
  EXPECT_EQ(sparse_.store().verify().problem_count, 0u);
}

/// The page was asked for when the list went on to it; what was between went before it came.
TEST_F(evict_test, a_page_that_came_below_a_gap_goes_too) {
  post(channel_, 60);
  meet();
  evict(plan({.channels = {channel_}, .kept_entries = 20}));
  auto oldest = models::read_entry(*sparse_.store().read(), channel_, sparse_.entries(channel_).back());
  ASSERT_TRUE(oldest);
  page_request page;
  page.id = channel_;
  page.before_ms = oldest->timestamp + 1;
  page.count = 21;
  auto asked = sparse_.current->ask_page(page);
  evict(plan({.channels = {channel_}, .kept_entries = 5}));
  ASSERT_TRUE(answer_of(asked));
  ASSERT_EQ(sparse_.messages(channel_).size(), 5u) << "the page is below a gap";
  ASSERT_TRUE(sparse_.has(blobs_[25]));
  evict(plan({.channels = {channel_}, .kept_entries = 5}));
  EXPECT_FALSE(sparse_.has(blobs_[25]));
  EXPECT_LT(sparse_.store().stored_bytes(), 10u * 41'000u);
  EXPECT_EQ(sparse_.messages(channel_).size(), 5u);
}

TEST_F(evict_test, attachments_go_first_and_come_back_by_their_entry) {
  post(channel_, 30);
  meet();
  evict(plan({.channels = {channel_}, .kept_entries = 5}, 10 * 40'000));
  EXPECT_EQ(sparse_.messages(channel_).size(), 30u) << "texts stay longer than pictures";
  EXPECT_TRUE(sparse_.elsewhere(blobs_[0]));
  EXPECT_TRUE(sparse_.elsewhere(blobs_[9]));
  EXPECT_TRUE(sparse_.has(blobs_[10]));
  auto place = storage::find_attachment(*sparse_.store().read(), {channel_}, blobs_[3]);
  ASSERT_TRUE(place);
  fetch_request fetch;
  fetch.id = place->channel;
  fetch.via = place->entry;
  fetch.names = {blobs_[3]};
  auto answer = answer_of(sparse_.current->ask_fetch(fetch));
  ASSERT_TRUE(answer) << answer.failure().message;
  EXPECT_EQ(sparse_.store().read()->read(blobs_[3]), noise(40'000, 4));
  EXPECT_FALSE(storage::find_attachment(*sparse_.store().read(), {channel_}, hash{}));
}

TEST_F(evict_test, a_file_of_a_message_that_is_not_here_comes_with_its_entry_and_goes_again) {
  post(channel_, 60);
  meet();
  evict(plan({.channels = {channel_}, .kept_entries = 10}));
  EXPECT_FALSE(storage::find_attachment(*sparse_.store().read(), {channel_}, blobs_[3]));
  auto place = storage::find_attachment(*archive_.store().read(), {channel_}, blobs_[3]);
  ASSERT_TRUE(place);
  fetch_request fetch;
  fetch.id = place->channel;
  fetch.via = place->entry;
  fetch.names = {place->entry, blobs_[3]};
  auto answer = answer_of(sparse_.current->ask_fetch(fetch));
  ASSERT_TRUE(answer) << answer.failure().message;
  EXPECT_EQ(sparse_.store().read()->read(blobs_[3]), noise(40'000, 4));
  EXPECT_EQ(sparse_.messages(channel_).size(), 10u);
  EXPECT_EQ(sparse_.store().verify().problem_count, 0u);
  evict(plan({.channels = {channel_}, .kept_entries = 10}));
  EXPECT_FALSE(sparse_.has(blobs_[3]));
  EXPECT_TRUE(sparse_.elsewhere(blobs_[3]));
}

TEST_F(evict_test, what_was_looked_at_lately_goes_last) {
  auto quiet = archive_.make_channel("quiet");
  archive_.grant_id(quiet, sparse_.person);
  post(quiet, 20); // older than the others
  post(channel_, 20);
  meet();
  std::vector<hash> seen;
  for (const auto& entry : sparse_.entries(quiet))
    seen.push_back(models::read_entry(*sparse_.store().read(), quiet, entry)->creation_time);
  storage::eviction_rules rules{.channels = {quiet, channel_}, .kept_entries = 2};
  EXPECT_EQ(plan(rules, 1).names.front(), blobs_[0]);
  sparse_.store().mark_used(seen);
  EXPECT_EQ(plan(rules, 1).names.front(), blobs_[20]);
  evict(plan(rules, 16 * 40'000));
  EXPECT_TRUE(sparse_.has(blobs_[0]));
  EXPECT_TRUE(sparse_.elsewhere(blobs_[20]));
}

TEST_F(evict_test, what_is_pinned_or_on_its_way_stays) {
  auto pinned = archive_.make_channel("pinned");
  archive_.grant_id(pinned, sparse_.person);
  post(pinned, 20);
  post(channel_, 20);
  meet();
  auto under_way = models::read_entry(*sparse_.store().read(), channel_, sparse_.entries(channel_).back())->creation_time;
  evict(plan({.channels = {pinned, channel_}, .kept_entries = 2, .kept_channels = {pinned}, .kept_objects = {under_way}}));
  EXPECT_EQ(sparse_.messages(pinned).size(), 20u);
  EXPECT_TRUE(sparse_.has(blobs_[0]));
  EXPECT_EQ(sparse_.messages(channel_).size(), 2u);
  EXPECT_TRUE(sparse_.has(under_way));
  EXPECT_TRUE(sparse_.has(blobs_[20])) << "the attachment of the message that is on its way";
}

TEST_F(evict_test, a_text_that_was_written_twice_stays_for_the_entry_that_stays) {
  for (int i = 0; i < 20; ++i)
    archive_.post(channel_, i % 2 == 0 ? "ok" : "message " + std::to_string(i));
  meet();
  auto all = sparse_.messages(channel_);
  auto some = plan({.channels = {channel_}, .kept_entries = 1}, 2'000);
  ASSERT_FALSE(some.names.empty());
  evict(some);
  auto left = sparse_.messages(channel_);
  ASSERT_LT(left.size(), all.size());
  all.resize(left.size());
  EXPECT_EQ(left, all);
}

TEST_F(evict_test, a_plan_that_was_overtaken_does_no_harm) {
  post(channel_, 20);
  meet();
  auto twice = plan({.channels = {channel_}, .kept_entries = 5});
  evict(twice);
  sparse_.change([&](storage::transaction& in) -> result<done> {
    EXPECT_EQ(*storage::evict_all(in, twice.names), 0u);
    return done{};
  });
}

} // namespace
} // namespace lama::protocol::sync::testing
