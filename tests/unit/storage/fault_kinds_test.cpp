#include "tests/unit/storage/fault_scenario.hpp"

namespace lama::storage::testing {
namespace {

/// Runs all steps, each as often as it takes; answers how often one failed, with the classes of the failures.
std::vector<errc> run_patiently(disk_store& it, acknowledged& told, const std::function<void(errc)>& after_failure) {
  std::vector<errc> failures;
  auto failed = [&](errc code) {
    failures.push_back(code);
    after_failure(code);
  };
  for (auto opened = it.open(); !opened && failures.size() < 10; opened = it.open())
    failed(opened.failure().code);
  for (const auto& x : scenario())
    for (auto done = x.run(*it, told); !done && failures.size() < 10; done = x.run(*it, told))
      failed(done.failure().code);
  return failures;
}

TEST(fault_kinds_test, whatever_single_read_fails_nothing_is_lost_and_nothing_wrong_is_concluded) {
  int failed_runs = 0;
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure of read " + std::to_string(n));
    disk_store it;
    acknowledged told;
    ASSERT_TRUE(it.open()); // so that opening again reads something
    put_all(*it, {license_text("before")});
    it.close();
    it.disk.fail_read_once(n);
    auto failures = run_patiently(it, told, [](errc) {});
    auto reached = it.disk.read_failed();
    it.disk.heal();
    failed_runs += !failures.empty();
    ASSERT_LT(failures.size(), 4u);
    expect_all_there(*it, told);
    it.close();
    it.disk.crash(0);
    ASSERT_TRUE(it.open());
    expect_all_there(*it, told);
    expect_clean(*it);
    if (HasFailure())
      return;
    if (!reached)
      break;
    ASSERT_LT(n, 5000u);
  }
  EXPECT_GT(failed_runs, 10);
}

TEST(fault_kinds_test, at_whatever_write_the_disk_is_full_readers_go_on_and_with_room_so_does_the_writer) {
  int refusals = 0;
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("full at write " + std::to_string(n));
    disk_store it;
    acknowledged told;
    it.disk.tear_failed_appends(n % 53);
    it.disk.full_after(n);
    auto failures = run_patiently(it, told, [&](errc code) {
      EXPECT_EQ(code, errc::no_space);
      if (it)
        expect_all_there(*it, told);
      it.disk.heal(); // somebody made room
    });
    auto reached = it.disk.failing() || !failures.empty();
    it.disk.heal();
    refusals += !failures.empty();
    ASSERT_LT(failures.size(), 10u);
    expect_all_there(*it, told);
    it.close();
    it.disk.crash(n % 61);
    ASSERT_TRUE(it.open());
    expect_all_there(*it, told);
    expect_clean(*it);
    if (HasFailure())
      return;
    if (!reached)
      break;
    ASSERT_LT(n, 2000u);
  }
  EXPECT_GT(refusals, 50);
}

} // namespace
} // namespace lama::storage::testing
