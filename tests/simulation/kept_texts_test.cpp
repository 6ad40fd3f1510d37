// Objects of types that nobody registered, in whole nodes: between a user's two instances, to a friend's node, and never to a stock peer.
#include "protocol/models/channels.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/sync/grants.hpp"
#include "protocol/versions/versions.hpp"
#include "storage/digest.hpp"
#include "storage/sync_adapter.hpp"
#include "tests/simulation/checkers.hpp"
#include "tests/simulation/raw_peer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

using protocol::text_origin;

std::string unheard(const std::string& title, const std::optional<hash>& about = {}) {
  auto link = about ? "<a itemprop=\"about\" data-type=\"obj\">" + about->hex() + "</a>" : std::string{};
  return "<div itemscope itemtype=\"//refin.io/Unheard\"><span itemprop=\"title\">" + title + "</span>" + link + "</div>";
}

class kept_texts_test : public testing::Test {
protected:
  void SetUp() override {
    auto founded = all.found();
    ASSERT_TRUE(founded) << founded.failure().message;
    all.all.run_for(5s);
  }
  void write(side& where, const std::string& user, std::function<result<done>(storage::transaction&)> change) {
    auto written = where.ask<actors::transacted>(where.user(user)->writer(), actors::transact{"test", std::move(change)});
    ASSERT_TRUE(written) << written.failure().message;
  }
  /// As `storage:keep` does.
  hash keep(side& where, const std::string& text) {
    auto context = where.user("anna");
    write(where, "anna", [&, context](storage::transaction& to) -> result<done> {
      LAMA_TRY(kept, to.keep_text(text, text_origin::own));
      LAMA_CHECK(models::grant(to, models::object_target(kept.name), {{context->partner->person}, {}}, models::grant_mode::add, where.clock().now_ms()));
      return done{};
    });
    return sha256(text);
  }
  std::optional<text_origin> mark(side& where, const std::string& user, const hash& name) {
    return where.user(user)->store->read()->kept_text(name, "Unheard");
  }
  /// What anna's two instances share has one digest.
  void expect_equal_digests() {
    auto archive = all.anna().archive.user("anna");
    auto device = all.anna().sparse.user("anna");
    auto granted = storage::digest_below(*archive->store->read(), storage::digest_tree::heads, {}, {device->me.person, {}});
    auto received = storage::digest_below(*device->store->read(), storage::digest_tree::heads, {}, {{}, archive->me.person});
    ASSERT_TRUE(granted && received);
    EXPECT_EQ(granted->self, received->self);
    EXPECT_GT(granted->self.count, 0u);
  }

  town all{53};
};

TEST_F(kept_texts_test, both_instances_of_a_user_have_them_also_after_a_restart) {
  auto& archive = all.anna().archive;
  auto& device = all.anna().sparse;
  auto first = keep(archive, unheard("first"));
  all.all.run_for(5s);
  auto second = keep(device, unheard("second", first));
  all.all.run_for(5s);
  auto everywhere = [&](const hash& name) {
    for (auto* where : {&archive, &device}) {
      EXPECT_EQ(mark(*where, "anna", name), text_origin::own);
      EXPECT_TRUE(where->user("anna")->store->read()->read(name));
    }
  };
  everywhere(first);
  everywhere(second);
  EXPECT_EQ(archive.user("anna")->store->read()->kept_texts(), device.user("anna")->store->read()->kept_texts());
  expect_equal_digests();

  device.stop();
  archive.stop();
  archive.restart();
  all.all.run_for(1s);
  device.restart();
  all.all.run_for(1s);
  ASSERT_TRUE(all.anna().log_in());
  all.all.run_for(10s);
  everywhere(first);
  everywhere(second);
  auto third = keep(device, unheard("third"));
  all.all.run_for(10s);
  everywhere(third);
  expect_equal_digests();
  EXPECT_EQ(check_stores(all), problems{});
}

TEST_F(kept_texts_test, written_while_the_other_instance_is_away_they_come_later) {
  auto& archive = all.anna().archive;
  auto& device = all.anna().sparse;
  all.all.lines().cut(archive.index(), device.index());
  auto offline = keep(device, unheard("offline"));
  auto meanwhile = keep(archive, unheard("meanwhile"));
  all.all.run_for(60s);
  EXPECT_FALSE(mark(archive, "anna", offline));
  all.all.lines().mend(archive.index(), device.index());
  all.all.run_for(60s);
  EXPECT_EQ(mark(archive, "anna", offline), text_origin::own);
  EXPECT_EQ(mark(device, "anna", meanwhile), text_origin::own);
  expect_equal_digests();
  EXPECT_EQ(check_stores(all), problems{});
}

TEST_F(kept_texts_test, what_became_an_object_is_offered_again_and_the_archive_which_takes_none_takes_it) {
  auto& archive = all.anna().archive;
  auto& device = all.anna().sparse;
  auto name = keep(device, unheard("milk"));
  all.all.run_for(5s);
  auto table = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  auto recipe = (*table.add_line("Unheard: title: string"))->text;
  auto partner = archive.user("anna")->partner->person;
  write(archive, "anna", [&](storage::transaction& to) -> result<done> {
    LAMA_TRY(stored, protocol::store_version(to, recipe, archive.clock().now_ms()));
    LAMA_CHECK(models::grant(to, models::id_target(stored.id), {{partner}, {}}, models::grant_mode::add, archive.clock().now_ms()));
    return done{};
  });
  all.all.run_for(10s);
  for (auto* where : {&archive, &device})
    EXPECT_EQ(where->user("anna")->store->read()->objects_of_type("Unheard", 10).names, std::vector{name}) << "an object on both sides";

  // As after a repair: the device offers all of its own again.
  seeded_random random{9};
  write(device, "anna", [&](storage::transaction& to) -> result<done> {
    storage::begin_sync_anew(*device.user("anna")->store->read(), to, random);
    return done{};
  });
  EXPECT_GT(device.kill_connections("chum"), 0u);
  all.all.run_for(30s);
  auto later = "<div itemscope itemtype=\"//refin.io/Other\"><span itemprop=\"title\">later</span></div>";
  keep(device, later);
  all.all.run_for(10s);
  EXPECT_TRUE(archive.user("anna")->store->read()->contains(sha256(later))) << "a session that was refused its first objects brings nothing";
  expect_equal_digests();
  EXPECT_EQ(check_stores(all), problems{});
}

TEST_F(kept_texts_test, a_friends_node_and_its_device_get_what_a_message_refers_to_and_no_more) {
  auto& archive = all.anna().archive;
  auto shown = keep(archive, unheard("shown"));
  auto secret = keep(archive, unheard("secret"));
  auto context = archive.user("anna");
  write(archive, "anna", [&](storage::transaction& to) -> result<done> {
    LAMA_TRY(text, models::chat_message_text({"look", all.persons[0], {shown}, {}}));
    LAMA_CHECK(models::post(to, models::channel_id({all.direct, {}}), text, context->keys->as(all.persons[0]), archive.clock().now_ms()));
    return done{};
  });
  context.reset(); // holds the store
  ASSERT_TRUE(all.send(1, "hello anna"));
  all.all.run_for(20s);
  for (auto* where : {&all.bert().archive, &all.bert().sparse}) {
    EXPECT_EQ(mark(*where, "bert", shown), text_origin::foreign);
    EXPECT_FALSE(where->user("bert")->store->read()->contains(secret));
    auto lines = all.bert().lines(*where, all.direct);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines.front().text, "look");
  }
  EXPECT_EQ(check_stores(all), problems{});
}

/// Mallory, a contact of Anna's, comes with the stock software.
TEST_F(kept_texts_test, a_stock_peer_is_offered_nothing_that_reaches_one) {
  household mallory{all.all, "mallory", 77};
  all.all.run_for(1s);
  auto state = mallory.sign_up();
  ASSERT_TRUE(state);
  auto invitation = all.anna().invite();
  ASSERT_TRUE(invitation);
  ASSERT_TRUE(mallory.accept(*invitation));
  all.all.run_for(10s);
  for (auto* where : all.sides())
    all.all.lines().cut(mallory.archive.index(), where->index());
  all.all.run_for(120s);

  auto& archive = all.anna().archive;
  auto secret = keep(archive, unheard("not for stock peers"));
  auto below = protocol::object_writer{"CreationTime"}.number("timestamp", 1).object_reference("data", secret).finish();
  auto fine = protocol::object_writer{"PersonName"}.text("name", "fine").finish();
  auto room = models::channel_id({models::one_to_one_id(all.persons[0], state->public_person), {}});
  auto context = archive.user("anna");
  write(archive, "anna", [&](storage::transaction& to) -> result<done> {
    for (const auto& text : {below, fine}) {
      LAMA_TRY(stored, to.put(text));
      LAMA_CHECK(models::grant(to, models::object_target(stored.name), {{state->public_person}, {}}, models::grant_mode::add, archive.clock().now_ms()));
    }
    LAMA_CHECK(models::grant(to, models::object_target(secret), {{state->public_person}, {}}, models::grant_mode::add, archive.clock().now_ms()));
    LAMA_TRY(message, models::chat_message_text({"look", all.persons[0], {secret}, {}}));
    LAMA_CHECK(models::post(to, room, message, context->keys->as(all.persons[0]), archive.clock().now_ms()));
    return done{};
  });
  raw_peer peer{all.all, *mallory.archive.user("mallory"), 4711};
  peer.speak_stock();
  auto url = nlohmann::json::parse(*invitation)["url"].get<std::string>();
  auto connected = peer.connect(url, context->me.instance_public.encryption);
  ASSERT_TRUE(connected) << connected.failure().message;
  peer.run_for(60s);
  EXPECT_TRUE(peer.is_open()) << peer.end();
  EXPECT_TRUE(peer.taken().contains(sha256(fine)));
  EXPECT_FALSE(peer.taken().contains(secret));
  EXPECT_FALSE(peer.taken().contains(sha256(below)));
  for (const auto& text : peer.texts())
    EXPECT_EQ(text.find(secret.hex()), std::string::npos) << "not even its name";
  EXPECT_TRUE(peer.received().empty()) << "it speaks the stock protocol";
}

} // namespace
} // namespace lama::simulator
