#pragma once

#include "storage/keys.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <leveldb/db.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace lama::storage::testing {

/// A store with one of everything, damaged behind its back.
class damaged_store_test : public ::testing::Test {
protected:
  damaged_store_test() {
    EXPECT_TRUE(it_.open());
    put_all(*it_, {alice_, person_text("alice@example.com", "Alice"), chat_, signature_text(sha256(chat_)), descriptor_text(sha256(blob_))});
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.put_blob(blob_));
      LAMA_CHECK(to.put_blob(large_));
      for (const auto& node : {node_, next_node_}) {
        LAMA_CHECK(to.put(node));
        to.set_head(id_, sha256(node), {sha256(node)});
      }
      return done{};
    }));
    expect_clean(*it_);
  }

  /// Opens the database itself.
  void damage(const std::function<void(leveldb::DB&)>& how) {
    it_.close();
    leveldb::Options options;
    options.env = &it_.disk;
    leveldb::DB* db = nullptr;
    ASSERT_TRUE(leveldb::DB::Open(options, "/store", &db).ok());
    how(*db);
    it_.disk.run_background();
    delete db;
    ASSERT_TRUE(it_.open());
  }
  void remove(std::string_view key) {
    damage([&](leveldb::DB& db) {
      std::string value;
      EXPECT_TRUE(db.Get({}, {key.data(), key.size()}, &value).ok()); // else the test removes nothing
      EXPECT_TRUE(db.Delete({}, {key.data(), key.size()}).ok());
    });
  }
  void write(std::string_view key, std::string_view value) {
    damage([&](leveldb::DB& db) { EXPECT_TRUE(db.Put({}, {key.data(), key.size()}, {value.data(), value.size()}).ok()); });
  }
  void change_value(std::string_view key, const std::function<void(std::string&)>& how) {
    damage([&](leveldb::DB& db) {
      std::string value;
      EXPECT_TRUE(db.Get({}, {key.data(), key.size()}, &value).ok());
      how(value);
      EXPECT_TRUE(db.Put({}, {key.data(), key.size()}, value).ok());
    });
  }
  void expect_problem(std::string_view words) {
    auto report = it_->verify();
    auto names_it = [&](const std::string& x) { return x.find(words) != std::string::npos; };
    EXPECT_TRUE(std::ranges::any_of(report.problems, names_it))
        << words << ", of " << report.problem_count << " problems, the first: " << (report.problems.empty() ? "" : report.problems.front());
    EXPECT_EQ(report.problem_count, report.problems.size());
  }
  /// Every key with its value.
  std::map<std::string, std::string> dump() {
    std::map<std::string, std::string> all;
    damage([&](leveldb::DB& db) {
      std::unique_ptr<leveldb::Iterator> i{db.NewIterator({})};
      for (i->SeekToFirst(); i->Valid(); i->Next())
        all.emplace(i->key().ToString(), i->value().ToString());
      EXPECT_TRUE(i->status().ok());
    });
    return all;
  }
  uint16_t number_of(std::string_view type) {
    uint16_t number = 0;
    damage([&](leveldb::DB& db) {
      std::string name;
      while (name != type)
        ASSERT_TRUE(db.Get({}, std::string{std::string_view{keys::type_name(++number)}}, &name).ok());
    });
    return number;
  }

  std::string alice_ = person_text("alice@example.com");
  hash id_ = person_id("alice@example.com");
  std::string chat_ = chat_text("hello");
  std::string blob_ = "abc";
  std::string large_ = noise(200'000);
  std::string node_ = node_text(sha256(alice_), 1000);
  std::string next_node_ = node_text(sha256(person_text("alice@example.com", "Alice")), 2000);
  disk_store it_{4u << 20};
};

} // namespace lama::storage::testing
