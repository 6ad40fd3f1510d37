#include "storage/repair.hpp"

#include "storage/files.hpp"
#include "storage/mend_heads.hpp"
#include "storage/migrate.hpp"
#include "storage/rebuild.hpp"
#include "storage/sync_adapter.hpp"
#include "storage/table_salvage.hpp"

#include <leveldb/db.h>

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

/// Where LevelDB cannot make sense of its files, its own repair finds the tables and logs that it can; the rest it puts aside.
result<std::shared_ptr<database>> open_damaged(const std::filesystem::path& folder, const store_options& options, bool& salvaged) {
  auto opened = database::open_as_it_is(folder, options);
  if (opened || opened.failure().code != errc::corrupt)
    return opened;
  {
    auto lock = folder_lock::take(folder, options);
    if (!lock)
      return std::move(lock).failure();
    auto how = database_options(options);
    how.env = options.env ? options.env : leveldb::Env::Default(); // what stands behind a hole in a log is to be found as well
    if (auto status = leveldb::RepairDB(folder.string(), how); !status.ok())
      return storage_failure(status, "Making sense of the files of " + folder.string() + " failed");
  }
  salvaged = true;
  return database::open_as_it_is(folder, options);
}

/// Is it ours, and not of a newer program? A schema that cannot be read is no reason to give up.
result<done> check_schema(database& from, const std::filesystem::path& folder) {
  auto found = schema_of(from, folder);
  if (found && *found > schema_version)
    return fail(errc::unsupported, "The store " + folder.string() + " was written by a newer version. Repair it with that.");
  if (found)
    return done{};
  bool has_objects = false;
  auto status = scan(from.db(), checked_reads(), "o", "o", [&](std::string_view, std::string_view) {
    has_objects = true;
    return false;
  });
  return has_objects ? result<done>{done{}} : std::move(found).failure();
}

std::string free_name(const std::filesystem::path& folder, const store_options& options) {
  auto names = names_in(folder, options);
  for (int i = 1;; ++i) {
    auto name = "damaged-" + std::to_string(i);
    // The simulated disk has no folders but those that files stand in.
    if (std::ranges::find(names, name) == names.end() && names_in(folder / name, options).empty())
      return name;
  }
}

result<std::vector<std::string>> mend_what_is_indexed(const std::filesystem::path& folder, const store_options& options) {
  auto lock = folder_lock::take(folder, options);
  if (!lock)
    return std::move(lock).failure();
  return mend_tables(folder, options);
}

result<rebuild::outcome> write_anew(const std::filesystem::path& folder, const store_options& options, const std::function<void(uint64_t)>& progress,
                                    bool& salvaged) {
  LAMA_TRY(mended, mend_what_is_indexed(folder, options));
  salvaged = !mended.empty();
  LAMA_TRY(old, open_damaged(folder, options, salvaged));
  LAMA_CHECK(check_schema(*old, folder));
  LAMA_CHECK(make_folder(scratch_folder(folder), options));
  LAMA_TRY(fresh, database::open_as_it_is(scratch_folder(folder), options));
  rebuild anew{std::move(old), std::move(fresh), options, progress};
  LAMA_TRY(written, anew.run());
  written.told_count += mended.size();
  written.told.insert(written.told.begin(), mended.begin(), mended.end());
  return std::move(written);
}

} // namespace

result<repair_report> repair(const std::filesystem::path& folder, const store_options& options, random_source& random,
                             const std::function<void(uint64_t)>& progress) {
  LAMA_CHECK(finish_replacing(folder, options));
  LAMA_CHECK(begin_replacing(folder, options));
  bool salvaged = false;
  auto written = write_anew(folder, options, progress, salvaged);
  if (!written) {
    static_cast<void>(finish_replacing(folder, options)); // else the next opening does it
    return std::move(written).failure();
  }
  repair_report report;
  if (written->unreadable || salvaged)
    report.kept = free_name(folder, options);
  LAMA_CHECK(replace_database(folder, report.kept, options));
  report.told = std::move(written->told);
  report.told_count = written->told_count;
  LAMA_TRY(repaired, store::open(folder, options));
  if (written->log_changed || written->lost > 0) {
    LAMA_TRY(change, repaired->begin());
    auto view = repaired->read();
    LAMA_TRY(mended, mend_heads(*view, *change));
    report.told.insert(report.told.end(), mended.begin(), mended.end());
    report.told_count += mended.size();
    begin_sync_anew(*view, *change, random);
    view.reset();
    LAMA_CHECK(repaired->commit(std::move(change)));
  }
  report.after = repaired->verify();
  return report;
}

} // namespace lama::storage
