#include "gateway_rig.hpp"

#include "actors/keychain/interface.hpp"
#include "protocol/models/keychain.hpp"
#include "storage/keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <memory>

/// Logins to a store that lost what its user is known by.
namespace lama::actors {
namespace {

using ::testing::AllOf;
using testing::gateway_rig;
using ::testing::HasSubstr;
using testing::json;
using ::testing::Not;

const json anna{{"username", "anna"}, {"password", "a long password"}};

struct lost_keys_rig : gateway_rig {
  explicit lost_keys_rig(side which) : gateway_rig{which}, store{folder() / to_string(which) / "anna"} {
    // By its own actor: a device is registered with its archive only.
    caf::anon_send(node.context->members->find<keychain_actor>("keychain"), open_user{"anna", anna["password"], {}, true, {}, {}});
    settle();
  }

  std::unique_ptr<leveldb::DB> database() {
    leveldb::DB* opened = nullptr;
    EXPECT_TRUE(leveldb::DB::Open({}, store, &opened).ok());
    return std::unique_ptr<leveldb::DB>{opened};
  }
  /// Of the user's Keys objects.
  std::vector<std::string> keys_objects() {
    std::vector<std::string> found;
    auto prefix = storage::keys::note(models::secret_keys_note);
    auto db = database();
    std::unique_ptr<leveldb::Iterator> at{db->NewIterator({})};
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next())
      found.emplace_back(std::string_view{storage::keys::object(*hash::from_hex(at->key().ToString().substr(prefix.size())))});
    return found;
  }
  /// Takes what begins with `prefix` out of the closed store, as a disk does that lost it.
  void lose(std::string_view prefix) {
    auto db = database();
    std::unique_ptr<leveldb::Iterator> at{db->NewIterator({})};
    auto lost = 0;
    for (at->Seek(leveldb::Slice{prefix.data(), prefix.size()}); at->Valid() && at->key().starts_with(leveldb::Slice{prefix.data(), prefix.size()});
         at->Next(), ++lost)
      ASSERT_TRUE(db->Delete({}, at->key()).ok());
    ASSERT_GT(lost, 0);
  }
  json ask(const std::string& method, const json& parameters = anna) {
    advance(std::chrono::minutes{1}); // a try to log in
    return call(method, parameters)["result"];
  }

  std::filesystem::path store;
};

std::string note(std::string_view name) {
  return storage::keys::note(name);
}

class lost : public ::testing::TestWithParam<std::string> {};

TEST_P(lost, is_told_to_the_user_of_an_archive_with_what_helps) {
  lost_keys_rig rig{side::archive};
  rig.lose(GetParam());
  for (auto method : {"one-core:login", "one-core:register"}) {
    auto told = rig.ask(method);
    EXPECT_EQ(told["success"], false);
    if (told["reason"] != "conflict") { // the user is there, and register is for new ones
      EXPECT_EQ(told["reason"], "corrupt") << told;
      EXPECT_THAT(told["error"].get<std::string>(), AllOf(HasSubstr("store of anna is damaged"), HasSubstr("lama restore"), Not(HasSubstr("lama reset"))));
    }
  }
  EXPECT_EQ(rig.ask("one-core:login", {{"username", "otto"}, {"password", "a long password"}})["reason"], "wrong_secret");
}

TEST_P(lost, is_told_to_the_user_of_a_device_which_its_archive_can_set_up_anew) {
  lost_keys_rig rig{side::sparse};
  rig.lose(GetParam());
  auto told = rig.ask("one-core:login");
  EXPECT_EQ(told["reason"], "corrupt") << told;
  auto by_hand = GetParam() == note(models::password_note);
  EXPECT_THAT(told["error"].get<std::string>(), HasSubstr(by_hand ? "remove the folder sparse/anna" : "lama reset anna"));
  if (by_hand)
    return;
  EXPECT_EQ(rig.ask("app:reset")["success"], true);
  EXPECT_FALSE(std::filesystem::exists(rig.store));
}

TEST(lost_keys_objects, are_made_again_from_the_secret_keys) {
  for (auto which : {side::archive, side::sparse})
    for (auto is_damage : {false, true}) {
      lost_keys_rig rig{which};
      auto keys = rig.keys_objects();
      ASSERT_EQ(keys.size(), 2u);
      for (const auto& key : keys) {
        if (!is_damage) {
          rig.lose(key);
          continue;
        }
        auto db = rig.database();
        std::string value;
        ASSERT_TRUE(db->Get({}, key, &value).ok());
        value[value.size() / 2] ^= 1;
        ASSERT_TRUE(db->Put({}, key, value).ok());
      }
      auto told = rig.ask("one-core:login");
      ASSERT_EQ(told["success"], true) << told;
      auto report = rig.call("app:verify");
      // What vanished with its marks left lines of indexes behind, for a repair; a device without its archive answers nothing yet.
      if (is_damage && which == side::archive) {
        EXPECT_EQ(report["result"]["problemCount"], 0) << report;
      }
    }
}

std::string name_of(const ::testing::TestParamInfo<std::string>& x) {
  return std::vector{"password_record", "secret_keys", "identity", "heads"}[x.index];
}
INSTANTIATE_TEST_SUITE_P(pieces, lost, ::testing::Values(note(models::password_note), note(models::secret_keys_note), note("identity"), "h"), name_of);

} // namespace
} // namespace lama::actors
