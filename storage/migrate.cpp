#include "storage/migrate.hpp"

#include "storage/files.hpp"
#include "storage/record.hpp"

#include <leveldb/write_batch.h>

#include <charconv>
#include <string>
#include <utility>

namespace lama::storage {

namespace {

/// The first schema that was ever in use.
constexpr uint32_t oldest_schema = 1;

std::string copy_name(uint32_t schema) {
  return "schema-" + std::to_string(schema);
}

result<done> write(database& to, leveldb::WriteBatch& batch, const store_options& options) {
  if (options.before_write)
    options.before_write();
  leveldb::WriteOptions durable;
  durable.sync = true;
  auto status = to.db().Write(durable, &batch);
  return status.ok() ? result<done>{done{}} : storage_failure(status, "Bringing the store to a new schema failed");
}

// Schema 2: the counts tell of what is lost, there may be records of that kind, and the key `q` stands for them.
result<done> from_1_to_2(database& in, leveldb::WriteBatch& batch) {
  std::string value;
  auto status = in.db().Get(checked_reads(), slice(keys::totals), &value);
  if (status.IsNotFound())
    return done{}; // nothing was ever stored
  if (!status.ok())
    return storage_failure(status, "Bringing the store to a new schema failed");
  auto counts = decode_totals(value, 1);
  if (!counts)
    return fail(errc::corrupt, "The counts of the store are damaged. Run lama verify --repair.");
  batch.Put(slice(keys::totals), encode(*counts));
  return done{};
}

/// One step is one write, with the number of the schema it leads to.
result<done> step_from(uint32_t schema, database& in, const store_options& options) {
  leveldb::WriteBatch batch;
  if (schema == 1)
    LAMA_CHECK(from_1_to_2(in, batch));
  batch.Put(slice(keys::schema), std::to_string(schema + 1));
  return write(in, batch, options);
}

} // namespace

result<uint32_t> schema_of(database& from, const std::filesystem::path& folder) {
  std::string value;
  auto status = from.db().Get(checked_reads(), slice(keys::schema), &value);
  if (!status.ok() && !status.IsNotFound())
    return storage_failure(status, "Reading the store " + folder.string() + " failed");
  if (status.ok()) {
    uint32_t found = 0;
    auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), found);
    if (problem != std::errc{} || end != value.data() + value.size() || found < oldest_schema)
      return fail(errc::corrupt, "The schema of the store " + folder.string() + " is unknown. Run lama verify --repair.", value);
    return found;
  }
  std::unique_ptr<leveldb::Iterator> i{from.db().NewIterator(checked_reads())};
  i->SeekToFirst();
  if (i->Valid())
    return fail(errc::corrupt, "The folder " + folder.string() + " holds a database that is no store of lama. Choose another data folder.");
  return 0;
}

result<std::shared_ptr<database>> open_migrated(const std::filesystem::path& folder, const store_options& options) {
  LAMA_TRY(opened, database::open(folder, options));
  LAMA_TRY(found, schema_of(*opened, folder));
  if (found == 0) {
    leveldb::WriteBatch batch;
    batch.Put(slice(keys::schema), std::to_string(schema_version));
    LAMA_CHECK(write(*opened, batch, options));
    return opened;
  }
  if (found > schema_version)
    return fail(errc::unsupported, "The store " + folder.string() + " was written by a newer version (its schema is " + std::to_string(found) +
                                       ", this program knows " + std::to_string(schema_version) +
                                       "). Install the newer version, or choose another data folder.");
  if (found == schema_version)
    return opened;
  opened.reset(); // a copy is taken of files that do not change
  auto copy = folder / copy_name(found);
  {
    auto lock = folder_lock::take(folder, options);
    if (!lock)
      return std::move(lock).failure();
    if (!env_of(options).FileExists((copy / "CURRENT").string())) {
      LAMA_CHECK(remove_folder(copy, options)); // what an attempt before left
      LAMA_CHECK(copy_database(folder, copy, options));
    }
  }
  LAMA_TRY(again, database::open(folder, options));
  LAMA_TRY(now, schema_of(*again, folder)); // another process may have been here meanwhile
  for (auto schema = now; schema < schema_version; ++schema)
    LAMA_CHECK(step_from(schema, *again, options));
  return again;
}

} // namespace lama::storage
