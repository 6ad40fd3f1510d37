#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lama::simulator {

/// A disk in memory. Bytes are safe once synced; at a crash the rest is lost, or torn somewhere in the middle.
///
/// Simplification: creating, renaming and removing a file is safe at once. LevelDB syncs the directory after each new MANIFEST.
class env final : public leveldb::Env {
public:
  struct file {
    std::string bytes;
    std::size_t synced = 0;
  };

  // -- for the simulator ------------------------------------------------------

  /// Does what LevelDB scheduled, and what that schedules, until nothing is left. Call before every write and before closing.
  void run_background();

  /// From the `count`-th append, sync, creation, renaming or removal on, every one fails (1 = the next).
  void fail_after(uint64_t count);
  /// The `count`-th write from now on fails, and only that.
  void fail_once(uint64_t count);
  /// The `count`-th opening for reading, or read, from now on fails, and only that.
  void fail_read_once(uint64_t count);
  bool read_failed() const {
    return reads_ >= fail_read_at_;
  }
  /// Every write of this kind fails: "append", "sync"; empty for none.
  void fail_kind(std::string_view kind);
  /// An append that fails leaves up to `kept` of its bytes in the file, as a real one may.
  void tear_failed_appends(std::size_t kept);
  /// From now on there is room for `free` more bytes; an append beyond fails with "No space left on device".
  void fill_up(uint64_t free);
  /// The same at the `count`-th write from now on, if it is an append, and at every append after it.
  void full_after(uint64_t count);
  /// Ends all of the above.
  void heal();
  /// Damages what is stored: bit `bit` of the file, counted modulo its length. False where there is no such file, or an empty one.
  bool flip_bit(const std::string& name, uint64_t bit);
  /// All files as they stand, to go back to; they must be closed.
  std::map<std::string, file> save() const;
  void restore(const std::map<std::string, file>& saved);
  std::vector<std::string> names() const;
  /// Bytes in all files.
  uint64_t used() const;

  /// Drops what was not synced, but for a torn piece of at most `torn` bytes a file. All files must be closed (delete the DB first).
  void crash(std::size_t torn);

  uint64_t writes() const {
    return writes_;
  }
  /// Was the write reached that is to fail?
  bool failing() const {
    return writes_ >= fail_at_ || writes_ >= fail_once_at_ || writes_ >= full_at_;
  }
  /// FNV-1a over all names and bytes.
  uint64_t digest() const;

  // -- leveldb::Env -----------------------------------------------------------

  leveldb::Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** result) override;
  leveldb::Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** result) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override;
  leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** result) override;
  bool FileExists(const std::string& name) override;
  leveldb::Status GetChildren(const std::string& dir, std::vector<std::string>* result) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string& name) override;
  leveldb::Status RemoveDir(const std::string& name) override;
  leveldb::Status GetFileSize(const std::string& name, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*work)(void*), void* arg) override;
  void StartThread(void (*work)(void*), void* arg) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override;
  uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

private:
  friend class writable;
  friend class readable;

  struct job {
    void (*work)(void*);
    void* arg;
  };

  leveldb::Status may_write(const std::string& what);
  leveldb::Status may_read();
  leveldb::Status may_append(std::size_t size);

  std::map<std::string, std::shared_ptr<file>> files_;
  std::deque<job> background_;
  std::set<std::string> locked_;
  uint64_t writes_ = 0;
  uint64_t fail_at_ = UINT64_MAX;
  uint64_t fail_once_at_ = UINT64_MAX;
  uint64_t full_at_ = UINT64_MAX;
  uint64_t reads_ = 0;
  uint64_t fail_read_at_ = UINT64_MAX;
  std::string failing_kind_;
  std::size_t torn_ = 0;
  uint64_t capacity_ = UINT64_MAX;
  uint64_t micros_ = 0; ///< a real simulator hands in its virtual clock
};

} // namespace lama::simulator
