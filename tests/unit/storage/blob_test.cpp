#include "protocol/limits.hpp"
#include "tests/unit/storage/fixture.hpp"

namespace lama::storage::testing {
namespace {

constexpr std::size_t chunk = limits::blob_chunk_bytes;

class blob_test : public ::testing::Test {
protected:
  blob_test() {
    EXPECT_TRUE(it_.open());
  }
  result<hash> stream(std::string_view bytes, std::size_t piece, const std::optional<hash>& expected = std::nullopt) {
    LAMA_TRY(upload, it_->begin_blob());
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      LAMA_CHECK(it_->append_blob(upload, bytes.substr(at, piece)));
    return it_->finish_blob(upload, expected);
  }

  disk_store it_{4u << 20};
};

TEST_F(blob_test, every_size_comes_back_whole_and_in_ranges) {
  uint64_t count = 0;
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk, 16 * chunk, 16 * chunk + 5, 33 * chunk + 7}) {
    auto bytes = noise(size, static_cast<uint32_t>(size));
    auto name = stream(bytes, 10'007, sha256(bytes));
    ASSERT_TRUE(name) << name.failure().message;
    EXPECT_EQ(*name, sha256(bytes));
    auto view = it_->read();
    EXPECT_EQ(view->size_of(*name), size);
    EXPECT_EQ(view->read(*name), bytes);
    for (std::size_t from : {std::size_t{0}, chunk - 3, chunk, 3 * chunk / 2}) {
      auto range = view->read_range(*name, from, chunk + 9);
      ASSERT_TRUE(range);
      EXPECT_EQ(*range, from < size ? bytes.substr(from, chunk + 9) : std::string{});
    }
    EXPECT_EQ(it_->object_count(), ++count);
  }
  expect_clean(*it_);
}

TEST_F(blob_test, a_blob_put_whole_is_the_same_as_one_streamed_in) {
  auto bytes = noise(3 * chunk + 1);
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    LAMA_TRY(put, to.put_blob(bytes));
    EXPECT_TRUE(put.is_new);
    EXPECT_EQ(to.read(put.name), bytes);
    EXPECT_FALSE(to.put_blob(bytes)->is_new);
    return done{};
  }));
  auto count = it_->object_count();
  ASSERT_TRUE(stream(bytes, chunk)); // is here already: its pieces are dropped again
  EXPECT_EQ(it_->object_count(), count);
  EXPECT_EQ(it_->read()->read(sha256(bytes)), bytes);
  expect_clean(*it_);
}

TEST_F(blob_test, what_is_not_as_announced_is_forgotten) {
  for (std::size_t size : {std::size_t{10}, 40 * chunk}) {
    auto refused = stream(noise(size), chunk, sha256("something else"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.failure().code, errc::corrupt);
  }
  EXPECT_EQ(it_->object_count(), 0u);
  expect_clean(*it_);
}

TEST_F(blob_test, nothing_is_visible_before_the_end_and_an_open_transaction_does_not_end_it) {
  auto bytes = noise(20 * chunk);
  auto upload = it_->begin_blob();
  ASSERT_TRUE(upload);
  ASSERT_TRUE(it_->append_blob(*upload, bytes));
  EXPECT_FALSE(it_->read()->contains(sha256(bytes)));
  {
    auto open = it_->begin();
    ASSERT_TRUE(open);
    auto refused = it_->finish_blob(*upload);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.failure().code, errc::conflict);
  }
  EXPECT_TRUE(it_->finish_blob(*upload));
  auto gone = it_->append_blob(*upload, "more");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.failure().code, errc::not_found);
  EXPECT_EQ(it_->read()->read(sha256(bytes)), bytes);
}

TEST_F(blob_test, two_uploads_at_a_time_do_not_meet) {
  auto one = noise(40 * chunk, 1);
  auto two = noise(40 * chunk, 2);
  auto first = it_->begin_blob();
  auto second = it_->begin_blob();
  ASSERT_TRUE(first && second);
  for (std::size_t at = 0; at < one.size(); at += chunk) {
    ASSERT_TRUE(it_->append_blob(*first, std::string_view{one}.substr(at, chunk)));
    ASSERT_TRUE(it_->append_blob(*second, std::string_view{two}.substr(at, chunk)));
  }
  ASSERT_TRUE(it_->finish_blob(*second));
  ASSERT_TRUE(it_->finish_blob(*first));
  EXPECT_EQ(it_->read()->read(sha256(one)), one);
  EXPECT_EQ(it_->read()->read(sha256(two)), two);
  expect_clean(*it_);
}

TEST_F(blob_test, left_overs_of_a_crash_are_removed_at_open) {
  auto bytes = noise(40 * chunk);
  ASSERT_TRUE(stream(noise(40 * chunk, 9), chunk));
  auto upload = it_->begin_blob();
  ASSERT_TRUE(upload);
  ASSERT_TRUE(it_->append_blob(*upload, bytes));
  it_.close();
  it_.disk.crash(0);
  ASSERT_TRUE(it_.open());
  auto report = it_->verify();
  EXPECT_EQ(report.problem_count, 0u);
  EXPECT_EQ(report.blobs, 1u);
  ASSERT_TRUE(stream(bytes, chunk));
  EXPECT_EQ(it_->read()->read(sha256(bytes)), bytes);
  expect_clean(*it_);
}

TEST_F(blob_test, only_so_many_uploads_are_open) {
  std::vector<uint64_t> uploads;
  for (std::size_t i = 0; i < limits::open_blob_uploads; ++i)
    uploads.push_back(*it_->begin_blob());
  auto refused = it_->begin_blob();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::overloaded);
  it_->cancel_blob(uploads.front());
  EXPECT_TRUE(it_->begin_blob());
}

} // namespace
} // namespace lama::storage::testing
