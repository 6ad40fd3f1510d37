#include "storage/compaction_gate.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

/// The gate alone, with an environment that keeps the work until it is told to do it, and a database that only answers how large it is.
namespace lama::storage {
namespace {

class patient_env final : public leveldb::EnvWrapper {
public:
  patient_env() : EnvWrapper(leveldb::Env::Default()) {
    // nop
  }
  void Schedule(void (*work)(void*), void* with) override {
    waiting_.emplace_back(work, with);
  }
  leveldb::Status NewWritableFile(const std::string&, leveldb::WritableFile**) override {
    return leveldb::Status::OK();
  }
  void do_all() {
    while (!waiting_.empty()) {
      auto [work, with] = waiting_.front();
      waiting_.pop_front();
      work(with);
    }
  }

private:
  std::deque<std::pair<void (*)(void*), void*>> waiting_;
};

class sized_database final : public leveldb::DB {
public:
  std::string levels;

  bool GetProperty(const leveldb::Slice&, std::string* value) override {
    *value = "                               Compactions\nLevel  Files Size(MB) Time(sec) Read(MB) Write(MB)\n"
             "--------------------------------------------------\n" +
             levels;
    return true;
  }
  leveldb::Status Put(const leveldb::WriteOptions&, const leveldb::Slice&, const leveldb::Slice&) override {
    return {};
  }
  leveldb::Status Delete(const leveldb::WriteOptions&, const leveldb::Slice&) override {
    return {};
  }
  leveldb::Status Write(const leveldb::WriteOptions&, leveldb::WriteBatch*) override {
    return {};
  }
  leveldb::Status Get(const leveldb::ReadOptions&, const leveldb::Slice&, std::string*) override {
    return {};
  }
  leveldb::Iterator* NewIterator(const leveldb::ReadOptions&) override {
    return nullptr;
  }
  const leveldb::Snapshot* GetSnapshot() override {
    return nullptr;
  }
  void ReleaseSnapshot(const leveldb::Snapshot*) override {
    // nop
  }
  void GetApproximateSizes(const leveldb::Range*, int, uint64_t*) override {
    // nop
  }
  void CompactRange(const leveldb::Slice*, const leveldb::Slice*) override {
    // nop
  }
};

class compaction_gate_test : public testing::Test {
protected:
  void schedule() {
    gate_.Schedule([](void* count) { ++*static_cast<int*>(count); }, &done_);
  }
  void begin_log() {
    leveldb::WritableFile* none = nullptr;
    gate_.NewWritableFile("/store/000012.log", &none);
  }

  patient_env env_;
  sized_database database_;
  compaction_gate gate_{env_};
  int done_ = 0;
};

TEST_F(compaction_gate_test, holds_what_nothing_written_asks_for) {
  database_.levels = "  0        3       24        0        0       24\n  1        5        9        0        0        9\n";
  gate_.watch(database_);
  schedule();
  env_.do_all();
  EXPECT_EQ(done_, 0);
}

TEST_F(compaction_gate_test, lets_work_through_while_the_database_is_being_opened) {
  schedule();
  env_.do_all();
  EXPECT_EQ(done_, 1);
}

TEST_F(compaction_gate_test, lets_work_through_where_a_level_is_over_its_size) {
  gate_.watch(database_);
  for (const auto* levels : {"  0        4       32        0        0       32\n", "  1        5       10        0        0        9\n",
                             "  0        1        8        0        0        8\n  2       50      100        0        0        9\n"}) {
    database_.levels = levels;
    auto before = done_;
    schedule();
    env_.do_all();
    EXPECT_EQ(done_, before + 1) << levels;
  }
}

TEST_F(compaction_gate_test, a_full_buffer_lets_what_was_held_through_once) {
  gate_.watch(database_);
  schedule();
  env_.do_all();
  begin_log();
  env_.do_all();
  EXPECT_EQ(done_, 1);
  schedule();
  env_.do_all();
  EXPECT_EQ(done_, 1) << "the buffer was written";
}

TEST_F(compaction_gate_test, a_buffer_that_fills_while_work_waits_or_is_done_is_not_forgotten) {
  gate_.watch(database_);
  schedule();
  begin_log(); // before anybody looked
  env_.do_all();
  EXPECT_EQ(done_, 1);
  begin_log(); // while LevelDB worked; it schedules the next when that is done
  schedule();
  env_.do_all();
  EXPECT_EQ(done_, 2);
}

TEST_F(compaction_gate_test, closing_lets_everything_through) {
  gate_.watch(database_);
  schedule();
  env_.do_all();
  gate_.open();
  env_.do_all();
  EXPECT_EQ(done_, 1);
  schedule();
  env_.do_all();
  EXPECT_EQ(done_, 2);
}

} // namespace
} // namespace lama::storage
