#include "storage/password.hpp"

#include "tests/unit/storage/fixture.hpp"

namespace lama::storage::testing {
namespace {

constexpr protocol::derivation_cost cheap{1024, 8, 1};

class password_test : public ::testing::Test {
protected:
  password_test() {
    master_.fill(7);
  }
  /// A store with the master key behind "old".
  void begin(disk_store& it) {
    ASSERT_TRUE(it.open());
    ASSERT_TRUE(change_store(*it, [&](transaction& to) -> result<done> {
      LAMA_TRY(wrapping, models::wrap_with_password(master_, "old", random_, cheap));
      to.set_note(models::password_note, models::encode(wrapping));
      return done{};
    }));
  }
  bool opens(store& x, std::string_view password) {
    auto record = x.read()->note(models::password_note);
    auto wrapping = record ? models::decode_password_wrapping(*record) : fail(errc::corrupt, "");
    auto master = wrapping ? models::unwrap_with_password(*wrapping, password) : fail(errc::corrupt, "");
    return master && *master == master_;
  }

  counted_random random_;
  protocol::key32 master_{};
};

TEST_F(password_test, the_new_one_opens_the_same_keys_and_the_old_one_no_longer) {
  disk_store it;
  begin(it);
  ASSERT_TRUE(change_password(*it, "old", "new", random_, cheap));
  EXPECT_TRUE(opens(*it, "new"));
  EXPECT_FALSE(opens(*it, "old"));
  auto refused = change_password(*it, "old", "other", random_, cheap);
  EXPECT_EQ(refused ? errc::internal : refused.failure().code, errc::wrong_secret);
  EXPECT_TRUE(opens(*it, "new"));
}

TEST_F(password_test, whatever_write_fails_one_of_the_two_opens_the_keys) {
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure at write " + std::to_string(n));
    disk_store it;
    begin(it);
    it.disk.tear_failed_appends(n * 17);
    it.disk.fail_after(n);
    auto changed = change_password(*it, "old", "new", random_, cheap);
    auto reached = it.disk.failing();
    it.close();
    it.disk.crash(n * 29 % 97);
    ASSERT_TRUE(it.open());
    EXPECT_NE(opens(*it, "old"), opens(*it, "new"));
    EXPECT_TRUE(!changed || opens(*it, "new")); // once it was acknowledged, it stays
    if (HasFailure() || !reached)
      return;
    ASSERT_LT(n, 50u);
  }
}

TEST_F(password_test, a_lost_or_damaged_record_is_refused_and_not_replaced) {
  disk_store it;
  begin(it);
  for (const auto* damaged : {"", "no record"}) {
    ASSERT_TRUE(change_store(*it, [&](transaction& to) -> result<done> {
      if (*damaged)
        to.set_note(models::password_note, damaged);
      else
        to.remove_note(models::password_note);
      return done{};
    }));
    auto before = it->read()->note(models::password_note);
    auto refused = change_password(*it, "old", "new", random_, cheap);
    EXPECT_EQ(refused ? errc::internal : refused.failure().code, errc::corrupt) << damaged;
    EXPECT_EQ(it->read()->note(models::password_note), before);
  }
}

} // namespace
} // namespace lama::storage::testing
