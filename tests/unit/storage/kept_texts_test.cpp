#include "storage/kept_texts.hpp"

#include "protocol/limits.hpp"
#include "storage/digest.hpp"
#include "storage/keys.hpp"
#include "tests/unit/storage/damaged_store.hpp"

#include <set>

namespace lama::storage::testing {
namespace {

using protocol::text_origin;

std::string unheard(const std::string& fields, const std::string& type = "Unheard") {
  return "<div itemscope itemtype=\"//refin.io/" + type + "\">" + fields + "</div>";
}

std::string span(const std::string& name, const std::string& text) {
  return "<span itemprop=\"" + name + "\">" + text + "</span>";
}

std::string recipe_of(const std::string& line) {
  auto table = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  return (*table.add_line(line))->text;
}

/// Objects of types that have no recipe in a store.
class kept_texts_test : public damaged_store_test {
protected:
  protocol::put_result keep(const std::string& text, text_origin origin = text_origin::own) {
    protocol::put_result kept{};
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_TRY(stored, to.keep_text(text, origin));
      kept = stored;
      return done{};
    }));
    return kept;
  }
  std::optional<text_origin> mark_of(const std::string& text, const std::string& type = "Unheard") {
    return it_->read()->kept_text(sha256(text), type);
  }
  void reopen() {
    it_.close();
    ASSERT_TRUE(it_.open());
  }

  std::string reference_ = "<a itemprop=\"about\" data-type=\"obj\">" + sha256(chat_).hex() + "</a>";
  std::string text_ = unheard(span("title", "milk") + reference_);
};

TEST_F(kept_texts_test, a_text_is_kept_counted_and_verified) {
  EXPECT_EQ((*it_->begin())->put(text_).failure().code, errc::unsupported) << "nobody stores one by mistake";
  auto before = it_->verify();
  auto kept = keep(text_);
  EXPECT_EQ(kept.name, sha256(text_));
  EXPECT_TRUE(kept.is_new);
  EXPECT_FALSE(kept.id);
  EXPECT_FALSE(keep(text_).is_new);
  reopen();
  EXPECT_EQ(it_->read()->read(kept.name), text_);
  EXPECT_EQ(mark_of(text_), text_origin::own);
  EXPECT_FALSE(mark_of(text_, "Another"));
  EXPECT_EQ(it_->read()->kept_texts(), (protocol::kept_texts{1, text_.size(), 0, 0}));
  auto after = it_->verify();
  EXPECT_EQ(after.problem_count, 0u);
  EXPECT_EQ(after.kept_texts, 1u);
  EXPECT_EQ(after.references, before.references + 1) << "what it refers to is looked for as well";
}

TEST_F(kept_texts_test, a_large_one_is_kept_whole) {
  auto large = unheard(span("title", std::string(300'000, 'x')));
  keep(large);
  reopen();
  EXPECT_EQ(it_->read()->read(sha256(large)), large);
  EXPECT_EQ(it_->read()->size_of(sha256(large)), large.size());
  expect_clean(*it_);
}

TEST_F(kept_texts_test, what_no_recipe_could_mean_is_refused) {
  auto open = *it_->begin();
  for (const auto& text : {std::string{"text"}, text_ + " ", text_.substr(0, 70), unheard(span("a", "x"), std::string(300, 't'))})
    EXPECT_EQ(open->keep_text(text, text_origin::own).failure().code, errc::bad_input) << text;
  auto deep = unheard([] {
    std::string fields;
    for (std::size_t i = 0; i < limits::object_depth + 2; ++i)
      fields += "<div itemprop=\"a\">";
    return fields;
  }());
  EXPECT_EQ(open->keep_text(deep, text_origin::own).failure().code, errc::too_large);
  EXPECT_EQ(open->keep_text(unheard(span("a", std::string(limits::object_bytes, 'x'))), text_origin::own).failure().code, errc::too_large);
}

TEST_F(kept_texts_test, verify_finds_a_flipped_bit_in_one) {
  keep(text_);
  change_value(keys::object(sha256(text_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  expect_problem("Object " + sha256(text_).hex() + ": its bytes are damaged");
  EXPECT_FALSE(it_->read()->read(sha256(text_))) << "damage is never answered as data";
}

TEST_F(kept_texts_test, verify_finds_what_it_refers_to_missing) {
  keep(text_);
  remove(keys::object(sha256(chat_)));
  expect_problem("Object " + sha256(text_).hex() + " refers to " + sha256(chat_).hex() + ", which is missing");
}

TEST_F(kept_texts_test, verify_finds_a_note_that_is_lost_or_too_much) {
  keep(text_);
  auto note = keys::note(text_note("Unheard", sha256(text_)));
  std::string was;
  change_value(note, [&](std::string& x) { was = x; });
  remove(note);
  expect_problem("count of texts without a recipe does not fit");
  write(keys::note(text_note("Another", sha256(text_))), was);
  expect_problem("is noted as kept without a recipe, and is none: it is of another type");
}

TEST_F(kept_texts_test, the_recipe_makes_objects_of_those_that_conform) {
  auto other = unheard(span("title", "eggs") + reference_);
  auto misfit = unheard(span("name", "no title"));
  auto foreign = unheard(span("title", "a contact's") + reference_);
  auto longer_name = unheard(span("title", "milk") + reference_, "Unheard/of");
  for (const auto& text : {text_, other, misfit, longer_name})
    keep(text);
  keep(foreign, text_origin::foreign);
  put_all(*it_, {recipe_of("Unheard: title: string; about: ref(*)")});
  for (int i = 0; i < 2; ++i) {
    auto names = it_->read()->objects_of_type("Unheard", 10).names;
    EXPECT_EQ(std::set<hash>(names.begin(), names.end()), (std::set<hash>{sha256(text_), sha256(other)}));
    EXPECT_EQ(protocol::load(*it_->read(), sha256(other))->text("title"), "eggs");
    EXPECT_FALSE(mark_of(text_));
    EXPECT_EQ(mark_of(misfit), text_origin::own);
    EXPECT_EQ(mark_of(foreign), text_origin::foreign) << "no contact brings objects of a type of mine";
    EXPECT_EQ(mark_of(longer_name, "Unheard/of"), text_origin::own);
    EXPECT_EQ(it_->read()->kept_texts().own, 2u);
    auto report = it_->verify();
    EXPECT_EQ(report.problem_count, 0u) << report.problems.front();
    EXPECT_EQ(report.kept_texts, 3u);
    ASSERT_EQ(report.refused.size(), 1u);
    EXPECT_NE(report.refused.front().find(sha256(misfit).hex()), std::string::npos);
    reopen();
  }
  // From now on they are stored as the type says; what does not fit is kept as before, and what is put is an object.
  EXPECT_TRUE(keep(unheard(span("title", "late") + reference_)).is_new);
  EXPECT_EQ(it_->read()->objects_of_type("Unheard", 10).names.size(), 3u);
  put_all(*it_, {foreign});
  EXPECT_FALSE(mark_of(foreign));
  EXPECT_EQ(it_->read()->kept_texts().foreign, 0u);
  expect_clean(*it_);
}

TEST_F(kept_texts_test, versions_become_objects_and_none_of_them_current) {
  auto id_text = "<div data-id-object=\"true\" itemscope itemtype=\"//refin.io/Unheard\">" + span("title", "milk") + "</div>";
  auto id = sha256(id_text);
  for (const auto& text : {unheard(span("title", "milk") + span("text", "two")), id_text, unheard(span("title", "milk") + span("text", "three"))})
    keep(text);
  put_all(*it_, {recipe_of("Unheard: title*: string; text: string")});
  EXPECT_FALSE(it_->read()->kept_texts().any());
  EXPECT_TRUE(it_->read()->contains(id));
  EXPECT_FALSE(it_->read()->head(id));
  EXPECT_EQ(it_->read()->objects_of_type("Unheard", 10).names, std::vector<hash>{id});
  expect_clean(*it_);
}

TEST_F(kept_texts_test, taking_the_recipe_back_takes_the_objects_back) {
  keep(text_);
  auto before = dump();
  {
    auto open = *it_->begin();
    auto mark = open->mark();
    ASSERT_TRUE(open->put(recipe_of("Unheard: title: string; about: ref(*)")));
    EXPECT_FALSE(open->kept_text(sha256(text_), "Unheard"));
    open->roll_back(mark);
    EXPECT_EQ(open->kept_text(sha256(text_), "Unheard"), text_origin::own);
    EXPECT_EQ(open->kept_texts().own, 1u);
    ASSERT_TRUE(it_->commit(std::move(open)));
  }
  reopen();
  auto after = dump();
  EXPECT_EQ(after, before);
}

TEST_F(kept_texts_test, a_recipe_that_the_program_ships_by_now_is_found_at_the_start) {
  keep(text_);
  it_.close();
  auto newer = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  ASSERT_TRUE(newer.add_line("Unheard: title: string; about: ref(*)"));
  auto options = it_.options();
  options.recipes = &newer;
  auto opened = store::open("/store", options);
  ASSERT_TRUE(opened);
  expect_clean(**opened);
  ASSERT_TRUE(change_store(**opened, [&](transaction& to) -> result<done> {
    take_up_texts_of_known_types(*(*opened)->read(), to);
    return done{};
  }));
  EXPECT_EQ((*opened)->read()->objects_of_type("Unheard", 10).names, std::vector<hash>{sha256(text_)});
  EXPECT_FALSE((*opened)->read()->kept_texts().any());
  expect_clean(**opened);
  opened->reset();
  it_.disk.run_background();
  ASSERT_TRUE(it_.open());
}

TEST_F(kept_texts_test, what_the_user_wants_counts_more_than_that_a_contact_brought_it) {
  keep(text_, text_origin::foreign);
  EXPECT_EQ(mark_of(text_), text_origin::foreign);
  keep(text_);
  EXPECT_EQ(mark_of(text_), text_origin::own);
  keep(text_, text_origin::foreign);
  EXPECT_EQ(mark_of(text_), text_origin::own);
  EXPECT_EQ(it_->read()->kept_texts(), (protocol::kept_texts{1, text_.size(), 0, 0}));
  expect_clean(*it_);
}

TEST_F(kept_texts_test, one_that_was_evicted_is_examined_when_it_is_back) {
  keep(text_);
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) { return to.evict(sha256(text_)); }));
  put_all(*it_, {recipe_of("Unheard: title: string; about: ref(*)")});
  EXPECT_EQ(mark_of(text_), text_origin::own);
  expect_clean(*it_);
  put_all(*it_, {text_});
  EXPECT_FALSE(mark_of(text_));
  EXPECT_EQ(it_->read()->objects_of_type("Unheard", 10).names, std::vector<hash>{sha256(text_)});
  expect_clean(*it_);
}

TEST_F(kept_texts_test, a_damaged_one_does_not_keep_its_recipe_out_and_comes_back) {
  keep(text_);
  change_value(keys::object(sha256(text_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  put_all(*it_, {recipe_of("Unheard: title: string; about: ref(*)")});
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) { return to.quarantine(sha256(text_)); }));
  EXPECT_EQ(it_->read()->wanted(10), std::vector<hash>{sha256(text_)});
  keep(text_); // as the other instance brings it
  EXPECT_EQ(it_->lost_count(), 0u);
  EXPECT_FALSE(mark_of(text_));
  EXPECT_EQ(it_->read()->objects_of_type("Unheard", 10).names, std::vector<hash>{sha256(text_)});
  expect_clean(*it_);
}

TEST_F(kept_texts_test, a_repair_keeps_it_and_knows_what_it_refers_to) {
  auto alone = unheard("<a itemprop=\"about\" data-type=\"obj\">" + sha256(chat_text("nowhere else")).hex() + "</a>");
  put_all(*it_, {chat_text("nowhere else")});
  keep(text_);
  keep(alone, text_origin::foreign);
  auto digest = *digest_of(*it_->read());
  ASSERT_TRUE(it_.repair());
  ASSERT_TRUE(it_.open());
  EXPECT_EQ(*digest_of(*it_->read()), digest);
  EXPECT_EQ(mark_of(text_), text_origin::own);
  EXPECT_EQ(mark_of(alone), text_origin::foreign);
  expect_clean(*it_);

  change_value(keys::object(sha256(text_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  remove(keys::note(text_totals_note));
  ASSERT_TRUE(it_.repair());
  ASSERT_TRUE(it_.open());
  EXPECT_EQ(it_->read()->wanted(10), std::vector<hash>{sha256(text_)});
  EXPECT_EQ(it_->read()->kept_texts(), (protocol::kept_texts{1, text_.size(), 1, alone.size()}));
  keep(text_);
  expect_clean(*it_);
}

} // namespace
} // namespace lama::storage::testing
