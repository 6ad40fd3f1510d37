// A contact that leaves the honest code out: what it sends arrives, is refused, and changes nothing.
#include "protocol/models/leute.hpp"
#include "tests/simulation/hostile_stage.hpp"
#include "tests/simulation/raw_peer.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

namespace sync = protocol::sync;

struct named_item {
  sync::item_kind kind;
  hash name;
  std::string bytes;
};

class raw_peer_test : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(on_.set());
    before_ = belongings_of(on_.all.anna(), on_.liar);
  }

  /// What this change wrote into Mallory's own store, as items in the order of writing: with its grants, or with all but those.
  std::vector<named_item> forge(const std::function<result<done>(storage::transaction&, stage&)>& change, bool grants) {
    auto store = on_.mallory.archive.user("mallory")->store;
    auto from = store->last_sequence();
    on_.forge([&](storage::transaction& to) { return change(to, on_); });
    auto view = store->read();
    std::vector<named_item> items;
    for (const auto& x : view->changes(from, 10'000)) {
      auto type = x.type;
      auto name = x.kind == storage::change_kind::id_object ? x.id : x.name;
      auto node = type == "VersionNodeEdge" ? protocol::load(*view, name) : result<protocol::object>{fail(errc::not_found, "no node")};
      if (node)
        type = protocol::load(*view, *node->reference("data"))->type;
      if (x.kind == storage::change_kind::head || (type == "Access" || type == "IdAccess") != grants)
        continue;
      auto kind = node ? sync::item_kind::version : x.kind == storage::change_kind::id_object ? sync::item_kind::id_object : sync::item_kind::object;
      items.push_back({kind, name, view->read(name).value_or("")});
    }
    return items;
  }

  /// Mallory's honest node is cut off, and Anna's notices; then the raw one comes in its place.
  void come_as_mallory() {
    for (auto* side : on_.all.sides())
      on_.all.all.lines().cut(on_.mallory.archive.index(), side->index());
    on_.all.all.run_for(2min);
    peer_ = std::make_unique<raw_peer>(on_.all.all, *on_.mallory.archive.user("mallory"), 4711);
    auto anna = on_.all.anna().archive.user("anna");
    auto invitation = on_.all.anna().invite();
    ASSERT_TRUE(invitation);
    auto url = nlohmann::json::parse(*invitation)["url"].get<std::string>();
    auto connected = peer_->connect(url, anna->me.instance_public.encryption);
    ASSERT_TRUE(connected) << connected.failure().message;
  }

  std::string batch(const std::vector<named_item>& items, uint64_t number = 1) {
    sync::batch_builder builder;
    for (const auto& x : items)
      builder.add(x.kind, x.name, x.bytes);
    return builder.finish(number, 1, 0, 0);
  }

  /// Nothing came of it, and honest people go on talking.
  void expect_no_effect() {
    EXPECT_EQ(belongings_of(on_.all.anna(), on_.liar), before_);
    ASSERT_TRUE(on_.all.send(0, "hello bert"));
    ASSERT_TRUE(on_.all.send(1, "hello anna"));
    on_.all.all.run_for(30s);
    EXPECT_EQ(check_messages(on_.all), problems{});
    EXPECT_EQ(check_authors(on_.all), problems{});
    EXPECT_EQ(check_stores(on_.all), problems{});
  }

  stage on_;
  belongings before_;
  std::unique_ptr<raw_peer> peer_;
};

class raw_forgery_test : public raw_peer_test, public testing::WithParamInterface<forgery> {};

TEST_P(raw_forgery_test, arrives_and_is_refused) {
  auto items = forge(GetParam().write, false);
  ASSERT_FALSE(items.empty());
  ASSERT_NO_FATAL_FAILURE(come_as_mallory());
  peer_->send(batch(items));
  peer_->run_for(10s);
  auto store = on_.all.anna().archive.user("anna")->store;
  for (const auto& x : items)
    EXPECT_FALSE(x.kind == sync::item_kind::version && store->read()->contains(x.name)) << "a forged version was taken";
  store.reset();
  expect_no_effect();
}

INSTANTIATE_TEST_SUITE_P(each_forgery, raw_forgery_test, testing::ValuesIn(forgeries), [](const auto& x) { return std::string{x.param.name}; });

TEST_F(raw_peer_test, grants_itself_nothing) {
  auto items = forge(forgeries.front().write, true);
  ASSERT_FALSE(items.empty());
  ASSERT_NO_FATAL_FAILURE(come_as_mallory());
  peer_->send(batch(items));
  peer_->run_for(10s);
  EXPECT_FALSE(peer_->is_open());
  expect_no_effect();
}

struct nonsense {
  const char* name;
  std::function<std::string()> bytes;
};

void PrintTo(const nonsense& x, std::ostream* to) {
  *to << x.name;
}

std::string one_item(sync::item_kind kind, const hash& name, std::string_view bytes, uint64_t number = 1) {
  sync::batch_builder builder;
  builder.add(kind, name, bytes);
  return builder.finish(number, 1, 0, 0);
}

const std::string unknown_object = R"(<div itemscope itemtype="//refin.io/NobodyKnowsThis"><span itemprop="a">b</span></div>)";

const nonsense nonsenses[] = {
    {"nothing", [] { return std::string{}; }},
    {"an_unknown_frame", [] { return std::string("\x7f what is this"); }},
    {"an_unknown_type", [] { return one_item(sync::item_kind::object, sha256(unknown_object), unknown_object); }},
    {"no_microdata", [] { return one_item(sync::item_kind::object, sha256("<div"), "<div"); }},
    {"a_wrong_name", [] { return one_item(sync::item_kind::object, sha256("another"), unknown_object); }},
    {"a_batch_too_early", [] { return one_item(sync::item_kind::blob, sha256("x"), "x", 7); }},
    {"a_mark_for_what_it_never_had", [] { return one_item(sync::item_kind::elsewhere, sha256("x"), ""); }},
    {"a_cut_frame", [] { return one_item(sync::item_kind::blob, sha256("x"), "x").substr(0, 40); }},
    {"bytes_behind_the_end", [] { return one_item(sync::item_kind::blob, sha256("x"), "x") + "more"; }},
    {"an_acknowledgement_of_nothing", [] { return sync::write_frame(sync::ack_frame{1'000'000}); }},
};

class raw_nonsense_test : public raw_peer_test, public testing::WithParamInterface<nonsense> {};

TEST_P(raw_nonsense_test, ends_the_connection_and_nothing_else) {
  ASSERT_NO_FATAL_FAILURE(come_as_mallory());
  peer_->send(GetParam().bytes());
  peer_->run_for(10s);
  EXPECT_FALSE(peer_->is_open());
  expect_no_effect();
}

INSTANTIATE_TEST_SUITE_P(each, raw_nonsense_test, testing::ValuesIn(nonsenses), [](const auto& x) { return std::string{x.param.name}; });

/// Frames that ask for what was not granted.
TEST_F(raw_peer_test, gets_nothing_that_was_not_granted) {
  ASSERT_TRUE(on_.all.send(0, "for bert alone"));
  on_.all.all.run_for(10s);
  ASSERT_NO_FATAL_FAILURE(come_as_mallory());
  auto view = on_.all.anna().archive.user("anna")->store->read();
  auto room = models::channel_id({on_.all.direct, {}});
  auto newest = models::channel_head(*view, room);
  ASSERT_TRUE(newest && *newest);
  auto people = protocol::current_data(*view, models::leute_id());
  ASSERT_TRUE(people);
  view.reset();
  peer_->send(sync::write_frame(sync::page_frame{1, {room, {}, {}, 10}}));
  peer_->send(sync::write_frame(sync::fetch_frame{2, {room, **newest, {**newest}}}));
  peer_->send(sync::write_frame(sync::fetch_frame{3, {models::leute_id(), {}, {*people}}}));
  peer_->send(sync::write_frame(sync::fetch_frame{4, {{}, *people, {*people}}}));
  peer_->run_for(10s);
  std::size_t refused = 0;
  for (const auto& bytes : peer_->received()) {
    auto frame = sync::read_frame(bytes);
    ASSERT_TRUE(frame);
    if (std::holds_alternative<sync::refused_frame>(*frame)) {
      ++refused;
    } else if (auto* pushed = std::get_if<sync::batch_frame>(&*frame)) {
      EXPECT_EQ(pushed->request, 0u) << "an answer to what was not granted";
      for (const auto& x : pushed->items)
        EXPECT_NE(x.name, **newest);
    }
  }
  EXPECT_EQ(refused, 4u);
  expect_no_effect();
}

} // namespace
} // namespace lama::simulator
