#include "storage/states.hpp"

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

/// Values of the log that are asked for one by one before it is read as a whole.
constexpr std::size_t followed_values = 4;

} // namespace

snapshot::state::state(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> types,
                       std::shared_ptr<const std::atomic<bool>> is_reopening, std::shared_ptr<value_cache> cache)
    : view(std::move(from), recipes, std::move(types)), reopening(std::move(is_reopening)), cache_(std::move(cache)) {
  if (!database_)
    return;
  options = checked_reads();
  auto before = cache_->now();
  options.snapshot = database_->db().GetSnapshot();
  version_ = cache_->now() == before ? before : 0;
}

snapshot::state::~state() {
  if (database_)
    database_->db().ReleaseSnapshot(options.snapshot);
}

std::optional<std::string> snapshot::state::get(std::string_view key) const {
  // Who does not fill the cache looks at what is on the disk.
  return version_ > 0 && options.fill_cache ? stored(options, key, *cache_, version_) : stored(options, key);
}

void snapshot::state::scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const {
  scan(prefix, prefix, [&](std::string_view, std::string_view value) {
    each(value);
    return true;
  });
}

void snapshot::state::scan(std::string_view prefix, std::string_view start, const std::function<bool(std::string_view, std::string_view)>& each) const {
  if (!database_)
    return;
  if (auto status = storage::scan(database_->db(), options, prefix, start, each); !status.ok())
    note_trouble(storage_failure(status, "Reading from the store failed"));
}

snapshot::~snapshot() = default;

const protocol::recipe_table& snapshot::recipes() const {
  return state_->recipes();
}

std::optional<std::string> snapshot::read(const hash& name) const {
  return state_->read(name);
}

bool snapshot::contains(const hash& name) const {
  return state_->contains(name);
}

bool snapshot::elsewhere(const hash& name) const {
  return state_->elsewhere(name);
}

std::optional<hash> snapshot::head(const hash& id) const {
  return state_->head(id);
}

bool snapshot::in_history(const hash& id, const hash& node) const {
  return state_->in_history(id, node);
}

std::vector<hash> snapshot::referrers(const hash& target, std::string_view type) const {
  return state_->referrers(target, type);
}

std::vector<hash> snapshot::referring_ids(const hash& target, std::string_view type) const {
  return state_->referring_ids(target, type);
}

std::optional<protocol::text_origin> snapshot::kept_text(const hash& name, std::string_view type) const {
  return state_->kept_text(name, type);
}

protocol::kept_texts snapshot::kept_texts() const {
  return state_->kept_texts();
}

// A position is the key of a value of the posting list without prefix and type, and the number of names of it that were answered.
snapshot::page snapshot::objects_of_type(std::string_view type, std::size_t limit, std::string_view after) const {
  page found;
  auto number = state_->types().find(type);
  if (!number)
    return found;
  piece_reader position{after};
  auto sequence = after.empty() ? 0 : position.number(8);
  auto skipped = after.empty() ? 0 : position.number(2);
  auto prefix = keys::names_of_type(*number);
  state_->scan(prefix, keys::names_of_type(*number, sequence), [&](std::string_view at, std::string_view value) {
    at.remove_prefix(std::string_view{prefix}.size());
    auto count = value.size() / 32;
    std::size_t i = piece_reader{at}.number(8) == sequence ? skipped : 0;
    for (; i < count && found.names.size() < limit; ++i)
      found.names.push_back(*hash::from_bytes(value.substr(i * 32, 32)));
    if (i >= count)
      return true;
    found.next = std::string{at} + static_cast<char>(i >> 8) + static_cast<char>(i & 0xff);
    return false;
  });
  return found;
}

uint64_t snapshot::last_sequence() const {
  auto value = state_->get(keys::totals);
  auto counts = value ? decode_totals(*value) : std::nullopt;
  return counts ? counts->last_sequence : 0;
}

std::vector<change> snapshot::changes(uint64_t after, std::size_t limit) const {
  std::vector<change> found;
  if (!state_->db() || limit == 0)
    return found;
  uint64_t start = after + 1;
  auto add = [&](uint64_t sequence, std::string_view value) {
    auto lines = decode_lines(value);
    if (!lines) {
      state_->note_trouble(fail(errc::corrupt, "The change log is damaged at line " + std::to_string(sequence) + ". Restore from a backup."));
      return false;
    }
    for (const auto& line : *lines) {
      if (found.size() == limit)
        return false;
      if (sequence > after + found.size())
        found.push_back({sequence, line.kind, state_->types().name(line.type), line.name, line.id.value_or(hash{})});
      start = ++sequence;
    }
    return true;
  };
  // Who follows the log stands where a value begins, which was just written and is remembered: no iterator over all tables.
  auto last = last_sequence();
  for (std::size_t i = 0; i < followed_values && start <= last && found.size() < limit; ++i)
    if (auto value = state_->get(keys::log(start)); !value || !add(start, *value))
      break;
  if (start > last || found.size() == limit || trouble())
    return found;
  {
    // The value that holds line `start` is the last one whose key is not beyond it.
    std::unique_ptr<leveldb::Iterator> i{state_->db()->NewIterator(state_->options)};
    i->Seek(slice(keys::log(start)));
    auto exact = i->Valid() && view_of(i->key()) == std::string_view{keys::log(start)};
    if (!exact) {
      i->Valid() ? i->Prev() : i->SeekToLast();
      if (i->Valid() && i->key().starts_with("l"))
        start = piece_reader{view_of(i->key()).substr(1)}.number(8);
    }
  }
  state_->scan("l", keys::log(start), [&](std::string_view at, std::string_view value) { return add(piece_reader{at.substr(1)}.number(8), value); });
  return found;
}

std::optional<uint64_t> snapshot::size_of(const hash& name) const {
  auto found = state_->record(name);
  return found && found->head.here() ? std::optional{found->size()} : std::nullopt;
}

result<std::string> snapshot::read_range(const hash& name, uint64_t offset, std::size_t length) const {
  return state_->read_range(name, offset, length);
}

std::optional<std::string> snapshot::note(std::string_view key) const {
  return state_->get(keys::note(key));
}

std::vector<std::pair<std::string, std::string>> snapshot::notes(std::string_view prefix, std::size_t limit) const {
  std::vector<std::pair<std::string, std::string>> found;
  auto start = keys::note(prefix);
  state_->scan(start, start, [&](std::string_view key, std::string_view value) {
    if (found.size() == limit)
      return false;
    found.emplace_back(key.substr(1), value);
    return true;
  });
  return found;
}

std::vector<hash> snapshot::wanted(std::size_t limit, const std::optional<hash>& after) const {
  std::vector<hash> found;
  std::string start{"q"};
  if (after)
    start.append(after->raw()).push_back('\0'); // the next key there is
  state_->scan("q", start, [&](std::string_view at, std::string_view) {
    if (auto name = hash::from_bytes(at.substr(1)); name && found.size() < limit)
      found.push_back(*name);
    return found.size() < limit;
  });
  return found;
}

std::optional<error> snapshot::trouble() const {
  return state_->trouble();
}

bool snapshot::in_the_way() const {
  return *state_->reopening;
}

} // namespace lama::storage
