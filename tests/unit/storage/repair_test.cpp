#include "protocol/versions/versions.hpp"
#include "storage/record.hpp"
#include "storage/sync_adapter.hpp"
#include "tests/unit/storage/damaged_store.hpp"

namespace lama::storage::testing {
namespace {

class repair_test : public damaged_store_test {
protected:
  repair_test() {
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      for (int i = 0; i < 3; ++i)
        LAMA_CHECK(protocol::store_version(to, person_text("bob@example.com", "Bob " + std::to_string(i)), 3000 + i));
      LAMA_CHECK(to.put(signature_text(sha256(chat_), "bob@example.com")));
      LAMA_CHECK(to.put(chat_text("evicted")));
      to.mark_elsewhere(sha256("somewhere"));
      to.set_note("some/note", "kept");
      store_id(to, random_);
      return done{};
    }));
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.evict(sha256(chat_text("evicted"))));
      LAMA_CHECK(to.evict(sha256(signature_text(sha256(chat_), "bob@example.com"))));
      return done{};
    }));
    expect_clean(*it_);
  }

  repair_report repair() {
    auto outcome = it_.repair();
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.failure().message);
    EXPECT_TRUE(it_.open());
    return outcome ? *std::move(outcome) : repair_report{};
  }
  /// Everything but how the type index is cut into lists, which is checked by its order.
  std::map<std::string, std::string> comparable() {
    auto all = dump();
    std::erase_if(all, [](const auto& x) { return x.first.starts_with('t'); });
    for (const auto* type : {"Person", "ChatMessage", "Signature", "VersionNodeEdge", "VersionNodeChange"}) {
      std::string names;
      for (const auto& name : it_->read()->objects_of_type(type, 1000).names)
        names += name.hex();
      all[std::string{"names of "} + type] = names;
    }
    return all;
  }
  /// All that can be read by its name.
  std::map<hash, std::string> readable() {
    std::map<hash, std::string> found;
    for (const auto& x : it_->read()->changes(0, 1000))
      if (auto name = x.kind == change_kind::id_object ? x.id : x.name; auto bytes = it_->read()->read(name))
        found.emplace(name, *bytes);
    return found;
  }
  /// Others bring again what is wanted of `texts`.
  void bring(const std::map<hash, std::string>& texts) {
    auto wanted = it_->read()->wanted(100);
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      for (const auto& name : wanted)
        if (auto text = texts.find(name); text == texts.end())
          ADD_FAILURE() << "nobody has " << name.hex();
        else if (protocol::classify(text->second).kind <= protocol::content_kind::id_object)
          LAMA_CHECK(to.put(text->second));
        else
          LAMA_CHECK(to.put_blob(text->second));
      return done{};
    }));
    EXPECT_EQ(it_->lost_count(), 0u);
    expect_clean(*it_);
  }
  /// What others have: what is here, and what was evicted.
  std::map<hash, std::string> held_by_others() {
    auto all = readable();
    for (const auto& text : {chat_text("evicted"), signature_text(sha256(chat_), "bob@example.com")})
      all.emplace(sha256(text), text);
    return all;
  }
  std::string table_name() {
    auto names = it_.disk.names();
    return *std::ranges::find_if(names, [](const std::string& x) { return x.ends_with(".ldb"); });
  }
  void expect_same_after_repair(const std::map<std::string, std::string>& before) {
    auto report = repair();
    EXPECT_EQ(report.after.problem_count, 0u) << (report.after.problems.empty() ? "" : report.after.problems.front());
    auto after = comparable();
    for (const auto& [key, value] : before)
      EXPECT_EQ(after.contains(key) ? to_hex(after[key]) : "nothing", to_hex(value)) << key.front() << ' ' << to_hex(key);
    EXPECT_EQ(after.size(), before.size());
  }

  counted_random random_;
};

TEST_F(repair_test, a_sound_store_comes_out_as_it_was) {
  expect_same_after_repair(comparable());
}

TEST_F(repair_test, what_follows_from_the_objects_is_made_anew) {
  auto before = comparable();
  auto signature = number_of("Signature");
  // Each kind of key that is derived, one or all of it; and superfluous ones.
  std::vector<std::function<void(leveldb::DB&)>> damages;
  // Marks of history as far as nodes name their predecessors; that an edge from outside joined it, only its mark tells.
  auto history_of_bob = std::string{"v"}.append(person_id("bob@example.com").raw());
  for (const auto& prefix : {std::string{"i"}, std::string{"t"}, std::string{"h"}, history_of_bob})
    damages.push_back([prefix](leveldb::DB& db) {
      std::unique_ptr<leveldb::Iterator> i{db.NewIterator({})};
      for (i->Seek(prefix); i->Valid() && i->key().starts_with(prefix); i->Next())
        db.Delete({}, i->key());
    });
  damages.push_back([&](leveldb::DB& db) { db.Delete({}, std::string{std::string_view{keys::totals}}); });
  damages.push_back([&](leveldb::DB& db) { db.Put({}, std::string{std::string_view{keys::referrer(id_, signature, 100)}}, std::string{sha256(chat_).raw()}); });
  damages.push_back([&](leveldb::DB& db) { db.Put({}, std::string{std::string_view{keys::names_of_type(signature, 900)}}, std::string{sha256("x").raw()}); });
  damages.push_back([&](leveldb::DB& db) { db.Put({}, std::string{std::string_view{keys::head(id_)}}, std::string{sha256("nothing").raw()}); });
  damages.push_back([&](leveldb::DB& db) { db.Put({}, std::string{std::string_view{keys::chunk(999, 0)}}, "left over"); });
  int number = 0;
  for (const auto& x : damages) {
    SCOPED_TRACE(number++);
    // Some of these stores cannot be opened as they are.
    it_.close();
    leveldb::Options options;
    options.env = &it_.disk;
    leveldb::DB* db = nullptr;
    ASSERT_TRUE(leveldb::DB::Open(options, "/store", &db).ok());
    x(*db);
    it_.disk.run_background();
    delete db;
    expect_same_after_repair(before);
  }
}

TEST_F(repair_test, names_of_types_are_read_from_the_objects) {
  auto before = comparable();
  it_.close();
  leveldb::Options options;
  options.env = &it_.disk;
  leveldb::DB* db = nullptr;
  ASSERT_TRUE(leveldb::DB::Open(options, "/store", &db).ok());
  ASSERT_TRUE(db->Delete({}, std::string{std::string_view{keys::type_name(1)}}).ok());
  ASSERT_TRUE(db->Delete({}, std::string{std::string_view{keys::type_name(2)}}).ok());
  delete db;
  EXPECT_FALSE(it_.open());
  expect_same_after_repair(before);
}

TEST_F(repair_test, a_missing_id_object_is_made_from_a_version) {
  auto before = comparable();
  change_value(keys::object(id_), [](std::string& x) { x.back() ^= 1; });
  expect_same_after_repair(before);
  remove(keys::object(id_));
  expect_same_after_repair(before);
}

TEST_F(repair_test, lost_lines_of_the_log_are_made_anew_and_heads_are_told_again) {
  auto last = it_->last_sequence();
  auto id_before = it_->read()->note("sync/store");
  remove(keys::log(1));
  auto report = repair();
  EXPECT_EQ(report.after.problem_count, 0u) << report.after.problems.front();
  auto lines = it_->read()->changes(0, 1000);
  ASSERT_EQ(lines.size(), it_->last_sequence());
  EXPECT_EQ(lines.size(), last + 2); // two heads
  EXPECT_EQ(lines[last].kind, change_kind::head);
  EXPECT_NE(it_->read()->note("sync/store"), id_before);
}

TEST_F(repair_test, the_end_of_the_log_may_be_missing) {
  put_all(*it_, {license_text("last")});
  remove(keys::log(it_->last_sequence()));
  auto report = repair();
  EXPECT_EQ(report.after.problem_count, 0u) << report.after.problems.front();
  EXPECT_EQ(it_->read()->changes(0, 1000).size(), it_->last_sequence());
}

TEST_F(repair_test, what_is_damaged_is_put_into_quarantine_and_heals_when_it_is_stored_again) {
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    to.set_note("sync/position/" + id_.hex(), "12 there");
    return done{};
  }));
  auto id_before = it_->read()->note("sync/store");
  auto before = comparable();
  change_value(keys::object(sha256(chat_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  change_value(keys::chunk(1, 2), [](std::string& x) { x[1000] ^= 1; });
  auto report = repair();
  EXPECT_EQ(report.after.lost, 2u);
  EXPECT_EQ(report.after.problem_count, 2u);
  EXPECT_EQ(it_->lost_count(), 2u);
  EXPECT_EQ(report.kept, "");
  auto view = it_->read();
  auto wanted = view->wanted(10);
  EXPECT_EQ(wanted, (std::vector{std::min(sha256(chat_), sha256(large_)), std::max(sha256(chat_), sha256(large_))}));
  EXPECT_EQ(view->wanted(10, wanted.front()), std::vector{wanted.back()});
  for (const auto& name : wanted) {
    EXPECT_FALSE(view->contains(name));
    EXPECT_FALSE(view->elsewhere(name));
    EXPECT_FALSE(view->read(name));
  }
  EXPECT_FALSE(view->trouble());
  // Everybody offers again what they have.
  EXPECT_NE(view->note("sync/store"), id_before);
  EXPECT_FALSE(view->note("sync/position/" + id_.hex()));
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    LAMA_TRY(put, to.put(chat_));
    EXPECT_TRUE(put.is_new);
    LAMA_CHECK(to.put_blob(large_));
    return done{};
  }));
  EXPECT_TRUE(it_->read()->wanted(10).empty());
  EXPECT_EQ(it_->lost_count(), 0u);
  EXPECT_EQ(it_->read()->read(sha256(large_)), large_);
  expect_clean(*it_);
}

TEST_F(repair_test, what_the_log_tells_of_and_is_nowhere_is_wanted) {
  remove(keys::object(sha256(chat_)));
  auto report = repair();
  EXPECT_EQ(report.after.lost, 1u);
  EXPECT_EQ(report.after.problem_count, 1u);
  EXPECT_EQ(it_->read()->wanted(10), std::vector{sha256(chat_)});
  put_all(*it_, {chat_});
  expect_clean(*it_);
}

TEST_F(repair_test, what_is_referred_to_and_never_was_here_is_wanted) {
  put_all(*it_, {descriptor_text(sha256("never came"))});
  auto report = repair();
  EXPECT_EQ(report.after.problem_count, 1u);
  EXPECT_EQ(it_->read()->wanted(10), std::vector{sha256("never came")});
}

TEST_F(repair_test, a_store_that_lost_its_manifest_is_found_again) {
  auto before = comparable();
  for (const auto* lost : {"CURRENT", "MANIFEST"}) {
    it_.close();
    for (const auto& name : it_.disk.names())
      if (name.find(lost) != std::string::npos && name.find('/', 7) == std::string::npos) {
        ASSERT_TRUE(it_.disk.RemoveFile(name).ok());
      }
    EXPECT_FALSE(it_.open());
    auto report = repair();
    EXPECT_EQ(report.after.problem_count, 0u) << report.after.problems.front();
    EXPECT_FALSE(report.kept.empty());
    EXPECT_EQ(comparable(), before);
  }
}

TEST_F(repair_test, a_flipped_bit_in_a_file_is_found_named_and_never_served) {
  it_.close();
  ASSERT_TRUE(it_.open()); // what stood in the log now stands in a table
  auto sound = readable();
  auto others = held_by_others();
  ASSERT_GT(sound.size(), 15u);
  it_.close();
  auto saved = it_.disk.save();
  auto table = table_name();
  int lost = 0;
  for (uint64_t bit = 0; bit < 210'000ull * 8; bit += 39'989) {
    SCOPED_TRACE(bit);
    it_.disk.restore(saved);
    ASSERT_TRUE(it_.disk.flip_bit(table, bit));
    if (it_.open())
      for (const auto& [name, bytes] : sound) {
        auto view = it_->read();
        auto found = view->read(name);
        // A read that fails says so, and by name or as damage of the file; no other bytes are ever answered.
        ASSERT_TRUE(found ? *found == bytes : view->trouble().has_value()) << name.hex();
      }
    auto report = repair();
    ASSERT_TRUE(it_);
    auto wanted = it_->read()->wanted(100);
    lost += !wanted.empty();
    EXPECT_EQ(report.after.problem_count, wanted.size()) << (report.after.problems.empty() ? "" : report.after.problems.front());
    for (const auto& [name, bytes] : sound)
      EXPECT_EQ(it_->read()->read(name), std::ranges::find(wanted, name) == wanted.end() ? std::optional{bytes} : std::nullopt);
    bring(others);
    it_.close();
    if (HasFailure())
      return;
  }
  EXPECT_GT(lost, 10);
}

/// Finer: also where a block held the objects and all that named them.
TEST_F(repair_test, what_a_flipped_bit_loses_is_wanted_or_its_file_is_kept) {
  it_.close();
  ASSERT_TRUE(it_.open());
  auto sound = readable();
  auto others = held_by_others();
  it_.close();
  auto saved = it_.disk.save();
  auto table = table_name();
  uint64_t size = 0;
  ASSERT_TRUE(it_.disk.GetFileSize(table, &size).ok());
  std::size_t flipped = 0;
  std::size_t unnamed = 0;
  std::vector<uint64_t> bits{203'168ull * 8}; // in the block of the type names and all that stands beside them
  for (uint64_t bit = 0; bit < size * 8; bit += 1'999)
    bits.push_back(bit);
  for (auto bit : bits) {
    ++flipped;
    SCOPED_TRACE(bit);
    it_.disk.restore(saved);
    ASSERT_TRUE(it_.disk.flip_bit(table, bit));
    auto report = repair();
    ASSERT_TRUE(it_);
    auto wanted = it_->read()->wanted(100);
    bool all_named = true;
    for (const auto& [name, bytes] : sound) {
      auto found = it_->read()->read(name);
      EXPECT_TRUE(!found || *found == bytes) << name.hex();
      all_named = all_named && (found || std::ranges::find(wanted, name) != wanted.end());
    }
    EXPECT_TRUE(all_named || !report.kept.empty());
    unnamed += !all_named;
    EXPECT_EQ(report.after.problem_count, wanted.size()) << (report.after.problems.empty() ? "" : report.after.problems.front());
    bring(others);
    it_.close();
    if (HasFailure())
      return;
  }
  EXPECT_GT(flipped, 500u);
  EXPECT_LT(unnamed, flipped / 50); // one block of them all
}

TEST_F(repair_test, a_type_whose_name_is_lost_with_all_its_texts_is_known_again_when_they_come_back) {
  auto others = held_by_others();
  it_.close();
  leveldb::Options options;
  options.env = &it_.disk;
  leveldb::DB* db = nullptr;
  ASSERT_TRUE(leveldb::DB::Open(options, "/store", &db).ok());
  for (uint16_t type = 1; type < 100; ++type)
    ASSERT_TRUE(db->Delete({}, std::string{std::string_view{keys::type_name(type)}}).ok());
  ASSERT_TRUE(db->Delete({}, std::string{std::string_view{keys::object(sha256(chat_))}}).ok());
  delete db;
  auto report = repair();
  EXPECT_EQ(report.after.problem_count, 1u);
  EXPECT_EQ(it_->read()->wanted(10), std::vector{sha256(chat_)});
  // A type that comes next does not take the place of the lost one.
  put_all(*it_, {license_text("new")});
  EXPECT_EQ(it_->read()->objects_of_type("License", 10).names, std::vector{sha256(license_text("new"))});
  for (const auto& x : it_->read()->changes(0, 1000))
    if (x.name == sha256(chat_)) {
      EXPECT_NE(x.type, "License");
    }
  bring(others);
  put_all(*it_, {chat_text("evicted")});
  EXPECT_EQ(it_->read()->objects_of_type("ChatMessage", 10).names, (std::vector{sha256(chat_), sha256(chat_text("evicted"))}));
  expect_clean(*it_);
}

TEST_F(repair_test, a_newer_store_and_a_foreign_one_are_left_alone) {
  damage([](leveldb::DB& db) { db.Put({}, std::string{keys::schema}, std::to_string(schema_version)); });
  it_.close();
  leveldb::Options options;
  options.env = &it_.disk;
  leveldb::DB* db = nullptr;
  ASSERT_TRUE(leveldb::DB::Open(options, "/store", &db).ok());
  ASSERT_TRUE(db->Put({}, std::string{keys::schema}, std::to_string(schema_version + 1)).ok());
  delete db;
  auto refused = it_.repair();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::unsupported);
}

TEST_F(repair_test, an_open_store_is_refused) {
  counted_random random;
  auto refused = storage::repair("/store", it_.options(), random);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, errc::locked);
  EXPECT_TRUE(it_->read()->contains(sha256(chat_)));
  put_all(*it_, {license_text("goes on")});
}

TEST_F(repair_test, whatever_write_fails_the_store_is_the_former_or_the_repaired_one) {
  auto before = comparable();
  auto number = std::string{std::string_view{keys::names_of_type(number_of("ChatMessage"))}};
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("failure at write " + std::to_string(n));
    it_.disk.tear_failed_appends(n % 53);
    it_.disk.fail_after(n);
    auto outcome = it_.repair();
    auto reached = it_.disk.failing();
    it_.disk.run_background();
    it_.disk.crash(n % 97);
    ASSERT_TRUE(it_.open());
    ASSERT_EQ(comparable(), before);
    expect_clean(*it_);
    if (HasFailure())
      return;
    if (!reached) {
      EXPECT_TRUE(outcome);
      EXPECT_GT(n, 20u);
      return;
    }
    ASSERT_LT(n, 1000u);
  }
}

} // namespace
} // namespace lama::storage::testing
