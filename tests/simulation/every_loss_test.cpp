// Every object of a device, and of an archive, is damaged in turn, each in a world of its own: the user gets in, and messages flow again, by themselves or
// after `lama verify --repair`.
#include "protocol/objects/microdata.hpp"
#include "storage/record.hpp"
#include "storage/repair.hpp"
#include "tests/simulation/household.hpp"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

std::string folder_of(actors::side which) {
  return std::string{"/"} + actors::to_string(which) + "/anna";
}

/// The store of a side that is down.
std::unique_ptr<leveldb::DB> open_stopped(side& where, actors::side which) {
  leveldb::Options options;
  options.env = &where.disk();
  leveldb::DB* opened = nullptr;
  EXPECT_TRUE(leveldb::DB::Open(options, folder_of(which), &opened).ok());
  return std::unique_ptr<leveldb::DB>{opened};
}

/// Anna's node with a conversation and a message in it.
struct home {
  explicit home(actors::side damaged) : which{damaged} {
    all.run_for(1s);
    EXPECT_TRUE(anna.sign_up());
    auto made = anna.create_later("notes", {});
    all.run_for(5s);
    EXPECT_TRUE(*made && **made);
    conversation = anna.conversations(anna.sparse).at(0);
    EXPECT_TRUE(anna.send(conversation, "before"));
    all.run_for(10s);
  }

  side& where() {
    return which == actors::side::sparse ? anna.sparse : anna.archive;
  }
  /// Keys of all objects and blobs; stops the side.
  std::vector<std::string> records() {
    where().stop();
    auto database = open_stopped(where(), which);
    std::vector<std::string> found;
    std::unique_ptr<leveldb::Iterator> at{database->NewIterator({})};
    for (at->Seek("o"); at->Valid() && at->key().starts_with("o"); at->Next())
      found.push_back(at->key().ToString());
    return found;
  }
  /// Flips a bit of it while the side is down; answers the type.
  std::string damage(const std::string& key) {
    where().stop();
    auto database = open_stopped(where(), which);
    std::string value;
    EXPECT_TRUE(database->Get({}, key, &value).ok());
    auto record = storage::decode_record(value);
    auto type = record ? std::string{protocol::classify(record->payload()).type} : std::string{};
    value[value.size() / 2] ^= 1;
    leveldb::WriteOptions durable;
    durable.sync = true;
    EXPECT_TRUE(database->Put(durable, key, value).ok());
    where().disk().run_background();
    return type;
  }
  /// Long enough for the scrubber to find it and for whoever has it to give it back.
  bool comes_back() {
    where().restart();
    all.run_for(1s);
    auto in = anna.log_in();
    EXPECT_TRUE(in) << in.failure().message;
    all.run_for(30min);
    return static_cast<bool>(in);
  }
  bool delivers(const std::string& text) {
    if (!anna.send(conversation, text))
      return false;
    all.run_for(5min);
    auto lines = anna.lines(anna.archive, conversation);
    return lines.size() > 1 && lines.front().text == "before" && lines.back().text == text;
  }
  void repair() {
    where().stop();
    storage::store_options options;
    options.env = &where().disk();
    options.before_write = [this] { where().disk().run_background(); };
    seeded_random random{3};
    auto repaired = storage::repair(folder_of(which), options, random);
    EXPECT_TRUE(repaired) << repaired.failure().message;
  }

  actors::side which;
  world all{5};
  household anna{all, "anna", 1};
  std::string conversation;
};

/// What a device alone writes, and never gives to anybody: it is in nobody's hands but a backup's, and `lama reset` makes a device without it.
bool is_the_devices_own(const std::string& type) {
  return type == "Leute" || type == "Someone" || type == "IdAccess";
}

class every_loss_test : public testing::TestWithParam<actors::side> {};

TEST_P(every_loss_test, is_overcome) {
  auto which = GetParam();
  auto records = home{which}.records();
  ASSERT_GT(records.size(), 300u);
  std::size_t by_repair = 0;
  for (const auto& key : records) {
    SCOPED_TRACE(to_hex(key.substr(1)));
    home x{which};
    auto type = x.damage(key);
    if (!x.comes_back() || x.delivers("after"))
      continue;
    ++by_repair;
    x.repair();
    EXPECT_TRUE(x.comes_back() && (x.delivers("after repair") || (which == actors::side::sparse && is_the_devices_own(type)))) << type;
  }
  // Most of them do nothing for messages, or come back from the other side.
  EXPECT_LT(by_repair, 12u);
}

INSTANTIATE_TEST_SUITE_P(of, every_loss_test, testing::Values(actors::side::archive, actors::side::sparse),
                         [](const auto& x) { return std::string{x.param == actors::side::archive ? "the_archive" : "the_device"}; });

} // namespace
} // namespace lama::simulator
