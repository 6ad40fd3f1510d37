#include "storage/index_rules.hpp"
#include "storage/registered_recipes.hpp"
#include "storage/states.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lama::storage {

namespace {

/// What an operation or a line costs beside its key and value, roughly.
constexpr std::size_t operation_overhead = 96;

/// A posting list that is written: values of at most `lines_per_value` names.
struct posting {
  uint64_t first_sequence = 0;
  std::string names;
};

void write_names(leveldb::WriteBatch& batch, uint16_t type, const posting& x) {
  batch.Put(slice(keys::names_of_type(type, x.first_sequence)), x.names);
}

} // namespace

transaction::state::state(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> known, const totals& start,
                          std::shared_ptr<writer_shared> with, std::shared_ptr<value_cache> cache)
    : view(std::move(from), recipes, std::move(known)), shared(std::move(with)), base(start.last_sequence), counts(start), first_new_type(types_->size()),
      cache_(std::move(cache)), version_(cache_->now()) {
  shared->transaction_open = true;
}

transaction::state::~state() {
  shared->transaction_open = false;
}

std::optional<std::string> transaction::state::get(std::string_view key) const {
  if (const auto* own = writes.find(key))
    return own->value;
  return stored(checked_reads(), key, *cache_, version_);
}

std::optional<std::string> transaction::state::get_from_disk(std::string_view key) const {
  if (const auto* own = writes.find(key))
    return own->value;
  return stored(checked_reads(), key);
}

void transaction::state::scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const {
  auto pass_value = [&](std::string_view, std::string_view value) {
    each(value);
    return true;
  };
  if (database_)
    if (auto status = storage::scan(database_->db(), checked_reads(), prefix, prefix, pass_value); !status.ok())
      note_trouble(storage_failure(status, "Reading from the store failed"));
  // Own entries carry greater sequence numbers than all stored ones.
  writes.scan(prefix, pass_value);
}

void transaction::state::write(std::string_view key, std::string value, bool ranged) {
  before.push_back({counts, lines.size(), bytes});
  bytes += key.size() + value.size() + operation_overhead;
  writes.put(key, std::move(value), ranged);
}

void transaction::state::erase(std::string_view key) {
  before.push_back({counts, lines.size(), bytes});
  bytes += key.size() + operation_overhead;
  writes.erase(key);
}

void transaction::state::refuse(error why) {
  refusals.emplace_back(writes.operations().size(), std::move(why));
  erase({}); // takes a place among the operations, so that rolling back finds it
}

uint16_t transaction::state::number_of(std::string_view type) {
  if (auto known = types_->find(type))
    return *known;
  if (types_->size() > UINT16_MAX) {
    refuse(fail(errc::too_large, "A store holds at most 65535 types; there is no room for " + std::string{type} + "."));
    return 0;
  }
  // Snapshots may hold the table as it was: it is copied once a transaction.
  if (!own_types)
    types_ = own_types = std::make_shared<type_table>(*types_);
  return own_types->add(type);
}

// Whatever is counted comes after an operation, never before: rolling back restores what stood before an operation.

record_head transaction::state::store_record(const hash& name, record_head head, std::string_view payload, uint64_t size,
                                             const std::optional<stored_record>& old) {
  head.sequence = base + lines.size() + 1;
  // What was evicted stayed in the indexes, under its old number.
  auto stayed = old && !old->head.here() && old->head.indexed != 0 && (old->head.type != 0 || head.type == 0);
  head.indexed = stayed ? old->head.indexed : head.sequence;
  write(keys::object(name), encode(head, payload));
  if (old)
    drop_content(*old);
  if (old && old->head.kind == record_kind::lost)
    drop_quarantined(name);
  counts.count(head.kind, size);
  log_line line{change_kind::blob, head.type, name, head.id, false};
  if (head.kind == record_kind::object)
    line = {change_kind::object, head.type, name, head.id, !head.id && !stayed};
  else if (head.kind == record_kind::id_object)
    line = {change_kind::id_object, head.type, {}, name, !stayed};
  lines.push_back(line);
  bytes += operation_overhead;
  return head;
}

void transaction::state::heal(const hash& name, const stored_record& known, std::string_view bytes_of_name) {
  if (known.payload() == bytes_of_name)
    return;
  write(keys::object(name), encode(known.head, bytes_of_name));
  counts.discount(known.head.kind, known.size());
  counts.count(known.head.kind, bytes_of_name.size());
}

void transaction::state::drop_quarantined(const hash& name) {
  auto value = get(keys::quarantined(name));
  auto held = value ? decode_record(*std::move(value)) : std::nullopt;
  auto content = held ? held->chunked() : std::nullopt;
  for (uint32_t i = 0; content && i < content->chunks(); ++i)
    erase(keys::chunk(content->storage, i));
  erase(keys::quarantined(name));
}

void transaction::state::note_trouble(error failure) const {
  if (!trouble())
    trouble_at_ = writes.operations().size();
  view::note_trouble(std::move(failure));
}

void transaction::state::forget_trouble_since(std::size_t operation) {
  if (trouble() && trouble_at_ >= operation)
    forget_trouble();
}

void transaction::state::drop_content(const stored_record& old) {
  if (auto content = old.chunked())
    for (uint32_t i = 0; i < content->chunks(); ++i)
      erase(keys::chunk(content->storage, i));
  counts.discount(old.head.kind, old.size());
}

void transaction::state::store_text(std::string_view text, const hash& name, const protocol::object_facts& facts, const std::optional<stored_record>& old) {
  auto type = number_of(facts.type->name);
  if (facts.is_id_object)
    return store_indexed(name, {record_kind::id_object, type, 0, 0, {}}, text, facts, old);
  if (facts.id_hash)
    if (auto known = record(*facts.id_hash); !known || !known->head.is_text()) {
      if (known)
        unmark_text(facts.type->name, *facts.id_hash);
      store_indexed(*facts.id_hash, {record_kind::id_object, type, 0, 0, {}}, facts.id_text, facts, known);
    }
  store_indexed(name, {record_kind::object, type, 0, 0, facts.id_hash}, text, facts, old);
  // Known at once, so that objects of the type may come with it. The names of types that are known already stay theirs.
  if (facts.type->name != "Recipe")
    return;
  static_cast<void>(shared->recipes->add(text));
  auto recipe = protocol::parse_object(text, recipes());
  const auto* known = recipe ? recipes().find(recipe->text("name")) : nullptr;
  if (!known)
    return;
  // Its head may come later, or with another batch: the type must be known until then as well.
  if (known->text == text && !protocol::standard_recipes().find(known->name))
    write(keys::note(std::string{recipe_notes} + known->name), std::string{name.raw()});
  take_up_texts(known->name);
}

void transaction::state::store_indexed(const hash& name, record_head head, std::string_view text, const protocol::object_facts& facts,
                                       const std::optional<stored_record>& old) {
  head = store_record(name, head, text, text.size(), old);
  if (head.indexed != head.sequence)
    return;
  for (const auto& x : index_keys(head, facts))
    write(x, std::string{name.raw()}, true);
}

void transaction::state::fill(leveldb::WriteBatch& batch) const {
  for (const auto& x : writes.operations()) {
    if (x.key.empty())
      continue; // a refusal that was rolled back takes its operation along; one that was not never comes here
    x.value ? batch.Put(x.key, *x.value) : batch.Delete(x.key);
  }
  for (auto i = first_new_type; i < types_->size(); ++i)
    batch.Put(slice(keys::type_name(static_cast<uint16_t>(i))), types_->name(static_cast<uint16_t>(i)));
  std::map<uint16_t, posting> postings;
  std::string value;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    append_line(value, lines[i]);
    if (i % lines_per_value == lines_per_value - 1 || i == lines.size() - 1) {
      batch.Put(slice(keys::log(base + 1 + i - i % lines_per_value)), value);
      value.clear();
    }
    if (!lines[i].listed)
      continue;
    auto& x = postings[lines[i].type];
    if (x.names.empty())
      x.first_sequence = base + 1 + i;
    x.names += lines[i].listed_name().raw();
    if (x.names.size() == lines_per_value * sizeof(hash)) {
      write_names(batch, lines[i].type, x);
      x.names.clear();
    }
  }
  for (const auto& [type, x] : postings)
    if (!x.names.empty())
      write_names(batch, type, x);
  auto sum = counts;
  sum.last_sequence = base + lines.size();
  batch.Put(slice(keys::totals), encode(sum));
}

std::vector<change> transaction::state::changes() const {
  std::vector<change> all;
  all.reserve(lines.size());
  for (const auto& line : lines)
    all.push_back({base + 1 + all.size(), line.kind, types_->name(line.type), line.name, line.id.value_or(hash{})});
  return all;
}

} // namespace lama::storage
