#include "storage/backup.hpp"

#include "storage/digest.hpp"
#include "storage/states.hpp"

#include <unordered_set>
#include <utility>

namespace lama::storage {

namespace {

using protocol::backup::header;

/// Bytes between two calls of `progress`.
constexpr uint64_t progress_step = 4u << 20;

class collection {
public:
  collection(const snapshot& from, protocol::backup::writer& to, const std::function<void(uint64_t)>& progress)
      : from_{from}, inside_{inside::of(from)}, to_{to}, progress_{progress} {
    // nop
  }

  result<done> everything() {
    // Chunks go with their blobs, since those of unfinished uploads stay behind.
    for (std::string_view prefix : {"h", "i", "l", "m", "n", "o", "q", "r", "t", "v", "y"})
      add_all(prefix, prefix);
    return outcome();
  }

  /// What lines after `sequence` of the change log brought, the whole of what is small, and all notes.
  result<done> since(uint64_t sequence) {
    for (std::string_view prefix : {"m", "n", "q", "y"})
      add_all(prefix, prefix);
    add_all("l", keys::log(sequence + 1));
    for (std::size_t type = 0; type < inside_.types().size(); ++type)
      add_all(keys::names_of_type(static_cast<uint16_t>(type)), keys::names_of_type(static_cast<uint16_t>(type), sequence + 1));
    add_reverse_map("r", sequence);
    add_reverse_map("i", sequence);
    add_objects(sequence);
    return outcome();
  }

private:
  void add(std::string_view key, std::string_view value) {
    if (failure_)
      return;
    if (auto added = to_.add(key, value); !added)
      failure_ = added.failure();
    bytes_ += key.size() + value.size();
    if (progress_ && bytes_ - told_ >= progress_step)
      progress_(told_ = bytes_);
    if (key.front() == 'o')
      add_chunks(value);
  }

  void add_chunks(std::string_view value) {
    if (value.empty() || (static_cast<uint8_t>(value.front()) & 0x0f) != static_cast<uint8_t>(record_kind::chunked_blob))
      return;
    auto record = decode_record(std::string{value});
    auto content = record ? record->chunked() : std::nullopt;
    for (uint32_t i = 0; content && i < content->chunks() && !failure_; ++i)
      if (auto chunk = inside_.get(keys::chunk(content->storage, i)))
        add(keys::chunk(content->storage, i), *chunk);
  }

  void add_all(std::string_view prefix, std::string_view start) {
    inside_.scan(prefix, start, [&](std::string_view key, std::string_view value) {
      add(key, value);
      return !failure_ && !from_.in_the_way();
    });
  }

  void add_reverse_map(std::string_view prefix, uint64_t sequence) {
    inside_.scan(prefix, prefix, [&](std::string_view key, std::string_view value) {
      // prefix, target, type, sequence
      if (key.size() == 1 + 32 + 2 + 8 && piece_reader{key.substr(35)}.number(8) > sequence)
        add(key, value);
      return !failure_ && !from_.in_the_way();
    });
  }

  void add_objects(uint64_t sequence) {
    std::unordered_set<hash> ids;
    inside_.scan("l", keys::log(sequence + 1), [&](std::string_view at, std::string_view value) {
      auto line = piece_reader{at.substr(1)}.number(8);
      auto lines = decode_lines(value);
      if (!lines)
        failure_ = fail(errc::corrupt, "The change log is damaged at line " + std::to_string(line) + ". Run lama verify, and make a whole backup.");
      for (const auto& x : lines ? *lines : std::vector<log_line>{}) {
        if (x.kind == change_kind::head)
          ids.insert(x.id.value_or(hash{}));
        else
          add_object(x.kind == change_kind::id_object ? x.id.value_or(hash{}) : x.name, line);
        ++line;
      }
      return !failure_ && !from_.in_the_way();
    });
    for (const auto& id : ids) {
      if (auto head = inside_.get(keys::head(id)))
        add(keys::head(id), *head);
      auto marks = key{'v'}.add(id);
      add_all(marks, marks);
    }
  }

  /// Once, with its last line.
  void add_object(const hash& name, uint64_t line) {
    auto value = inside_.get(keys::object(name));
    auto record = value ? decode_record(*value) : std::nullopt;
    if (record && record->head.sequence == line)
      add(keys::object(name), *value);
  }

  result<done> outcome() {
    if (!failure_ && from_.in_the_way())
      failure_ = fail(errc::overloaded, "The backup was given up: the store waits to open its files again after a failed write. Run it again.");
    if (!failure_)
      failure_ = from_.trouble();
    return failure_ ? result<done>{*failure_} : result<done>{done{}};
  }

  const snapshot& from_;
  const inside::snapshot_state& inside_;
  protocol::backup::writer& to_;
  const std::function<void(uint64_t)>& progress_;
  uint64_t bytes_ = 0;
  uint64_t told_ = 0;
  std::optional<error> failure_;
};

result<done> check_base(const backup_base& base, const header& now) {
  if (now.side == "sparse")
    return fail(errc::conflict, "A sparse store is backed up whole: what it evicted since cannot be told. Leave the earlier backup out.");
  if (now.store.empty() || base.store != now.store || base.sequence > now.sequence || base.sequence == 0)
    return fail(errc::conflict, "The earlier backup is of another store, or of this one before it was restored. Make a whole backup.");
  return done{};
}

} // namespace

result<backup_outcome> write_backup(const store& from, const backup_request& request, protocol::backup::byte_sink sink, random_source& random,
                                    const std::function<void(uint64_t)>& progress) {
  auto view = from.read();
  auto& options = inside::of(*view).options;
  options.verify_checksums = true;
  options.fill_cache = false; // it must not drive out what others read
  header x;
  x.id = to_hex(random.bytes(16));
  x.user = request.user;
  x.side = request.side;
  x.store = view->note("sync/store").value_or(std::string{});
  x.schema = schema_version;
  x.sequence = view->last_sequence();
  x.created_ms = request.created_ms;
  x.seal = request.seal;
  if (request.base) {
    LAMA_CHECK(check_base(*request.base, x));
    x.base = request.base->id;
    x.after = request.base->sequence;
  }
  if (auto trouble = view->trouble())
    return *std::move(trouble);
  // First: a backup of what cannot be read through ends before it has written much.
  LAMA_TRY(digest, digest_of(*view));
  LAMA_TRY(to, protocol::backup::writer::begin(x, request.key, std::move(sink)));
  collection all{*view, to, progress};
  LAMA_CHECK(request.base ? all.since(x.after) : all.everything());
  LAMA_TRY(told, to.finish(digest));
  return backup_outcome{std::move(x), told};
}

} // namespace lama::storage
