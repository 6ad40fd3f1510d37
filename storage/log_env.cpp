#include "storage/log_env.hpp"

#include "storage/log_tail.hpp"

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

bool is_log(const std::string& name) {
  return name.ends_with(".log");
}

leveldb::Status failure(const std::string& name, int number) {
  return number == ENOENT ? leveldb::Status::NotFound(name, std::strerror(number)) : leveldb::Status::IOError(name, std::strerror(number));
}

class log_file final : public leveldb::WritableFile {
public:
  log_file(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {
    gathered_.reserve(gathered_bytes);
  }
  ~log_file() override {
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
    if (status.ok() && room_ > end_ && ::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0)
      status = failure(name_, errno);
    if (::close(std::exchange(descriptor_, -1)) != 0 && status.ok())
      status = failure(name_, errno);
    return status;
  }

private:
  leveldb::Status write(const char* data, std::size_t size) {
    while (size > 0) {
      auto written = ::pwrite(descriptor_, data, size, static_cast<off_t>(end_));
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return failure(name_, errno);
      data += written;
      size -= static_cast<std::size_t>(written);
      end_ += static_cast<uint64_t>(written);
    }
    if (end_ > room_) {
      room_ = end_;
      if (end_ - synced_ <= large_write_bytes)
        make_room();
    }
    return leveldb::Status::OK();
  }

  /// Real zeros: room that is only promised costs as much as none when it is written. A full disk is left for the write itself to find.
  void make_room() {
    static const std::string zeros(room_bytes, '\0');
    auto written = ::pwrite(descriptor_, zeros.data(), room_bytes, static_cast<off_t>(room_));
    if (written > 0)
      room_ += static_cast<uint64_t>(written);
  }

  const std::string name_;
  int descriptor_;
  std::string gathered_;
  uint64_t end_ = 0;    ///< of what was written
  uint64_t synced_ = 0; ///< of what is durable
  uint64_t room_ = 0;   ///< the file's size
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
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** made) override {
    if (!is_log(name))
      return target()->NewWritableFile(name, made);
    *made = nullptr;
    auto descriptor = ::open(name.c_str(), O_TRUNC | O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0)
      return failure(name, errno);
    *made = new log_file(name, descriptor);
    return leveldb::Status::OK();
  }
};

} // namespace

leveldb::Env& log_env() {
  static os_env env;
  return env;
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
