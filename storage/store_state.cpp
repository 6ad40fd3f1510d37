#include "protocol/limits.hpp"
#include "storage/migrate.hpp"
#include "storage/states.hpp"

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

/// Keys that one write deletes at most, where there may be many.
constexpr std::size_t deletions_per_write = 1000;

std::optional<std::string> stored(database& from, std::string_view key, leveldb::Status& status) {
  std::string value;
  auto got = from.db().Get(checked_reads(), slice(key), &value);
  if (got.ok())
    return value;
  if (!got.IsNotFound())
    status = got;
  return std::nullopt;
}

/// The number in the last key with `prefix`, 0 for none.
uint64_t last_number(database& from, char prefix) {
  std::unique_ptr<leveldb::Iterator> i{from.db().NewIterator(checked_reads())};
  const char beyond = static_cast<char>(prefix + 1);
  i->Seek({&beyond, 1});
  i->Valid() ? i->Prev() : i->SeekToLast();
  return i->Valid() && i->key()[0] == prefix ? piece_reader{view_of(i->key()).substr(1)}.number(8) : 0;
}

} // namespace

result<done> remove_chunks(database& from, uint64_t storage, const std::function<void()>& before_write) {
  std::vector<std::string> found;
  auto prefix = keys::chunks(storage);
  auto status = scan(from.db(), checked_reads(), prefix, prefix, [&](std::string_view key, std::string_view) {
    found.emplace_back(key);
    return true;
  });
  found.emplace_back(std::string_view{keys::upload(storage)}); // last: until then the next start goes on with it
  for (std::size_t i = 0; status.ok() && i < found.size(); i += deletions_per_write) {
    leveldb::WriteBatch batch;
    for (auto j = i; j < std::min(found.size(), i + deletions_per_write); ++j)
      batch.Delete(found[j]);
    if (before_write)
      before_write();
    status = from.db().Write({}, &batch);
  }
  if (!status.ok())
    return storage_failure(status, "Removing an unfinished blob failed");
  return done{};
}

result<done> store::state::open_files() {
  LAMA_TRY(files, open_migrated(folder, options));
  LAMA_CHECK(load(*files));
  files->learn_names();
  opened = std::move(files);
  failed = false;
  left_overs = true;
  cache->forget_all();
  reopening = std::make_shared<std::atomic<bool>>(false);
  return done{};
}

result<done> store::state::load(database& from) {
  leveldb::Status status;
  auto value = stored(from, keys::totals, status);
  if (!status.ok())
    return storage_failure(status, "Reading the store " + folder.string() + " failed");
  auto decoded = value ? decode_totals(*value) : totals{};
  auto table = std::make_shared<type_table>();
  auto in_order = true;
  status = scan(from.db(), checked_reads(), "y", "y", [&](std::string_view key, std::string_view name) {
    in_order = piece_reader{key.substr(1)}.number(2) == table->size();
    table->add(name);
    return in_order;
  });
  if (!status.ok())
    return storage_failure(status, "Reading the store " + folder.string() + " failed");
  if (!decoded || !in_order)
    return fail(errc::corrupt, "The counts or the types of the store " + folder.string() + " are damaged. Run lama verify --repair.");
  counts = *decoded;
  types = std::move(table);
  return done{};
}

result<done> store::state::remove_left_overs() {
  std::vector<uint64_t> found;
  auto status = scan(opened->db(), checked_reads(), "u", "u", [&](std::string_view key, std::string_view) {
    found.push_back(piece_reader{key.substr(1)}.number(8));
    return true;
  });
  if (!status.ok())
    return storage_failure(status, "Reading the store " + folder.string() + " failed");
  shared->next_storage = std::max({shared->next_storage, last_number(*opened, 'b') + 1, last_number(*opened, 'u') + 1});
  for (auto storage : found) {
    if (uploads.contains(storage))
      continue; // goes on after a failure of somebody else's write
    auto removed = remove_chunks(*opened, storage, options.before_write);
    failed = failed || !removed;
    LAMA_CHECK(std::move(removed));
  }
  left_overs = false;
  return done{};
}

result<done> store::state::ready_to_write() {
  std::lock_guard lock{mutex};
  if (opened && failed) {
    *reopening = true;
    if (opened.use_count() > 1)
      return fail(errc::overloaded, "A write failed, and the store is opened again as soon as all readers that began before are done. Try again.");
    // Closing what can still be read for what cannot be opened would be no gain.
    LAMA_CHECK(probe_disk(folder, options));
    opened.reset();
  }
  if (!opened)
    LAMA_CHECK(open_files());
  return left_overs ? remove_left_overs() : result<done>{done{}};
}

result<done> store::state::write(leveldb::WriteBatch& batch, bool durable) {
  if (options.before_write)
    options.before_write();
  leveldb::WriteOptions how;
  how.sync = durable && options.sync_writes;
  cache->begin_write();
  opened->names().add(batch);
  auto status = opened->db().Write(how, &batch);
  if (status.ok()) {
    cache->end_write(batch);
    return done{};
  }
  // What it left is not known until the files are opened again: till then nobody uses the cache.
  // LevelDB 1.23 would acknowledge further writes and lose them.
  std::lock_guard lock{mutex};
  failed = true;
  return storage_failure(status, "Writing to the store failed");
}

std::unique_ptr<transaction> store::state::begin() {
  std::lock_guard lock{mutex};
  auto made = std::make_unique<transaction>();
  made->state_ = std::make_unique<transaction::state>(opened, *options.recipes, types, counts, shared, cache);
  return made;
}

result<commit_info> store::state::commit(transaction& what) {
  auto& from = *what.state_;
  if (auto why = what.refused())
    return *std::move(why);
  {
    std::lock_guard lock{mutex};
    if (!opened || failed)
      return fail(errc::conflict, "A write failed since this transaction was begun. Begin it again.");
    // Before the write: a reader that sees it knows its types.
    types = from.shared_types();
  }
  if (!from.writes.operations().empty()) {
    leveldb::WriteBatch batch;
    from.fill(batch);
    LAMA_CHECK(write(batch, true));
  }
  std::lock_guard lock{mutex};
  counts = from.counts;
  counts.last_sequence = from.base + from.lines.size();
  return commit_info{counts.last_sequence, from.changes()};
}

} // namespace lama::storage
