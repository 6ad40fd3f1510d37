// A device that takes the place of another is given the types that the user registered, the objects of these, and texts of types that nobody registered.
#include "actors/pairing_manager/type_sharing.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/versions/versions.hpp"
#include "storage/kept_texts.hpp"
#include "tests/simulation/household.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

constexpr int notes = 450; // more than two steps

std::string note_text(int number) {
  return protocol::object_writer{"Note"}.text("title", "note " + std::to_string(number)).text("text", "two litres").finish();
}

std::string mark_text(int number) {
  return protocol::object_writer{"Mark"}.text("says", "mark " + std::to_string(number)).finish();
}

std::string unheard(int number) {
  return "<div itemscope itemtype=\"//refin.io/Unheard\"><span itemprop=\"title\">" + std::to_string(number) + "</span></div>";
}

class new_device_test : public testing::Test {
protected:
  void SetUp() override {
    all.run_for(1s);
    auto state = anna.sign_up();
    ASSERT_TRUE(state) << state.failure().message;
    all.run_for(5s);
  }
  void write(std::function<result<done>(storage::transaction&, const actors::user_context&)> change) {
    auto context = anna.archive.user("anna");
    auto apply = [change = std::move(change), context](storage::transaction& to) { return change(to, *context); };
    auto written = anna.archive.ask<actors::transacted>(context->writer(), actors::transact{"test", std::move(apply)});
    ASSERT_TRUE(written) << written.failure().message;
  }
  result<done> share(storage::transaction& to, const actors::user_context& user, const models::grant_target& what) {
    LAMA_CHECK(models::grant(to, what, {{user.partner->person}, {}}, models::grant_mode::add, anna.archive.clock().now_ms()));
    return done{};
  }
  /// As `one-core:storage:set` and `storage:keep` do on the archive.
  void fill() {
    auto table = protocol::recipe_table::on_top_of(protocol::standard_recipes());
    auto note = (*table.add_line("Note: title*: string; text: string"))->text;
    auto mark = (*table.add_line("Mark: says: string"))->text;
    write([&](storage::transaction& to, const actors::user_context& user) -> result<done> {
      auto now = anna.archive.clock().now_ms();
      for (const auto& text : {note, mark}) {
        LAMA_TRY(stored, protocol::store_version(to, text, now));
        LAMA_CHECK(share(to, user, models::id_target(stored.id)));
      }
      for (int i = 0; i < notes; ++i) {
        LAMA_TRY(stored, protocol::store_version(to, note_text(i), now));
        LAMA_CHECK(share(to, user, models::id_target(stored.id)));
      }
      LAMA_TRY(marked, to.put(mark_text(1)));
      LAMA_CHECK(share(to, user, models::object_target(marked.name)));
      LAMA_TRY(kept, to.keep_text(unheard(1), protocol::text_origin::own));
      LAMA_CHECK(share(to, user, models::object_target(kept.name)));
      LAMA_CHECK(to.keep_text(unheard(2), protocol::text_origin::foreign));
      return done{};
    });
    all.run_for(20s);
    expect_all(anna.sparse);
  }
  void expect_all(side& device) {
    auto view = device.user("anna")->store->read();
    EXPECT_TRUE(view->recipes().find("Note") && view->recipes().find("Mark"));
    EXPECT_EQ(view->objects_of_type("Note", 1000).names.size(), static_cast<std::size_t>(notes));
    for (const auto& id : view->objects_of_type("Note", 1000).names)
      EXPECT_TRUE(protocol::current_data(*view, id));
    EXPECT_EQ(view->objects_of_type("Mark", 10).names, std::vector<hash>{sha256(mark_text(1))});
    EXPECT_EQ(view->kept_text(sha256(unheard(1)), "Unheard"), protocol::text_origin::own);
    EXPECT_FALSE(view->contains(sha256(unheard(2)))) << "a contact's text is nothing that a device is given by itself";
  }
  /// On another machine, with what `lama sparse --provision bridge.json` needs and nothing else.
  std::unique_ptr<side> replace_device() {
    anna.sparse.stop();
    auto files = std::make_shared<memory_files>();
    auto bridge = anna.files->read("bridge.json");
    EXPECT_TRUE(bridge && *bridge && files->write("bridge.json", **bridge));
    auto fresh = std::make_unique<side>(all, actors::side::sparse, files, 99);
    all.run_for(1s);
    return fresh;
  }
  void sign_up(side& device) {
    auto supervisor = device.members().find<actors::supervisor_actor>("supervisor");
    auto answer = device.ask<actors::user_state>(supervisor, actors::register_user{"anna", anna.password, {}});
    ASSERT_TRUE(answer) << answer.failure().message;
  }
  bool is_sharing() {
    auto user = anna.archive.user("anna");
    return user && user->store->read()->note(actors::type_sharing_note).has_value();
  }

  world all{61};
  household anna{all, "anna", 1};
};

TEST_F(new_device_test, it_is_given_types_objects_and_texts) {
  fill();
  auto fresh = replace_device();
  ASSERT_NO_FATAL_FAILURE(sign_up(*fresh));
  all.run_for(60s);
  EXPECT_FALSE(is_sharing());
  expect_all(*fresh);
  // What is written from now on it gets at once.
  write([&](storage::transaction& to, const actors::user_context& user) -> result<done> {
    LAMA_TRY(marked, to.put(mark_text(2)));
    return share(to, user, models::object_target(marked.name));
  });
  all.run_for(5s);
  EXPECT_TRUE(fresh->user("anna")->store->read()->contains(sha256(mark_text(2))));
  EXPECT_EQ(fresh->user("anna")->store->verify().problems, std::vector<std::string>{});
}

TEST_F(new_device_test, sharing_that_was_cut_off_goes_on) {
  fill();
  auto fresh = replace_device();
  auto supervisor = fresh->members().find<actors::supervisor_actor>("supervisor");
  auto answer = fresh->ask_later<actors::user_state>(supervisor, actors::register_user{"anna", anna.password, {}});
  ASSERT_TRUE(all.run_until([this] { return is_sharing(); }, 60s));
  anna.archive.crash(0);
  all.run_for(1s);
  anna.archive.restart();
  all.run_for(120s);
  ASSERT_TRUE(anna.archive.user("anna")) << "the new device's secret opens it";
  EXPECT_FALSE(is_sharing());
  expect_all(*fresh);
}

TEST_F(new_device_test, a_node_without_types_has_nothing_to_share) {
  auto before = anna.archive.user("anna")->store->last_sequence();
  auto fresh = replace_device();
  ASSERT_NO_FATAL_FAILURE(sign_up(*fresh));
  all.run_for(60s);
  EXPECT_FALSE(is_sharing());
  for (const auto& x : anna.archive.user("anna")->store->read()->changes(before, 1000))
    if (x.kind == storage::change_kind::head && x.type == "IdAccess") {
      auto grant = protocol::load_current(*anna.archive.user("anna")->store->read(), x.id);
      auto target = protocol::load(*anna.archive.user("anna")->store->read(), *grant->reference("id"));
      EXPECT_TRUE(!target || target->type != "Recipe") << "shipped types are there already";
    }
}

} // namespace
} // namespace lama::simulator
