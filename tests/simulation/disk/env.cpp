#include "tests/simulation/disk/env.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace lama::simulator {

using leveldb::Slice;
using leveldb::Status;

namespace {

struct held_lock final : leveldb::FileLock {
  explicit held_lock(std::string locked) : name(std::move(locked)) {
    // nop
  }
  std::string name;
};

} // namespace

class readable final : public leveldb::RandomAccessFile, public leveldb::SequentialFile {
public:
  readable(env& owner, std::shared_ptr<env::file> from) : owner_(owner), from_(std::move(from)) {
    // nop
  }

  Status Read(uint64_t offset, std::size_t n, Slice* result, char* scratch) const override {
    if (auto status = owner_.may_read(); !status.ok())
      return status;
    if (offset > from_->bytes.size())
      return Status::IOError("read past the end");
    n = std::min(n, from_->bytes.size() - static_cast<std::size_t>(offset));
    std::memcpy(scratch, from_->bytes.data() + offset, n);
    *result = Slice{scratch, n};
    return Status::OK();
  }

  Status Read(std::size_t n, Slice* result, char* scratch) override {
    auto status = Read(at_, n, result, scratch);
    at_ += status.ok() ? result->size() : 0;
    return status;
  }

  Status Skip(uint64_t n) override {
    at_ = std::min<uint64_t>(at_ + n, from_->bytes.size());
    return Status::OK();
  }

private:
  env& owner_;
  std::shared_ptr<env::file> from_;
  uint64_t at_ = 0;
};

class writable final : public leveldb::WritableFile {
public:
  writable(env& owner, std::shared_ptr<env::file> to) : owner_(owner), to_(std::move(to)) {
    // nop
  }

  Status Append(const Slice& data) override {
    auto status = owner_.may_append(data.size());
    auto kept = status.ok() ? data.size() : std::min(data.size(), owner_.torn_);
    to_->bytes.append(data.data(), kept);
    return status;
  }

  Status Sync() override {
    auto status = owner_.may_write("sync");
    if (status.ok())
      to_->synced = to_->bytes.size();
    return status;
  }

  Status Close() override {
    return Status::OK();
  }

  Status Flush() override {
    return Status::OK();
  }

private:
  env& owner_;
  std::shared_ptr<env::file> to_;
};

void env::run_background() {
  while (!background_.empty()) {
    auto next = background_.front();
    background_.pop_front();
    next.work(next.arg);
  }
}

void env::fail_after(uint64_t count) {
  fail_at_ = writes_ + count;
}

void env::fail_once(uint64_t count) {
  fail_once_at_ = writes_ + count;
}

void env::fail_read_once(uint64_t count) {
  fail_read_at_ = reads_ + count;
}

void env::fail_kind(std::string_view kind) {
  failing_kind_ = kind;
}

void env::tear_failed_appends(std::size_t kept) {
  torn_ = kept;
}

void env::fill_up(uint64_t free) {
  capacity_ = used() + free;
}

void env::full_after(uint64_t count) {
  full_at_ = writes_ + count;
}

void env::heal() {
  fail_at_ = UINT64_MAX;
  fail_once_at_ = UINT64_MAX;
  full_at_ = UINT64_MAX;
  fail_read_at_ = UINT64_MAX;
  failing_kind_.clear();
  torn_ = 0;
  capacity_ = UINT64_MAX;
}

bool env::flip_bit(const std::string& name, uint64_t bit) {
  auto i = files_.find(name);
  if (i == files_.end() || i->second->bytes.empty())
    return false;
  bit %= i->second->bytes.size() * 8;
  i->second->bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
  return true;
}

std::map<std::string, env::file> env::save() const {
  std::map<std::string, file> saved;
  for (const auto& [name, x] : files_)
    saved.emplace(name, *x);
  return saved;
}

void env::restore(const std::map<std::string, file>& saved) {
  files_.clear();
  for (const auto& [name, x] : saved)
    files_[name] = std::make_shared<file>(x);
}

std::vector<std::string> env::names() const {
  std::vector<std::string> all;
  for (const auto& [name, x] : files_)
    all.push_back(name);
  return all;
}

uint64_t env::used() const {
  uint64_t sum = 0;
  for (const auto& [name, x] : files_)
    sum += x->bytes.size();
  return sum;
}

void env::crash(std::size_t torn) {
  assert(background_.empty());
  heal();
  for (auto& [name, x] : files_) {
    x->bytes.resize(std::min(x->bytes.size(), x->synced + torn));
    x->synced = x->bytes.size();
  }
}

uint64_t env::digest() const {
  uint64_t sum = 14695981039346656037u;
  auto mix = [&sum](const std::string& bytes) {
    for (auto c : bytes)
      sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
    sum = (sum ^ bytes.size()) * 1099511628211u;
  };
  for (const auto& [name, x] : files_) {
    mix(name);
    mix(x->bytes);
  }
  return sum;
}

Status env::may_write(const std::string& what) {
  ++writes_;
  auto fails = writes_ >= fail_at_ || writes_ == fail_once_at_ || (!failing_kind_.empty() && what == failing_kind_);
  return fails ? Status::IOError(what, "simulated failure") : Status::OK();
}

Status env::may_read() {
  return ++reads_ == fail_read_at_ ? Status::IOError("read", "simulated failure") : Status::OK();
}

Status env::may_append(std::size_t size) {
  if (auto status = may_write("append"); !status.ok())
    return status;
  // The words of the real one, by which the store tells a full disk from a broken one.
  return writes_ >= full_at_ || size > capacity_ - std::min(capacity_, used()) ? Status::IOError("append", std::generic_category().message(ENOSPC))
                                                                               : Status::OK();
}

Status env::NewSequentialFile(const std::string& name, leveldb::SequentialFile** result) {
  *result = nullptr;
  if (auto status = may_read(); !status.ok())
    return status;
  auto i = files_.find(name);
  if (i == files_.end())
    return Status::NotFound(name);
  *result = new readable{*this, i->second};
  return Status::OK();
}

Status env::NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** result) {
  *result = nullptr;
  if (auto status = may_read(); !status.ok())
    return status;
  auto i = files_.find(name);
  if (i == files_.end())
    return Status::NotFound(name);
  *result = new readable{*this, i->second};
  return Status::OK();
}

Status env::NewWritableFile(const std::string& name, leveldb::WritableFile** result) {
  *result = nullptr;
  if (auto status = may_write(name); !status.ok())
    return status;
  files_[name] = std::make_shared<file>();
  *result = new writable{*this, files_[name]};
  return Status::OK();
}

Status env::NewAppendableFile(const std::string& name, leveldb::WritableFile** result) {
  *result = nullptr;
  auto i = files_.find(name);
  if (i == files_.end())
    return NewWritableFile(name, result);
  *result = new writable{*this, i->second};
  return Status::OK();
}

bool env::FileExists(const std::string& name) {
  return files_.contains(name);
}

Status env::GetChildren(const std::string& dir, std::vector<std::string>* result) {
  result->clear();
  for (const auto& [name, x] : files_)
    if (name.starts_with(dir + '/'))
      result->push_back(name.substr(dir.size() + 1));
  return Status::OK();
}

Status env::RemoveFile(const std::string& name) {
  if (auto status = may_write(name); !status.ok())
    return status;
  return files_.erase(name) == 0 ? Status::NotFound(name) : Status::OK();
}

Status env::CreateDir(const std::string&) {
  return Status::OK();
}

Status env::RemoveDir(const std::string&) {
  return Status::OK();
}

Status env::GetFileSize(const std::string& name, uint64_t* size) {
  auto i = files_.find(name);
  if (i == files_.end())
    return Status::NotFound(name);
  *size = i->second->bytes.size();
  return Status::OK();
}

Status env::RenameFile(const std::string& from, const std::string& to) {
  if (auto status = may_write(from); !status.ok())
    return status;
  auto moved = files_.extract(from);
  if (!moved)
    return Status::NotFound(from);
  files_[to] = std::move(moved.mapped());
  return Status::OK();
}

Status env::LockFile(const std::string& name, leveldb::FileLock** lock) {
  *lock = nullptr;
  if (!locked_.insert(name).second) // as the real one: two databases on the same files would remove each other's
    return Status::IOError("lock " + name, "already held by process");
  *lock = new held_lock{name};
  return Status::OK();
}

Status env::UnlockFile(leveldb::FileLock* lock) {
  locked_.erase(static_cast<held_lock*>(lock)->name);
  delete lock;
  return Status::OK();
}

void env::Schedule(void (*work)(void*), void* arg) {
  // Not at once: LevelDB holds its mutex here, and the work takes it.
  background_.push_back({work, arg});
}

void env::StartThread(void (*work)(void*), void* arg) {
  Schedule(work, arg);
}

Status env::GetTestDirectory(std::string* path) {
  *path = "/test";
  return Status::OK();
}

Status env::NewLogger(const std::string& name, leveldb::Logger** result) {
  *result = nullptr; // LevelDB does without a log
  return Status::NotSupported(name);
}

uint64_t env::NowMicros() {
  return ++micros_;
}

void env::SleepForMicroseconds(int micros) {
  // LevelDB slows a writer down here, without its mutex: the time for the background to catch up.
  micros_ += static_cast<uint64_t>(micros);
  run_background();
}

} // namespace lama::simulator
