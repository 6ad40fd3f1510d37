#include "storage/scrub.hpp"

#include "tests/unit/storage/damaged_store.hpp"

namespace lama::storage::testing {
namespace {

using scrub_test = damaged_store_test;

TEST_F(scrub_test, goes_over_everything_in_pieces_and_remembers_where_it_was) {
  scrub_state state;
  uint64_t bytes = 0;
  int pieces = 0;
  for (bool ended = false; !ended; ++pieces) {
    ASSERT_LT(pieces, 100);
    auto piece = scrub(*it_->read(), state, 300, 5000);
    EXPECT_TRUE(piece.damaged.empty());
    bytes += piece.bytes;
    ended = piece.ended;
    // As after a restart.
    state = *decode_scrub_state(encode(state));
  }
  EXPECT_GT(pieces, 3);
  EXPECT_GT(bytes, it_->stored_bytes());
  EXPECT_EQ(state, (scrub_state{.position = {}, .checked = 0, .bytes = 0, .passes = 1, .last_pass_ms = 5000, .found = 0, .unreadable = 0}));
  scrub(*it_->read(), state, 300, 6000);
  EXPECT_TRUE(state.position);
  EXPECT_GT(state.checked, 0u);
}

TEST_F(scrub_test, what_it_finds_can_be_put_into_quarantine_and_what_is_sound_cannot) {
  change_value(keys::object(sha256(chat_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  change_value(keys::chunk(1, 2), [](std::string& x) { x[1000] ^= 1; });
  change_value(keys::object(sha256(blob_)), [](std::string& x) { x = "\xff"; }); // no record at all
  scrub_state state;
  auto piece = scrub(*it_->read(), state, 10'000'000, 1);
  EXPECT_EQ(piece.damaged.size(), 3u);
  EXPECT_EQ(state.found, 3u);
  EXPECT_TRUE(piece.ended);
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    for (const auto& name : piece.damaged)
      LAMA_CHECK(to.quarantine(name));
    auto again = to.quarantine(piece.damaged.front());
    EXPECT_EQ(again ? errc::internal : again.failure().code, errc::not_found);
    auto sound = to.quarantine(sha256(node_));
    EXPECT_EQ(sound ? errc::internal : sound.failure().code, errc::conflict);
    return done{};
  }));
  EXPECT_EQ(it_->lost_count(), 3u);
  EXPECT_EQ(it_->read()->wanted(10).size(), 3u);
  EXPECT_FALSE(it_->read()->contains(sha256(chat_)));
  EXPECT_TRUE(scrub(*it_->read(), state, 10'000'000, 1).damaged.empty());
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put(chat_));
    LAMA_CHECK(to.put_blob(large_));
    LAMA_CHECK(to.put_blob(blob_));
    return done{};
  }));
  EXPECT_EQ(it_->lost_count(), 0u);
  EXPECT_TRUE(it_->read()->wanted(10).empty());
  EXPECT_EQ(it_->read()->read(sha256(large_)), large_);
}

TEST_F(scrub_test, storing_what_is_here_already_heals_it) {
  change_value(keys::object(sha256(chat_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  change_value(keys::object(sha256(blob_)), [](std::string& x) { x.back() ^= 1; });
  auto view = it_->read();
  EXPECT_FALSE(view->read(sha256(chat_)));
  EXPECT_EQ(view->trouble().value_or(error{}).code, errc::corrupt);
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    EXPECT_FALSE(to.put(chat_)->is_new);
    EXPECT_FALSE(to.put_blob(blob_)->is_new);
    return done{};
  }));
  expect_clean(*it_);
}

TEST_F(scrub_test, one_request_of_a_group_that_meets_damage_does_not_spoil_the_others) {
  change_value(keys::object(sha256(chat_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put(license_text("one")));
    auto mark = to.mark();
    EXPECT_FALSE(to.read(sha256(chat_)));
    EXPECT_EQ(to.refused().value_or(error{}).code, errc::corrupt);
    to.roll_back(mark);
    EXPECT_FALSE(to.refused());
    LAMA_CHECK(to.put(license_text("two")));
    return done{};
  }));
  EXPECT_TRUE(it_->read()->contains(sha256(license_text("one"))));
  EXPECT_TRUE(it_->read()->contains(sha256(license_text("two"))));
}

TEST(scrub_state_test, only_its_own_text_is_read) {
  scrub_state x{sha256("a"), 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(decode_scrub_state(encode(x)), x);
  for (const auto* text : {"", "1 2 3 4 5 6", "1 2 3 4 5 6 x", "1 2 3 4 5 -", "a b c d e f -", "1 2 3 4 5 6 - "})
    EXPECT_FALSE(decode_scrub_state(text)) << text;
}

} // namespace
} // namespace lama::storage::testing
