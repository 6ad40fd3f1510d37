// A contact whose archive brings what it should not: nothing of it takes effect, and honest people go on talking.
#include "protocol/models/leute.hpp"
#include "tests/simulation/hostile_stage.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

class hostile_test : public testing::TestWithParam<forgery> {};

TEST_P(hostile_test, takes_no_effect) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto before = belongings_of(on.all.anna(), on.liar);
  ASSERT_EQ(before.contacts.size(), 3u) << "Bert, Mallory, and the own sparse instance";
  on.forge([&on](storage::transaction& to) { return GetParam().write(to, on); });
  on.all.all.run_for(30s);
  ASSERT_TRUE(on.all.send(0, "hello bert"));
  ASSERT_TRUE(on.all.send(1, "hello anna"));
  on.all.all.run_for(30s);
  EXPECT_EQ(belongings_of(on.all.anna(), on.liar), before);
  EXPECT_EQ(check_messages(on.all), problems{});
  EXPECT_EQ(check_authors(on.all), problems{});
  EXPECT_EQ(check_stores(on.all), problems{});
}

INSTANTIATE_TEST_SUITE_P(each_forgery, hostile_test, testing::ValuesIn(forgeries), [](const auto& x) { return std::string{x.param.name}; });

TEST(hostile_contact_test, a_message_in_bobs_name_is_not_shown_as_his) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto room = models::one_to_one_id(on.all.persons[0], on.liar);
  on.all.expected.messages["pay Mallory"] = {room, 1, {0}, false, {}, false};
  seeded_random chance{5};
  auto forged = models::sign_with(on.all.persons[1], protocol::make_signing_keys(chance).secret_key);
  on.forge([&](storage::transaction& to) -> result<done> {
    LAMA_TRY(text, models::chat_message_text({"pay Mallory", on.all.persons[1], {}, {}}));
    LAMA_CHECK(models::post(to, models::channel_id({room, {}}), text, forged, on.mallory.archive.clock().now_ms()));
    return done{};
  });
  on.all.all.run_for(30s);
  for (const auto& line : on.all.anna().lines(on.all.anna().archive, room))
    EXPECT_FALSE(line.verified) << line.text;
}

TEST(hostile_contact_test, an_invitation_is_good_once) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  household eve{on.all.all, "eve", 88};
  on.all.all.run_for(1s);
  ASSERT_TRUE(eve.sign_up());
  auto invitation = on.all.bert().invite();
  ASSERT_TRUE(invitation);
  ASSERT_TRUE(on.mallory.accept(*invitation));
  auto again = eve.accept(*invitation);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.failure().code, errc::offline);
  on.all.all.run_for(10s);
  auto view = on.all.bert().archive.user("bert")->store->read();
  EXPECT_FALSE(models::someone_of(*view, eve.archive.user("eve")->me.person));
}

TEST(hostile_contact_test, an_old_invitation_is_good_for_nothing) {
  stage on;
  ASSERT_NO_FATAL_FAILURE(on.set());
  auto invitation = on.all.bert().invite();
  ASSERT_TRUE(invitation);
  on.all.all.run_for(16min);
  EXPECT_FALSE(on.mallory.accept(*invitation));
  auto view = on.all.bert().archive.user("bert")->store->read();
  EXPECT_FALSE(models::someone_of(*view, on.liar));
}

} // namespace
} // namespace lama::simulator
