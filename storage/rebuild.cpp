#include "storage/rebuild.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "storage/index_rules.hpp"
#include "storage/kept_texts.hpp"

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

/// What one write to the new database brings.
constexpr std::size_t bytes_per_write = 1u << 20;

} // namespace

std::optional<std::string> rebuild::whole::get(std::string_view key) const {
  return stored(options, key);
}

void rebuild::whole::scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const {
  each_key(prefix, [&](std::string_view, std::string_view value) { each(value); });
}

void rebuild::whole::each_key(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& each) const {
  auto status = storage::scan(database_->db(), options, prefix, prefix, [&](std::string_view key, std::string_view value) {
    each(key.substr(prefix.size()), value);
    return true;
  });
  if (!status.ok())
    note_trouble(storage_failure(status, "Reading a database failed"));
}

rebuild::rebuild(std::shared_ptr<database> from, std::shared_ptr<database> to, const store_options& options, const std::function<void(uint64_t)>& progress)
    : progress_(progress), options_(options), recipes_(protocol::recipe_table::on_top_of(*options.recipes)),
      old_(std::move(from), recipes_, std::make_shared<type_table>()), new_(to, recipes_, std::make_shared<type_table>()), to_(std::move(to)) {
  old_.options.verify_checksums = true;
  old_.options.fill_cache = false;
}

result<rebuild::outcome> rebuild::run() {
  for (auto each :
       {&rebuild::read_types, &rebuild::learn_from_texts, &rebuild::carry_records, &rebuild::carry_log, &rebuild::fill_gaps, &rebuild::heal_id_objects,
        &rebuild::write_types, &rebuild::look_at_kept_texts, &rebuild::name_what_is_missing, &rebuild::carry_reverse_maps, &rebuild::carry_heads,
        &rebuild::mend_versions, &rebuild::append_lines, &rebuild::carry_notes, &rebuild::join_type_lists, &rebuild::write_counts}) {
    (this->*each)();
    flush();
    if (failure_)
      return *failure_;
    if (new_.trouble())
      return *new_.trouble();
  }
  outcome_.unreadable = old_.trouble().has_value();
  outcome_.lost = counts_.lost;
  outcome_.last_sequence = counts_.last_sequence;
  return std::move(outcome_);
}

log_line rebuild::line_of(const hash& name, const record_head& head) {
  if (head.kind == record_kind::id_object)
    return {change_kind::id_object, head.type, {}, name, false};
  auto is_blob = head.kind == record_kind::blob || head.kind == record_kind::chunked_blob || head.type == 0;
  return {is_blob ? change_kind::blob : change_kind::object, head.type, name, is_blob ? std::nullopt : head.id, false};
}

void rebuild::tell(std::string text) {
  if (outcome_.told_count++ < limits::verify_problems)
    outcome_.told.push_back(std::move(text));
}

void rebuild::put(std::string_view key, std::string_view value) {
  batch_.Put(slice(key), slice(value));
  batch_bytes_ += key.size() + value.size();
  if (batch_bytes_ > bytes_per_write)
    flush();
}

void rebuild::erase(std::string_view key) {
  batch_.Delete(slice(key));
  batch_bytes_ += key.size();
}

void rebuild::flush() {
  if (batch_bytes_ == 0 || failure_)
    return;
  if (options_.before_write)
    options_.before_write();
  // Each is durable: LevelDB may lose what was not synced when it begins a new log, whatever is synced after.
  leveldb::WriteOptions durable;
  durable.sync = true;
  if (auto status = to_->db().Write(durable, &batch_); !status.ok())
    failure_ = storage_failure(status, "Rebuilding the store failed");
  batch_.Clear();
  batch_bytes_ = 0;
}

void rebuild::each_old(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& each) {
  old_.each_key(prefix, [&](std::string_view rest, std::string_view value) {
    if (!failure_)
      each(rest, value);
  });
}

void rebuild::read_types() {
  each_old("y", [&](std::string_view at, std::string_view name) {
    auto number = static_cast<uint16_t>(piece_reader{at}.number(2));
    if (number != 0 && numbers_.emplace(name, number).second)
      types_.emplace(number, name);
  });
  if (auto value = old_.get(keys::totals))
    if (auto counts = decode_totals(*value))
      last_possible_ = counts->last_sequence;
}

/// Names of types that the table of types has lost, and the types that were registered here: before anything of these types is looked at, since a number
/// that seems free may be that of a lost name.
void rebuild::learn_from_texts() {
  each_old("o", [&](std::string_view at, std::string_view value) {
    auto name = hash::from_bytes(at);
    auto found = name ? decode_record(std::string{value}) : std::nullopt;
    if (!found)
      return;
    note_number(found->head.type);
    if (!found->head.is_text())
      return;
    auto type = std::string{protocol::classify(found->payload()).type};
    auto is_recipe = type == "Recipe" && found->head.kind == record_kind::object;
    auto names_number = nameless_.contains(found->head.type) && !numbers_.contains(type);
    if ((!is_recipe && !names_number) || sha256(found->payload()) != *name)
      return;
    if (is_recipe)
      static_cast<void>(recipes_.add(found->payload()));
    if (names_number) {
      types_.emplace(found->head.type, type);
      numbers_.emplace(type, found->head.type);
      nameless_.erase(found->head.type);
    }
  });
  each_old("l", [&](std::string_view, std::string_view value) {
    if (auto lines = decode_lines(value))
      for (const auto& line : *lines)
        note_number(line.type);
  });
}

void rebuild::note_number(uint16_t type) {
  if (type != 0 && !types_.contains(type))
    nameless_.insert(type);
}

uint16_t rebuild::number_of(const std::string& type) {
  if (auto known = numbers_.find(type); known != numbers_.end())
    return known->second;
  uint16_t number = 1;
  while (types_.contains(number) || nameless_.contains(number))
    ++number;
  types_.emplace(number, type);
  numbers_.emplace(type, number);
  return number;
}

/// What is not here and of a type whose name is lost is of no type until it comes back: then its text says the type, and it is listed anew.
record_head rebuild::without_lost_type(record_head head) const {
  if (nameless_.contains(head.type))
    head.type = 0, head.indexed = 0;
  return head;
}

void rebuild::carry_records() {
  each_old("o", [&](std::string_view at, std::string_view value) {
    if (auto name = hash::from_bytes(at))
      carry_record(*name, value);
    else
      tell("A record with a damaged key was dropped: " + to_hex(at));
  });
}

void rebuild::carry_record(const hash& name, std::string_view value) {
  auto found = decode_record(std::string{value});
  if (!found || found->head.sequence > last_possible_)
    return lose(name, {}, value);
  auto head = found->head.is_text() ? found->head : without_lost_type(found->head);
  if (head.here() && old_.digest_of(*found) != name)
    return lose(name, head, value);
  if (head.sequence > last_record_) {
    last_record_ = head.sequence;
    last_line_ = line_of(name, head);
  }
  if (auto content = found->chunked())
    for (uint32_t i = 0; i < content->chunks(); ++i)
      put(keys::chunk(content->storage, i), old_.get(keys::chunk(content->storage, i)).value_or(std::string{}));
  if (head.kind == record_kind::lost)
    return lose(name, head, old_.get(keys::quarantined(name)).value_or(std::string{}));
  if (head.is_text())
    return carry_text(name, *std::move(found));
  keep(name, head, found->payload(), found->size());
}

void rebuild::carry_text(const hash& name, stored_record found) {
  auto head = found.head;
  auto facts = protocol::examine(found.payload(), recipes_);
  if (!facts) {
    tell("Object " + name.hex() + " does not conform, and was kept as it is: " + facts.failure().message);
    return keep(name, head, found.payload(), found.payload().size());
  }
  // The text is the truth; head and table of types only repeat it.
  auto told = std::pair{head.type, head.kind};
  head.type = number_of(facts->type->name);
  head.kind = facts->is_id_object ? record_kind::id_object : record_kind::object;
  head.id = facts->is_id_object ? std::nullopt : facts->id_hash;
  if (told != std::pair{head.type, head.kind} || head.id != found.head.id)
    tell("Object " + name.hex() + ": its record said another type or id than its text.");
  if (head.id) {
    auto of = old_.record(*head.id);
    if (!of || of->head.kind != record_kind::id_object || sha256(of->payload()) != *head.id)
      id_texts_.emplace(*head.id, facts->id_text);
  }
  for (const auto& x : facts->references)
    if (!old_.record(x.target))
      missing_.emplace(x.target, x.kind);
  keep(name, head, found.payload(), found.payload().size());
  index(name, head, *facts);
}

void rebuild::keep(const hash& name, const record_head& head, std::string_view payload, uint64_t size) {
  put(keys::object(name), encode(head, payload));
  counts_.count(head.kind, size);
  list(name, head);
  if (head.here() && ++records_ % 1000 == 0 && progress_)
    progress_(records_);
}

void rebuild::lose(const hash& name, record_head head, std::string_view value) {
  head = without_lost_type(head);
  head.kind = record_kind::lost;
  put(keys::object(name), encode(head, {}));
  put(keys::quarantined(name), value);
  if (auto held = decode_record(std::string{value}))
    if (auto content = held->chunked())
      for (uint32_t i = 0; i < content->chunks(); ++i)
        if (auto chunk = old_.get(keys::chunk(content->storage, i)))
          put(keys::chunk(content->storage, i), *chunk);
  counts_.count(head.kind, 0);
  list(name, head);
  tell("Object " + name.hex() + (value.empty() ? " is lost." : " is damaged, and was put into quarantine."));
}

void rebuild::list(const hash& name, const record_head& head) {
  // One name a key at first: they come in order of names. `join_type_lists` makes lists of them.
  if (head.type != 0 && head.indexed != 0 && !head.id)
    put(keys::names_of_type(head.type, head.indexed), name.raw());
}

void rebuild::index(const hash& name, const record_head& head, const protocol::object_facts& facts) {
  for (const auto& x : index_keys(head, facts))
    put(x, name.raw());
}

void rebuild::write_types() {
  auto table = std::make_shared<type_table>();
  for (const auto& [number, name] : types_) {
    while (table->size() < number) {
      auto unknown = "LostType" + std::to_string(table->size());
      tell("The name of type " + std::to_string(table->size()) + " is lost; no object of it is here.");
      put(keys::type_name(static_cast<uint16_t>(table->size())), unknown);
      table->add(unknown);
    }
    put(keys::type_name(number), name);
    table->add(name);
  }
  new_.know(std::move(table));
}

void rebuild::carry_notes() {
  protocol::kept_texts sum;
  each_old("n", [&](std::string_view at, std::string_view value) {
    auto mark = type_of_text_note(at) ? decode_text_mark(value) : std::nullopt;
    auto of = mark ? new_.record(mark->name) : std::nullopt;
    if (at == text_totals_note || (mark && (!of || of->head.is_text())))
      return;
    if (mark)
      count_text(sum, *mark);
    put(std::string{"n"}.append(at), value);
  });
  if (sum.any())
    put(keys::note(text_totals_note), encode(sum));
}

/// What texts without a recipe refer to, and what of them only their notes know.
void rebuild::look_at_kept_texts() {
  each_old(keys::note(text_notes), [&](std::string_view, std::string_view value) {
    auto mark = decode_text_mark(value);
    if (!mark)
      return;
    auto found = new_.record(mark->name);
    if (!found)
      return void(missing_.emplace(mark->name, protocol::reference_kind::object));
    auto text = found->head.here() ? new_.read(mark->name) : std::nullopt;
    auto facts = text ? protocol::examine_without_recipe(*text) : fail(errc::not_found, {});
    if (facts)
      for (const auto& x : facts->references)
        if (!new_.record(x.target))
          missing_.emplace(x.target, x.kind);
  });
}

void rebuild::name_what_is_missing() {
  constexpr hash no_picture{}; // docs/protocol/04 §2.1: a blob that does not exist
  for (const auto& [name, kind] : missing_) {
    auto may_lack = kind == protocol::reference_kind::blob || kind == protocol::reference_kind::clob;
    if (new_.record(name) || (may_lack && (name == no_picture || old_.get(keys::note("missing-blob/" + name.hex())))))
      continue;
    lose(name, {}, {});
  }
}

void rebuild::write_counts() {
  counts_.last_sequence = next_line_ - 1;
  put(keys::totals, encode(counts_));
  put(keys::schema, std::to_string(schema_version));
}

} // namespace lama::storage
