#include "storage/value_cache.hpp"

#include "storage/database.hpp"

#include <utility>

namespace lama::storage {

namespace {

/// Beyond it the value would push out many others.
constexpr std::size_t most_value_bytes = 8u << 10;
/// A write of more than this is an import, whose objects are not asked for soon.
constexpr std::size_t most_batch_bytes = 128u << 10;
/// What an entry costs beside its key and value, roughly.
constexpr std::size_t entry_overhead = 120;

/// Keys that are looked up one by one (keys.hpp), log lines by who follows the log: the others are scanned, or pieces of blobs.
bool is_looked_up(std::string_view key) {
  return !key.empty() && std::string_view{"ohvnml"}.find(key[0]) != std::string_view::npos;
}

} // namespace

class value_cache::batch_reader final : public leveldb::WriteBatch::Handler {
public:
  explicit batch_reader(value_cache& into) : into_{into} {
    // nop
  }
  void Put(const leveldb::Slice& key, const leveldb::Slice& value) override {
    if (!is_looked_up(view_of(key)))
      return;
    if (value.size() <= most_value_bytes)
      into_.put(view_of(key), value.ToString(), into_.version_);
    else
      into_.erase(view_of(key));
  }
  void Delete(const leveldb::Slice& key) override {
    if (is_looked_up(view_of(key)))
      into_.put(view_of(key), std::nullopt, into_.version_);
  }

private:
  value_cache& into_;
};

value_cache::value_cache(std::size_t bytes) : most_bytes_{bytes} {
  // nop
}

value_cache::version value_cache::now() const {
  std::lock_guard guard{mutex_};
  return writing_ ? 0 : version_;
}

void value_cache::begin_write() {
  std::lock_guard guard{mutex_};
  writing_ = true;
}

void value_cache::end_write(const leveldb::WriteBatch& batch) {
  std::lock_guard guard{mutex_};
  ++version_;
  writing_ = false;
  if (batch.ApproximateSize() > most_batch_bytes)
    return clear();
  batch_reader reader{*this};
  if (!batch.Iterate(&reader).ok())
    clear();
}

void value_cache::forget_all() {
  std::lock_guard guard{mutex_};
  ++version_;
  writing_ = false;
  clear();
}

std::optional<std::optional<std::string>> value_cache::find(std::string_view key, version at) {
  std::lock_guard guard{mutex_};
  if (auto i = young_.find(key); i != young_.end()) {
    if (i->second.since > at)
      return std::nullopt;
    return std::make_optional(i->second.value);
  }
  auto i = old_.find(key);
  if (i == old_.end() || i->second.since > at)
    return std::nullopt;
  auto found = std::move(i->second);
  old_.erase(i);
  put(key, found.value, found.since);
  return std::make_optional(std::move(found.value));
}

void value_cache::offer(std::string_view key, const std::optional<std::string>& value, version at) {
  if (!is_looked_up(key) || (value && value->size() > most_value_bytes))
    return;
  std::lock_guard guard{mutex_};
  if (!writing_ && at == version_)
    put(key, value, at);
}

void value_cache::put(std::string_view key, std::optional<std::string> value, version since) {
  auto bytes = key.size() + (value ? value->size() : 0) + entry_overhead;
  if (young_bytes_ + bytes > most_bytes_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  if (auto outdated = old_.find(key); outdated != old_.end())
    old_.erase(outdated);
  young_bytes_ += bytes; // of what it replaces as well: that only ends the generation sooner
  auto place = young_.find(key);
  if (place == young_.end())
    young_.emplace(key, entry{std::move(value), since});
  else
    place->second = {std::move(value), since};
}

void value_cache::erase(std::string_view key) {
  auto name = std::string{key};
  young_.erase(name);
  old_.erase(name);
}

void value_cache::clear() {
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

} // namespace lama::storage
