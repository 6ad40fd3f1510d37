#include "storage/mapped_tables.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

namespace lama::storage {

namespace {

/// As LevelDB's own: the kernel limits the mappings of a process (65,530), and other parts need some.
constexpr std::size_t most_mapped = 1000;

class mapped_table;

struct registry {
  std::mutex mutex;
  std::set<const mapped_table*> tables;
};

registry& all_mapped() {
  static auto* x = new registry; // never destroyed: LevelDB's thread may close a table until the very end
  return *x;
}

class mapped_table final : public leveldb::RandomAccessFile {
public:
  mapped_table(std::string name, char* begin, std::size_t size) : name_(std::move(name)), begin_(begin), size_(size) {
    std::lock_guard guard{all_mapped().mutex};
    all_mapped().tables.insert(this);
  }
  ~mapped_table() override {
    {
      std::lock_guard guard{all_mapped().mutex};
      all_mapped().tables.erase(this);
    }
    ::munmap(begin_, size_);
  }

  leveldb::Status Read(uint64_t offset, std::size_t count, leveldb::Slice* result, char*) const override {
    if (offset > size_ || count > size_ - offset) {
      *result = {};
      return leveldb::Status::IOError(name_, std::strerror(EINVAL));
    }
    *result = {begin_ + offset, count};
    return leveldb::Status::OK();
  }
  void release_pages() const {
    ::madvise(begin_, size_, MADV_DONTNEED); // a shared mapping of a file that is never written: nothing is lost
  }

private:
  const std::string name_;
  char* const begin_;
  const std::size_t size_;
};

} // namespace

leveldb::Status open_mapped(leveldb::Env& base, const std::string& name, leveldb::RandomAccessFile** made) {
  {
    std::lock_guard guard{all_mapped().mutex};
    if (all_mapped().tables.size() >= most_mapped)
      return base.NewRandomAccessFile(name, made);
  }
  *made = nullptr;
  auto descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errno == ENOENT ? leveldb::Status::NotFound(name, std::strerror(errno)) : leveldb::Status::IOError(name, std::strerror(errno));
  struct stat about {};
  auto* begin = MAP_FAILED;
  if (::fstat(descriptor, &about) == 0 && about.st_size > 0)
    begin = ::mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (begin == MAP_FAILED)
    return base.NewRandomAccessFile(name, made);
  *made = new mapped_table{name, static_cast<char*>(begin), static_cast<std::size_t>(about.st_size)};
  return leveldb::Status::OK();
}

void release_mapped_pages() {
  std::lock_guard guard{all_mapped().mutex};
  for (const auto* table : all_mapped().tables)
    table->release_pages();
}

} // namespace lama::storage
