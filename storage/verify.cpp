#include "storage/verify.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "storage/index_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace lama::storage {

using protocol::reference_kind;

verify_report store::verify(const std::function<void(uint64_t)>& progress) const {
  auto from = read();
  from->state_->options.verify_checksums = true;
  from->state_->options.fill_cache = false; // it must not drive out what others read
  return verification{*from->state_, progress}.run();
}

verification::verification(const snapshot::state& from, const std::function<void(uint64_t)>& progress) : from_(from), progress_(progress) {
  // nop
}

verify_report verification::run() {
  check_records();
  check_quarantine();
  check_chunks();
  check_log();
  check_type_index();
  check_reverse_map('r');
  check_reverse_map('i');
  check_kept_texts();
  check_heads();
  check_counts();
  if (given_up_)
    problem("Verification was given up: the store waits to open its files again after a failed write. Run it again.");
  if (from_.trouble())
    problem(from_.trouble()->message + ' ' + from_.trouble()->detail);
  report_.objects = counted_.objects;
  report_.id_objects = counted_.id_objects;
  report_.blobs = counted_.blobs;
  report_.bytes = counted_.bytes;
  report_.lost = counted_.lost;
  return std::move(report_);
}

void verification::problem(std::string text) {
  if (report_.problem_count++ < limits::verify_problems)
    report_.problems.push_back(std::move(text));
}

void verification::each_key(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& each) {
  from_.scan(prefix, prefix, [&](std::string_view at, std::string_view value) {
    given_up_ = given_up_ || *from_.reopening;
    if (!given_up_)
      each(at.substr(prefix.size()), value);
    return !given_up_;
  });
}

bool verification::missing(const hash& name) const {
  return !from_.record(name);
}

void verification::check_records() {
  each_key("o", [&](std::string_view at, std::string_view value) {
    if (auto name = hash::from_bytes(at))
      check_record(*name, value);
    else
      problem("A record has a damaged key: " + to_hex(at));
  });
}

void verification::check_record(const hash& name, std::string_view value) {
  auto found = decode_record(std::string{value});
  if (!found)
    return problem("Object " + name.hex() + ": its record is damaged.");
  const auto& head = found->head;
  auto listed = head.kind == record_kind::id_object || (head.kind == record_kind::object && !head.id);
  // What was evicted is listed still; a mark for what never was here is not.
  if (listed || (!head.here() && head.type != 0 && !head.id))
    ++listed_[head.type];
  if (head.kind == record_kind::lost)
    check_lost(name);
  if (!head.here())
    return;
  ++records_;
  counted_.count(head.kind, found->size());
  if (auto content = found->chunked())
    storages_[content->storage] = content->chunks();
  if (from_.digest_of(*found) != name)
    problem("Object " + name.hex() + ": its bytes are damaged.");
  else if (head.is_text())
    check_text(name, *found);
  if (progress_ && records_ % 1000 == 0)
    progress_(records_);
}

void verification::check_lost(const hash& name) {
  counted_.count(record_kind::lost, 0);
  problem("Object " + name.hex() + " is lost: what stood there was damaged. It comes back with the next sync, or from a backup.");
  if (!from_.get(keys::quarantined(name)))
    problem("Object " + name.hex() + " is lost, but is not in the list of what is wanted.");
}

void verification::check_quarantine() {
  each_key("q", [&](std::string_view at, std::string_view value) {
    auto name = hash::from_bytes(at);
    auto record = name ? from_.record(*name) : std::nullopt;
    if (!record || record->head.kind != record_kind::lost)
      problem("What is in quarantine as " + to_hex(at) + " belongs to nothing.");
    if (auto held = decode_record(std::string{value}))
      if (auto content = held->chunked())
        storages_[content->storage] = content->chunks();
  });
}

void verification::check_text(const hash& name, const stored_record& found) {
  const auto& type = from_.types().name(found.head.type);
  auto facts = protocol::examine(found.payload(), from_.recipes());
  if (!facts)
    return problem("Object " + name.hex() + " of type " + type + " does not conform: " + facts.failure().message);
  auto is_id_object = found.head.kind == record_kind::id_object;
  if (facts->type->name != type || facts->is_id_object != is_id_object || (!is_id_object && facts->id_hash != found.head.id))
    problem("Object " + name.hex() + ": its record says another type or id than its text.");
  if (!is_id_object && facts->id_hash && missing(*facts->id_hash))
    problem("Object " + name.hex() + " of type " + type + ": its id object " + facts->id_hash->hex() + " is missing.");
  for (const auto& x : facts->references)
    check_reference(name, x);
  for (const auto& x : index_keys(found.head, *facts))
    if (from_.get(x) != std::string{name.raw()})
      problem("Object " + name.hex() + " of type " + type + ": an entry in the reverse maps is missing.");
}

void verification::check_reference(const hash& from, const protocol::reference& to) {
  ++report_.references;
  constexpr hash no_picture{}; // docs/protocol/04 §2.1: a blob that does not exist
  if (to.target == no_picture && to.kind == protocol::reference_kind::blob)
    return;
  if (!missing(to.target))
    return;
  auto may_lack = to.kind == reference_kind::blob || to.kind == reference_kind::clob;
  if (!may_lack || !from_.get(keys::note("missing-blob/" + to.target.hex())))
    problem("Object " + from.hex() + " refers to " + to.target.hex() + ", which is missing.");
}

void verification::check_chunks() {
  each_key("u", [&](std::string_view at, std::string_view) { storages_.emplace(piece_reader{at}.number(8), UINT64_MAX); });
  each_key("b", [&](std::string_view at, std::string_view) {
    piece_reader in{at};
    auto storage = in.number(8);
    auto index = in.number(4);
    auto owner = storages_.find(storage);
    if (owner == storages_.end() || index >= owner->second)
      problem("Piece " + std::to_string(index) + " of large blob " + std::to_string(storage) + " belongs to nothing.");
  });
}

void verification::check_log() {
  uint64_t next = 1;
  uint64_t told = 0;
  each_key("l", [&](std::string_view at, std::string_view value) {
    auto sequence = piece_reader{at}.number(8);
    auto lines = decode_lines(value);
    if (sequence != next || !lines)
      problem("The change log is " + std::string{lines ? "broken" : "damaged"} + " at line " + std::to_string(next) + ".");
    for (const auto& line : lines ? *lines : std::vector<log_line>{}) {
      const auto& name = line.kind == change_kind::id_object ? *line.id : line.name;
      auto found = from_.record(name);
      told += line.kind != change_kind::head && found && found->head.here() && found->head.sequence == sequence;
      check_line(sequence++, line);
    }
    next = sequence;
  });
  auto value = from_.get(keys::totals);
  counted_.last_sequence = next - 1;
  auto counts = value ? decode_totals(*value) : totals{};
  if (!given_up_ && (!counts || counts->last_sequence != next - 1))
    problem("The change log ends at line " + std::to_string(next - 1) + ", not where the counts say.");
  if (!given_up_ && told != records_)
    problem("The change log tells of " + std::to_string(told) + " of " + std::to_string(records_) + " objects.");
}

void verification::check_line(uint64_t sequence, const log_line& line) {
  auto of_head = line.kind == change_kind::head;
  const auto& name = line.kind == change_kind::id_object ? line.id.value_or(hash{}) : line.name;
  auto found = from_.record(name);
  auto fits = found && (of_head || found->head.sequence >= sequence) && (!of_head || (line.id && !missing(*line.id)));
  if (!fits)
    problem("Line " + std::to_string(sequence) + " of the change log tells of " + name.hex() + ", which is not here or came before.");
}

void verification::check_type_index() {
  std::unordered_map<uint16_t, uint64_t> found;
  uint16_t type = 0;
  uint64_t before = 0;
  each_key("t", [&](std::string_view at, std::string_view value) {
    piece_reader in{at};
    auto of = static_cast<uint16_t>(in.number(2));
    auto first = in.number(8);
    before = of == type ? before : 0;
    type = of;
    for (std::size_t i = 0; i + 32 <= value.size(); i += 32) {
      auto name = *hash::from_bytes(value.substr(i, 32));
      auto record = from_.record(name);
      if (!record || record->head.type != of || record->head.indexed < first || record->head.indexed <= before)
        problem("The index of type " + from_.types().name(of) + " names " + name.hex() + ", which does not stand there.");
      else
        ++found[of], before = record->head.indexed;
    }
  });
  for (const auto& [of, count] : listed_)
    if (!given_up_ && found[of] != count)
      problem("The index of type " + from_.types().name(of) + " names " + std::to_string(found[of]) + " of " + std::to_string(count) + " objects.");
}

void verification::check_reverse_map(char prefix) {
  each_key({&prefix, 1}, [&](std::string_view at, std::string_view value) {
    auto name = hash::from_bytes(value);
    auto record = name ? from_.record(*name) : std::nullopt;
    if (record && !record->head.here())
      return; // evicted: its entries stay
    auto facts = record && record->head.is_text() ? protocol::examine(record->payload(), from_.recipes()) : fail(errc::not_found, "");
    auto all = facts ? index_keys(record->head, *facts) : std::vector<key>{};
    if (std::ranges::none_of(all, [&](std::string_view x) { return x.front() == prefix && x.substr(1) == at; }))
      problem("A reverse map of " + to_hex(at.substr(0, 32)) + " names " + to_hex(value) + ", which does not refer to it.");
  });
}

void verification::check_kept_texts() {
  protocol::kept_texts sum;
  each_key(keys::note(text_notes), [&](std::string_view at, std::string_view value) {
    auto type = type_of_text_note(std::string{text_notes}.append(at));
    auto mark = decode_text_mark(value);
    if (!type || !mark || text_note(*type, mark->name).substr(text_notes.size()) != at)
      return problem("The note of a text without a recipe is damaged: " + std::string{at.substr(0, limits::type_name_bytes)});
    count_text(sum, *mark);
    check_kept_text(*type, *mark);
  });
  if (!given_up_ && from_.kept_texts() != sum)
    problem("The count of texts without a recipe does not fit: there are " + std::to_string(report_.kept_texts) + ".");
}

/// Its hash was checked with the other blobs.
void verification::check_kept_text(const std::string& type, const text_mark& mark) {
  ++report_.kept_texts;
  auto of = "Text " + mark.name.hex() + " of type " + type;
  auto found = from_.record(mark.name);
  if (!found || found->head.is_text())
    return problem(of + " is noted as kept without a recipe, and is " + (found ? "an object." : "missing."));
  if (!mark.refused.empty() && report_.refused.size() < limits::verify_problems)
    report_.refused.push_back(of + " does not fit the recipe that its type has, and stays a text: " + mark.refused);
  if (!found->head.here() || from_.digest_of(*found) != mark.name)
    return;
  auto text = from_.read(mark.name);
  auto facts = text ? protocol::examine_without_recipe(*text) : fail(errc::not_found, "it cannot be read");
  if (!facts || facts->type != type)
    return problem(of + " is noted as kept without a recipe, and is none: " + (facts ? "it is of another type" : facts.failure().message));
  for (const auto& x : facts->references)
    check_reference(mark.name, x);
}

void verification::check_heads() {
  each_key("h", [&](std::string_view at, std::string_view value) {
    ++report_.heads;
    auto id = hash::from_bytes(at);
    auto node = hash::from_bytes(value);
    if (!id || !node)
      return problem("The head of " + to_hex(at) + " is damaged.");
    if (missing(*id))
      problem("The head of " + id->hex() + ": the id object is missing.");
    check_history_node(*id, *node);
  });
  each_key("v", [&](std::string_view at, std::string_view) {
    auto id = hash::from_bytes(at.substr(0, 32));
    auto node = hash::from_bytes(at.substr(std::min<std::size_t>(at.size(), 32)));
    if (!id || !node || !from_.head(*id))
      return problem("A history mark is damaged, or its id has no head: " + to_hex(at));
    check_history_node(*id, *node);
  });
}

void verification::check_history_node(const hash& id, const hash& node) {
  auto where = "History of " + id.hex() + ": version node " + node.hex();
  if (auto held = from_.record(node); held && !held->head.here())
    return;
  auto data = from_.data_of(node);
  if (!data)
    return problem(where + " is missing or no version node.");
  auto record = from_.record(*data);
  if (!record || (record->head.here() && record->head.id != id))
    problem(where + " has data " + data->hex() + ", which is missing or of another id.");
  auto text = from_.read(node);
  auto facts = text ? protocol::examine(*text, from_.recipes()) : fail(errc::not_found, "");
  if (!facts)
    return; // told already with the records
  for (const auto& x : facts->references)
    if (facts->type->rules[x.field].name != "data" && !from_.in_history(id, x.target))
      problem(where + ": its predecessor " + x.target.hex() + " is not marked as history.");
}

void verification::check_counts() {
  auto value = from_.get(keys::totals);
  auto counts = value ? decode_totals(*value) : totals{};
  if (!given_up_ && counts != counted_)
    problem("The counts do not fit: " + std::to_string(records_) + " objects are here.");
}

} // namespace lama::storage
