#include "storage/restore.hpp"

#include "storage/digest.hpp"
#include "storage/states.hpp"
#include "storage/sync_adapter.hpp"

#include <system_error>
#include <utility>

namespace lama::storage {

namespace {

namespace fs = std::filesystem;
using protocol::backup::damaged_file;
using protocol::backup::header;

/// One write of LevelDB.
constexpr std::size_t write_bytes = 1u << 20;

/// What a backup of ours holds; of blobs that were on their way in ('u') there is nothing.
constexpr std::string_view prefixes = "bhilmnoqrtvy";

} // namespace

struct restoration::state {
  fs::path folder;
  fs::path beside;
  store_options options;
  std::shared_ptr<database> opened{};
  leveldb::WriteBatch batch{};
  std::optional<header> last{};
  hash digest{};
  bool checked = false;

  ~state() {
    opened.reset();
    std::error_code ignored;
    fs::remove_all(beside, ignored);
  }

  result<done> write(bool durable) {
    if (options.before_write)
      options.before_write();
    leveldb::WriteOptions how;
    how.sync = durable;
    auto status = opened->db().Write(how, &batch);
    batch.Clear();
    return status.ok() ? result<done>{done{}} : storage_failure(status, "Writing the restored store failed");
  }

  /// Those of the earlier backup are older as a whole.
  result<done> forget_notes() {
    auto status = scan(opened->db(), checked_reads(), "n", "n", [&](std::string_view key, std::string_view) {
      batch.Delete(slice(key));
      return true;
    });
    return status.ok() ? write(false) : storage_failure(status, "Reading the restored store failed");
  }

  result<done> check_order(const header& next) const {
    if (next.schema > schema_version)
      return fail(errc::unsupported, "The backup is of a store with schema " + std::to_string(next.schema) + "; this program knows " +
                                         std::to_string(schema_version) + ". Install the newer version.");
    if (!last && !next.base.empty())
      return fail(errc::conflict, "The backup " + next.id + " goes on from backup " + next.base + ", which is needed first.");
    if (last && (next.base != last->id || next.after != last->sequence || next.store != last->store || next.schema != last->schema))
      return fail(errc::conflict, "The backup " + next.id + " does not go on from backup " + last->id + ".");
    return done{};
  }
};

restoration::restoration(std::unique_ptr<state> made) : state_(std::move(made)) {
  // nop
}
restoration::restoration(restoration&&) noexcept = default;
restoration::~restoration() = default;

result<restoration> restoration::begin(const fs::path& folder, store_options options) {
  std::error_code problem;
  if (fs::exists(folder, problem))
    return fail(errc::conflict,
                "The folder " + folder.string() + " exists, and nothing is overwritten. Restore into another --data-dir, or move the folder away.");
  auto beside = folder.parent_path() / (std::string{restoring_prefix} + folder.filename().string());
  fs::remove_all(beside, problem); // what a killed one left
  restoration made{std::unique_ptr<state>{new state{folder, beside, options}}};
  LAMA_TRY(opened, database::open(beside, options));
  made.state_->opened = std::move(opened);
  return made;
}

result<done> restoration::apply(protocol::backup::reader& from) {
  auto& x = *state_;
  LAMA_CHECK(x.check_order(from.description()));
  if (x.last)
    LAMA_CHECK(x.forget_notes());
  x.last = from.description();
  for (;;) {
    LAMA_TRY(entry, from.next());
    if (!entry)
      break;
    if (prefixes.find(entry->key.front()) == std::string_view::npos)
      return fail(errc::corrupt, "The backup holds what no store has. It was not made by lama backup.", damaged_file);
    x.batch.Put(slice(entry->key), slice(entry->value));
    if (x.batch.ApproximateSize() >= write_bytes)
      LAMA_CHECK(x.write(false));
  }
  x.digest = from.end().digest;
  return x.write(true);
}

result<restored> restoration::check(const std::function<void(uint64_t)>& progress) {
  auto& x = *state_;
  if (!x.last)
    return fail(errc::bad_input, "No backup was given.");
  x.opened.reset();
  LAMA_TRY(opened, store::open(x.beside, x.options));
  restored outcome{*x.last, {}, opened->verify(progress)};
  LAMA_TRY(digest, digest_of(*opened->read()));
  outcome.digest = digest;
  if (digest != x.digest)
    return fail(errc::corrupt, "What was restored has the digest " + digest.hex() + ", and the backup says " + x.digest.hex() + ".", damaged_file);
  x.checked = true;
  return outcome;
}

result<done> restoration::finish(random_source& random) {
  auto& x = *state_;
  if (!x.checked)
    return fail(errc::internal, "A restored store is checked before it is used.");
  {
    LAMA_TRY(opened, store::open(x.beside, x.options));
    LAMA_TRY(change, opened->begin());
    renew_store_id(*change, random);
    LAMA_CHECK(opened->commit(std::move(change)));
  }
  std::error_code problem;
  fs::rename(x.beside, x.folder, problem);
  if (problem)
    return fail(errc::io_failure, "Putting the restored store into its place " + x.folder.string() + " failed: " + problem.message());
  return done{};
}

} // namespace lama::storage
