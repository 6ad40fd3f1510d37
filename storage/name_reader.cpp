#include "storage/name_reader.hpp"

#include "storage/database.hpp"
#include "storage/mapped_tables.hpp"

#include <array>
#include <utility>
#include <vector>

namespace lama::storage {

namespace {

constexpr std::array<std::string_view, 3> prefixes{"h", "o", "v"};
/// Some ten milliseconds, behind which LevelDB's own work waits.
constexpr std::size_t names_per_piece = 10'000;

} // namespace

name_reader::name_reader(leveldb::DB& from, leveldb::Env& env, name_filter& into) : database_(&from), env_(env), filter_(into), options_(checked_reads()) {
  options_.snapshot = from.GetSnapshot();
  options_.fill_cache = false;
}

std::shared_ptr<name_reader> name_reader::start(leveldb::DB& from, leveldb::Env& env, name_filter& into, bool at_once) {
  std::shared_ptr<name_reader> made{new name_reader{from, env, into}};
  if (!at_once) {
    env.Schedule(run_piece, new std::shared_ptr<name_reader>{made});
    return made;
  }
  while (made->read_piece())
    ;
  made->stop();
  return made;
}

void name_reader::stop() {
  std::lock_guard guard{mutex_};
  position_.reset();
  if (auto* from = std::exchange(database_, nullptr))
    from->ReleaseSnapshot(options_.snapshot);
}

void name_reader::run_piece(void* self) {
  std::unique_ptr<std::shared_ptr<name_reader>> reader{static_cast<std::shared_ptr<name_reader>*>(self)};
  auto& x = **reader;
  std::unique_lock lock{x.mutex_};
  if (!x.database_)
    return;
  auto more = x.read_piece();
  lock.unlock();
  release_mapped_pages();
  more ? x.env_.Schedule(run_piece, reader.release()) : x.stop();
}

bool name_reader::read_piece() {
  if (!read_some_of(prefixes[prefix_]))
    return position_->status().ok(); // a piece is full, unless nothing more can be read
  position_.reset();
  if (++prefix_ < prefixes.size())
    return true;
  filter_.complete();
  return false;
}

bool name_reader::read_some_of(std::string_view prefix) {
  if (!position_) {
    position_.reset(database_->NewIterator(options_));
    position_->Seek(slice(prefix));
  }
  std::vector<uint64_t> found;
  found.reserve(names_per_piece);
  for (; found.size() < names_per_piece && position_->Valid() && position_->key().starts_with(slice(prefix)); position_->Next())
    if (auto key = view_of(position_->key()); name_filter::covers(key))
      found.push_back(name_filter::fingerprint(key));
  filter_.add(found);
  return found.size() < names_per_piece && position_->status().ok();
}

} // namespace lama::storage
