#include "storage/log_env.hpp"

#include "storage/background_thread.hpp"
#include "storage/log_tail.hpp"
#include "storage/mapped_tables.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lama::storage {

namespace {

/// As much as LevelDB itself gathers before it writes.
constexpr std::size_t gathered_bytes = 64u << 10;
/// Room is made in steps of this, for some eighty messages; a larger write makes its own.
constexpr std::size_t room_bytes = 256u << 10;
constexpr std::size_t large_write_bytes = 32u << 10;
constexpr std::size_t sent_ahead_bytes = 128u << 10;

bool is_log(const std::string& name) {
  return name.ends_with(".log");
}

leveldb::Status failure(const std::string& name, int number) {
  return number == ENOENT ? leveldb::Status::NotFound(name, std::strerror(number)) : leveldb::Status::IOError(name, std::strerror(number));
}

/// Gathers small appends, as LevelDB's own does, and writes at the end of what was written.
class os_file : public leveldb::WritableFile {
public:
  os_file(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {
    gathered_.reserve(gathered_bytes);
  }
  ~os_file() override {
    if (descriptor_ >= 0)
      Close();
  }

  leveldb::Status Append(const leveldb::Slice& data) override {
    if (gathered_.size() + data.size() > gathered_bytes)
      if (auto status = Flush(); !status.ok())
        return status;
    if (data.size() > gathered_bytes)
      return write(data.data(), data.size());
    gathered_.append(data.data(), data.size());
    return leveldb::Status::OK();
  }

  leveldb::Status Flush() override {
    auto status = write(gathered_.data(), gathered_.size());
    gathered_.clear();
    return status;
  }

  leveldb::Status Sync() override {
    if (auto status = Flush(); !status.ok())
      return status;
    if (::fdatasync(descriptor_) != 0)
      return failure(name_, errno);
    synced_ = end_;
    return leveldb::Status::OK();
  }

  leveldb::Status Close() override {
    auto status = Flush();
    if (status.ok() && length_ > end_ && ::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0)
      status = failure(name_, errno);
    if (::close(std::exchange(descriptor_, -1)) != 0 && status.ok())
      status = failure(name_, errno);
    return status;
  }

protected:
  /// Once more is in the file than before. What fails here, the next write or sync finds.
  virtual void written() = 0;

  int descriptor() const {
    return descriptor_;
  }

  uint64_t end_ = 0;    ///< of what was written
  uint64_t synced_ = 0; ///< of what is durable
  uint64_t length_ = 0; ///< of the file

private:
  leveldb::Status write(const char* data, std::size_t size) {
    if (size == 0)
      return leveldb::Status::OK();
    while (size > 0) {
      auto count = ::pwrite(descriptor_, data, size, static_cast<off_t>(end_));
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return failure(name_, errno);
      data += count;
      size -= static_cast<std::size_t>(count);
      end_ += static_cast<uint64_t>(count);
    }
    written();
    length_ = std::max(length_, end_);
    return leveldb::Status::OK();
  }

  const std::string name_;
  int descriptor_;
  std::string gathered_;
};

class log_file final : public os_file {
public:
  using os_file::os_file;

private:
  /// Real zeros: room that is only promised costs as much as none when it is written. A full disk is left for the next write to find.
  void written() override {
    static const std::string zeros(room_bytes, '\0');
    if (end_ <= length_ || end_ - synced_ > large_write_bytes)
      return;
    auto count = ::pwrite(descriptor(), zeros.data(), room_bytes, static_cast<off_t>(end_));
    if (count > 0)
      length_ = end_ + static_cast<uint64_t>(count);
  }
};

/// A table is sent to the disk as it is written: synced in one piece at its end, its megabytes would keep a message's few bytes waiting.
class table_file final : public os_file {
public:
  using os_file::os_file;

private:
  void written() override {
    if (end_ - sent_ < sent_ahead_bytes)
      return;
    ::sync_file_range(descriptor(), static_cast<off_t>(sent_), static_cast<off_t>(end_ - sent_), SYNC_FILE_RANGE_WRITE);
    sent_ = end_;
  }

  uint64_t sent_ = 0;
};

/// A file's first bytes.
class beginning final : public leveldb::SequentialFile {
public:
  beginning(std::unique_ptr<leveldb::SequentialFile> file, uint64_t length) : file_(std::move(file)), left_(length) {
    // nop
  }
  leveldb::Status Read(std::size_t most, leveldb::Slice* result, char* scratch) override {
    auto status = file_->Read(static_cast<std::size_t>(std::min<uint64_t>(most, left_)), result, scratch);
    left_ -= result->size();
    return status;
  }
  leveldb::Status Skip(uint64_t bytes) override {
    bytes = std::min(bytes, left_);
    left_ -= bytes;
    return file_->Skip(bytes);
  }

private:
  std::unique_ptr<leveldb::SequentialFile> file_;
  uint64_t left_;
};

class os_env final : public log_reading_env {
public:
  os_env() : log_reading_env(*leveldb::Env::Default()) {
    // nop
  }
  void hurry() {
    background_.hurry();
  }
  void Schedule(background_thread::work what, void* with) override {
    background_.add(what, with);
  }
  leveldb::Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** made) override {
    return name.ends_with(".ldb") ? open_mapped(*target(), name, made) : target()->NewRandomAccessFile(name, made);
  }
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** made) override {
    auto is_table = name.ends_with(".ldb");
    if (!is_log(name) && !is_table)
      return target()->NewWritableFile(name, made);
    *made = nullptr;
    auto descriptor = ::open(name.c_str(), O_TRUNC | O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0)
      return failure(name, errno);
    if (is_table) {
      *made = new table_file(name, descriptor);
    } else {
      background_.hurry(); // a new log: the buffer that the last one covered is full
      *made = new log_file(name, descriptor);
    }
    return leveldb::Status::OK();
  }

private:
  background_thread background_;
};

} // namespace

namespace {

os_env& the_env() {
  static auto* env = new os_env; // never destroyed: its thread may be at work until the very end
  return *env;
}

} // namespace

leveldb::Env& log_env() {
  return the_env();
}

void hurry_background_work() {
  the_env().hurry();
}

leveldb::Status log_reading_env::NewSequentialFile(const std::string& name, leveldb::SequentialFile** made) {
  if (!is_log(name))
    return target()->NewSequentialFile(name, made);
  *made = nullptr;
  std::string content;
  if (auto status = leveldb::ReadFileToString(target(), name, &content); !status.ok())
    return status;
  auto length = length_of_log(content);
  if (!length)
    return leveldb::Status::Corruption(name, "the log is damaged before its end");
  leveldb::SequentialFile* opened = nullptr;
  if (auto status = target()->NewSequentialFile(name, &opened); !status.ok())
    return status;
  *made = new beginning{std::unique_ptr<leveldb::SequentialFile>{opened}, *length};
  return leveldb::Status::OK();
}

} // namespace lama::storage
