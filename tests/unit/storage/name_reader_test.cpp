#include "storage/name_reader.hpp"

#include "protocol/hash.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"
#include <leveldb/helpers/memenv.h>

#include <gtest/gtest.h>

#include <deque>
#include <memory>

namespace lama::storage {
namespace {

/// What is scheduled waits until it is told to go on.
class stepping_env final : public leveldb::EnvWrapper {
public:
  explicit stepping_env(leveldb::Env& base) : EnvWrapper(&base) {
    // nop
  }
  void Schedule(void (*work)(void*), void* with) override {
    waiting_.emplace_back(work, with);
  }
  bool step() {
    if (waiting_.empty())
      return false;
    auto [work, with] = waiting_.front();
    waiting_.pop_front();
    work(with);
    return true;
  }

private:
  std::deque<std::pair<void (*)(void*), void*>> waiting_;
};

class name_reader_test : public testing::Test {
protected:
  static constexpr int stored = 25'000; // three pieces

  void SetUp() override {
    leveldb::Options options;
    options.create_if_missing = true;
    options.env = &memory_;
    leveldb::DB* opened = nullptr;
    ASSERT_TRUE(leveldb::DB::Open(options, "/store", &opened).ok());
    database_.reset(opened);
    leveldb::WriteBatch batch;
    for (int i = 0; i < stored; ++i)
      batch.Put(slice(object(i)), "x");
    batch.Put(slice(keys::note("user")), "anna");
    ASSERT_TRUE(database_->Write({}, &batch).ok());
  }

  static key object(int i) {
    return keys::object(sha256(std::to_string(i)));
  }
  void expect_all_known() {
    for (int i = 0; i < stored; ++i)
      ASSERT_TRUE(filter_.may_hold(object(i))) << i;
    int in_vain = 0;
    for (int i = stored; i < 2 * stored; ++i)
      in_vain += filter_.may_hold(object(i));
    EXPECT_LT(in_vain, stored / 20);
  }

  std::unique_ptr<leveldb::Env> held_{leveldb::NewMemEnv(leveldb::Env::Default())};
  stepping_env memory_{*held_};
  std::unique_ptr<leveldb::DB> database_;
  name_filter filter_;
};

TEST_F(name_reader_test, denies_nothing_before_it_has_read_all) {
  auto reader = name_reader::start(*database_, memory_, filter_, false);
  while (memory_.step())
    if (!filter_.may_hold(object(stored)))
      break;
  expect_all_known();
  reader->stop();
}

TEST_F(name_reader_test, reads_all_at_once_where_there_is_no_background) {
  name_reader::start(*database_, memory_, filter_, true);
  EXPECT_FALSE(memory_.step());
  expect_all_known();
}

TEST_F(name_reader_test, reads_what_was_there_at_the_start_though_it_was_deleted_since) {
  auto reader = name_reader::start(*database_, memory_, filter_, false);
  ASSERT_TRUE(database_->Delete({}, slice(object(1))).ok());
  while (memory_.step())
    ;
  EXPECT_TRUE(filter_.may_hold(object(1))) << "a snapshot from before may still show it";
}

TEST_F(name_reader_test, stops_on_the_way_when_the_database_is_closed) {
  auto reader = name_reader::start(*database_, memory_, filter_, false);
  ASSERT_TRUE(memory_.step());
  reader->stop();
  database_.reset();
  while (memory_.step())
    ;
  EXPECT_TRUE(filter_.may_hold(object(stored))) << "it never got to know all";
}

} // namespace
} // namespace lama::storage
