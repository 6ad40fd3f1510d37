#include "tests/unit/storage/fault_scenario.hpp"

namespace lama::storage::testing {
namespace {

TEST(fault_test, whatever_write_is_the_last_one_the_store_opens_clean_with_all_that_was_acknowledged) {
  auto steps = scenario();
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("crash at write " + std::to_string(n));
    disk_store it;
    acknowledged told;
    it.disk.tear_failed_appends(n % 53);
    it.disk.fail_after(n);
    if (it.open())
      for (const auto& x : steps)
        if (!x.run(*it, told))
          break;
    auto reached = it.disk.failing();
    it.close();
    it.disk.crash(n % 97);
    ASSERT_TRUE(it.open());
    expect_all_there(*it, told);
    // A step that failed may be there after all, but never half of it; of what was begun later there is nothing.
    expect_clean(*it);
    if (HasFailure())
      return;
    ASSERT_TRUE(steps.front().run(*it, told)); // and it goes on
    if (!reached)
      break;
    ASSERT_LT(n, 2000u);
  }
}

TEST(fault_test, whatever_single_write_fails_the_run_goes_on_and_loses_nothing) {
  auto steps = scenario();
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure of write " + std::to_string(n));
    disk_store it;
    acknowledged told;
    it.disk.tear_failed_appends(n % 53);
    it.disk.fail_once(n);
    if (!it.open()) {
      ASSERT_TRUE(it.open());
    }
    int failures = 0;
    for (const auto& x : steps)
      while (!x.run(*it, told))
        ASSERT_LT(++failures, 4);
    auto reached = it.disk.failing();
    expect_all_there(*it, told);
    it.close();
    it.disk.crash(0);
    ASSERT_TRUE(it.open());
    expect_all_there(*it, told);
    expect_clean(*it);
    if (HasFailure() || !reached)
      return;
    ASSERT_LT(n, 2000u);
  }
}

TEST(fault_test, after_a_failed_append_further_commits_are_not_lost) {
  // LevelDB 1.23 by itself acknowledges these and loses them (tests of the simulated disk): the log is out of step.
  for (const auto* kind : {"append", "sync"}) {
    disk_store it;
    ASSERT_TRUE(it.open());
    auto text = [](int i) { return license_text(std::to_string(i) + to_hex(noise(1000, static_cast<uint32_t>(i)))); };
    for (int i = 0; i < 10; ++i)
      put_all(*it, {text(i)});
    it.disk.fail_kind(kind);
    auto failed = change_store(*it, [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.put(text(10)));
      return done{};
    });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.failure().code, errc::io_failure);
    it.disk.heal();
    for (int i = 11; i < 26; ++i)
      put_all(*it, {text(i)});
    it.close();
    it.disk.crash(0);
    ASSERT_TRUE(it.open());
    for (int i = 0; i < 26; ++i)
      EXPECT_TRUE(i == 10 || it->read()->contains(sha256(text(i)))) << i;
    expect_clean(*it);
  }
}

class broken_disk_test : public ::testing::Test {
protected:
  broken_disk_test() {
    EXPECT_TRUE(it_.open());
    put_all(*it_, {license_text("before")});
  }
  result<commit_info> put(const std::string& text) {
    return change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.put(text));
      return done{};
    });
  }
  errc refusal(const std::string& text) {
    auto refused = put(text);
    EXPECT_FALSE(refused);
    return refused ? errc::internal : refused.failure().code;
  }

  disk_store it_;
};

TEST_F(broken_disk_test, a_full_disk_is_told_apart_and_readers_go_on) {
  it_.disk.fill_up(100);
  EXPECT_EQ(refusal(license_text(std::string(2000, 'x'))), errc::no_space);
  EXPECT_EQ(refusal(license_text("small")), errc::no_space); // it is not opened again before there is room
  EXPECT_EQ(it_->read()->read(sha256(license_text("before"))), license_text("before"));
  EXPECT_FALSE(it_->read()->trouble());
  it_.disk.heal();
  EXPECT_TRUE(put(license_text("small")));
  expect_clean(*it_);
}

TEST_F(broken_disk_test, nothing_is_acknowledged_while_the_disk_fails_and_readers_go_on) {
  it_.disk.fail_after(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refusal(license_text("lost")), errc::io_failure);
    EXPECT_TRUE(it_->read()->contains(sha256(license_text("before"))));
  }
  EXPECT_EQ(it_->object_count(), 1u);
  it_.disk.heal();
  EXPECT_TRUE(put(license_text("after")));
  EXPECT_TRUE(it_->read()->contains(sha256(license_text("after"))));
}

TEST_F(broken_disk_test, an_old_snapshot_holds_the_writer_up_and_is_told_so) {
  auto view = it_->read();
  it_.disk.fail_once(1);
  EXPECT_EQ(refusal(license_text("lost")), errc::io_failure);
  EXPECT_FALSE(view->in_the_way());
  EXPECT_EQ(refusal(license_text("lost")), errc::overloaded);
  EXPECT_TRUE(view->in_the_way());
  EXPECT_EQ(view->read(sha256(license_text("before"))), license_text("before"));
  view.reset();
  EXPECT_TRUE(put(license_text("after")));
  EXPECT_FALSE(it_->read()->in_the_way());
}

TEST_F(broken_disk_test, a_transaction_from_before_a_failure_is_refused) {
  auto upload = it_->begin_blob();
  ASSERT_TRUE(upload);
  auto old = it_->begin();
  ASSERT_TRUE(old);
  ASSERT_TRUE((*old)->put(license_text("old")));
  it_.disk.fail_once(1);
  EXPECT_FALSE(it_->append_blob(*upload, noise(2'000'000)));
  auto refused = it_->commit(*std::move(old));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::conflict);
  EXPECT_TRUE(put(license_text("new")));
  EXPECT_FALSE(it_->read()->contains(sha256(license_text("old"))));
  expect_clean(*it_);
}

TEST_F(broken_disk_test, a_failure_while_opening_again_leaves_readers_with_an_error_until_it_works) {
  bool without_files = false;
  for (uint64_t n = 1; n < 40; ++n) {
    it_.disk.fail_once(1);
    EXPECT_EQ(refusal(license_text("lost")), errc::io_failure);
    it_.disk.fail_after(n); // somewhere in the probe, in closing or in opening
    auto begun = it_->begin();
    if (!begun) {
      auto view = it_->read();
      auto found = view->read(sha256(license_text("before")));
      EXPECT_EQ(found.has_value(), !view->trouble());
      without_files = without_files || view->trouble();
    } else {
      begun->reset();
    }
    it_.disk.heal();
    EXPECT_EQ(it_->read()->read(sha256(license_text("before"))), license_text("before"));
    EXPECT_TRUE(put(license_text("after " + std::to_string(n))));
  }
  EXPECT_TRUE(without_files);
  expect_clean(*it_);
}

TEST_F(broken_disk_test, uploads_survive_the_failure_of_another_write) {
  auto bytes = noise(3'000'000);
  auto upload = it_->begin_blob();
  ASSERT_TRUE(upload);
  ASSERT_TRUE(it_->append_blob(*upload, std::string_view{bytes}.substr(0, 1'500'000)));
  it_.disk.fail_once(1);
  EXPECT_EQ(refusal(license_text("lost")), errc::io_failure);
  ASSERT_TRUE(it_->append_blob(*upload, std::string_view{bytes}.substr(1'500'000)));
  ASSERT_TRUE(it_->finish_blob(*upload, sha256(bytes)));
  auto range = it_->read()->read_range(sha256(bytes), 1'499'000, 2000);
  ASSERT_TRUE(range);
  EXPECT_EQ(*range, bytes.substr(1'499'000, 2000));
  expect_clean(*it_);
}

TEST(fault_test, the_same_run_leaves_the_same_bytes) {
  auto digest = [] {
    disk_store it;
    acknowledged told;
    EXPECT_TRUE(it.open());
    for (const auto& x : scenario())
      EXPECT_TRUE(x.run(*it, told));
    it.close();
    return it.disk.digest();
  };
  EXPECT_EQ(digest(), digest());
}

} // namespace
} // namespace lama::storage::testing
