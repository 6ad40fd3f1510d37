// The scrubber of a whole node: what it finds damaged goes into quarantine, and comes back from whoever has it.
#include "storage/keys.hpp"
#include "tests/simulation/town.hpp"

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <nlohmann/json.hpp>

#include <memory>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

/// A bit of what is stored under the name, behind the store's back; the side is down.
void damage(side& where, const std::string& folder, const hash& name) {
  leveldb::Options options;
  options.env = &where.disk();
  leveldb::DB* opened = nullptr;
  ASSERT_TRUE(leveldb::DB::Open(options, folder, &opened).ok());
  std::unique_ptr<leveldb::DB> database{opened};
  auto key = storage::keys::object(name);
  std::string_view text{key};
  std::string value;
  ASSERT_TRUE(database->Get({}, {text.data(), text.size()}, &value).ok());
  value[value.size() / 2] ^= 1;
  leveldb::WriteOptions durable;
  durable.sync = true;
  ASSERT_TRUE(database->Put(durable, {text.data(), text.size()}, value).ok());
  where.disk().run_background();
}

nlohmann::json scrubber_of(side& where, const std::string& user) {
  auto handle = where.members().find<actors::reports_status>("scrubber/" + user);
  auto answer = where.ask<actors::status_report>(handle, actors::get_status{});
  return answer ? nlohmann::json::parse(answer->json) : nlohmann::json{};
}

/// Found once, and healed since.
void expect_healed(side& where, const std::string& user, const hash& name) {
  auto after = scrubber_of(where, user);
  EXPECT_EQ(after["found"], 1);
  EXPECT_EQ(after["passes"], 1);
  EXPECT_EQ(after["wanted"], 0);
  auto store = where.user(user)->store;
  EXPECT_TRUE(store->read()->read(name));
  auto report = store->verify();
  EXPECT_EQ(report.problem_count, 0u) << (report.problems.empty() ? "" : report.problems.front());
}

class scrubber_test : public testing::Test {
protected:
  scrubber_test() {
    all_.run_for(1s);
  }

  /// A conversation with a message of ours, on both sides.
  void begin() {
    ASSERT_TRUE(anna_.sign_up());
    auto made = anna_.create_later("notes", {});
    all_.run_for(5s);
    ASSERT_TRUE(*made && **made);
    auto shown = anna_.conversations(anna_.sparse);
    ASSERT_EQ(shown.size(), 1u);
    conversation_ = shown[0];
    auto sent = anna_.send(conversation_, "what is to last");
    ASSERT_TRUE(sent) << sent.failure().message;
    message_ = *sent;
    all_.run_for(10s);
    ASSERT_EQ(anna_.lines(anna_.archive, conversation_).size(), 1u);
  }

  void damage_and_come_back(side& where, const std::string& folder) {
    where.stop();
    damage(where, folder, message_);
    where.restart();
    all_.run_for(1s);
    ASSERT_TRUE(anna_.log_in());
  }

  world all_{5};
  household anna_{all_, "anna", 1};
  std::string conversation_;
  hash message_{};
};

TEST_F(scrubber_test, damage_on_the_device_is_found_and_healed_by_the_archive) {
  ASSERT_NO_FATAL_FAILURE(begin());
  ASSERT_NO_FATAL_FAILURE(damage_and_come_back(anna_.sparse, "/sparse/anna"));
  all_.run_for(5min);
  EXPECT_EQ(scrubber_of(anna_.sparse, "anna")["found"], 0) << "it begins when the user is no longer waited for";
  all_.run_for(20min);
  expect_healed(anna_.sparse, "anna", message_);
}

TEST_F(scrubber_test, damage_in_the_archive_is_healed_by_the_device) {
  ASSERT_NO_FATAL_FAILURE(begin());
  ASSERT_NO_FATAL_FAILURE(damage_and_come_back(anna_.archive, "/archive/anna"));
  all_.run_for(25min);
  expect_healed(anna_.archive, "anna", message_);
}

TEST_F(scrubber_test, what_the_archive_was_away_for_is_healed_when_it_is_back) {
  ASSERT_NO_FATAL_FAILURE(begin());
  ASSERT_NO_FATAL_FAILURE(damage_and_come_back(anna_.sparse, "/sparse/anna"));
  anna_.archive.stop();
  all_.run_for(25min);
  EXPECT_EQ(scrubber_of(anna_.sparse, "anna")["wanted"], 1);
  anna_.archive.restart();
  all_.run_for(2min);
  expect_healed(anna_.sparse, "anna", message_);
}

TEST_F(scrubber_test, goes_on_after_a_restart_where_it_was) {
  ASSERT_NO_FATAL_FAILURE(begin());
  all_.run_for(30min);
  EXPECT_EQ(scrubber_of(anna_.archive, "anna")["passes"], 1);
  anna_.archive.stop();
  anna_.archive.restart();
  all_.run_for(30min);
  auto after = scrubber_of(anna_.archive, "anna");
  EXPECT_EQ(after["passes"], 1) << "the next pass is due in a week";
  EXPECT_GT(after["lastPassMs"], 0);
}

TEST(scrubber_among_friends_test, what_the_archive_and_the_device_lost_comes_back_from_the_friend_who_has_it) {
  town here{7};
  ASSERT_TRUE(here.found());
  auto sent = here.send(0, "between us");
  ASSERT_TRUE(sent) << sent.failure().message;
  auto& anna = here.anna();
  here.all.run_for(30s);
  ASSERT_EQ(here.bert().lines(here.bert().archive, here.direct).size(), 1u);
  anna.sparse.stop();
  anna.archive.stop();
  ASSERT_NO_FATAL_FAILURE(damage(anna.archive, "/archive/anna", *sent));
  ASSERT_NO_FATAL_FAILURE(damage(anna.sparse, "/sparse/anna", *sent));
  anna.archive.restart();
  anna.sparse.restart();
  here.all.run_for(1s);
  ASSERT_TRUE(anna.log_in());
  here.all.run_for(25min);
  expect_healed(anna.archive, "anna", *sent);
  here.all.run_for(1h);
  expect_healed(anna.sparse, "anna", *sent);
}

} // namespace
} // namespace lama::simulator
