#include "storage/kept_texts.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "storage/states.hpp"

#include <set>
#include <utility>

namespace lama::storage {

using protocol::text_origin;

namespace {

constexpr std::size_t hash_digits = 64;
/// More than there can be: own and foreign ones, and those of a second instance that had as many.
constexpr std::size_t most_listed = 8 * limits::kept_texts;

} // namespace

std::string text_note(std::string_view type, const hash& name) {
  return std::string{text_notes}.append(type).append("/").append(name.hex());
}

std::optional<std::string> type_of_text_note(std::string_view note) {
  if (note.size() < text_notes.size() + 1 + hash_digits + 1 || !note.starts_with(text_notes) || note[note.size() - hash_digits - 1] != '/')
    return std::nullopt;
  note.remove_prefix(text_notes.size());
  return std::string{note.substr(0, note.size() - hash_digits - 1)};
}

std::string encode(const text_mark& x) {
  std::string out{x.name.raw()};
  append_varint(out, static_cast<uint64_t>(x.origin));
  append_varint(out, x.bytes);
  return out += x.refused;
}

std::optional<text_mark> decode_text_mark(std::string_view value) {
  piece_reader in{value};
  text_mark x;
  x.name = in.name();
  auto origin = in.varint();
  x.bytes = in.varint();
  if (!in.ok() || origin > static_cast<uint64_t>(text_origin::foreign))
    return std::nullopt;
  x.origin = static_cast<text_origin>(origin);
  x.refused = in.rest();
  return x;
}

std::string encode(const protocol::kept_texts& x) {
  std::string out;
  for (auto number : {x.own, x.own_bytes, x.foreign, x.foreign_bytes})
    append_varint(out, number);
  return out;
}

std::optional<protocol::kept_texts> decode_kept_texts(std::string_view value) {
  piece_reader in{value};
  protocol::kept_texts x;
  for (auto* number : {&x.own, &x.own_bytes, &x.foreign, &x.foreign_bytes})
    *number = in.varint();
  return in.ok() && in.at_end() ? std::optional{x} : std::nullopt;
}

void count_text(protocol::kept_texts& sum, const text_mark& x) {
  auto own = x.origin == text_origin::own;
  ++(own ? sum.own : sum.foreign);
  (own ? sum.own_bytes : sum.foreign_bytes) += x.bytes;
}

void discount_text(protocol::kept_texts& sum, const text_mark& x) {
  auto own = x.origin == text_origin::own;
  --(own ? sum.own : sum.foreign);
  (own ? sum.own_bytes : sum.foreign_bytes) -= x.bytes;
}

std::vector<kept_text> list_kept_texts(const snapshot& from) {
  std::vector<kept_text> all;
  if (!from.kept_texts().any())
    return all;
  for (const auto& [note, value] : from.notes(text_notes, most_listed)) {
    auto type = type_of_text_note(note);
    auto mark = decode_text_mark(value);
    if (type && mark)
      all.push_back({*std::move(type), *std::move(mark)});
  }
  return all;
}

void take_up_texts_of_known_types(const snapshot& from, transaction& in) {
  std::set<std::string> types;
  for (auto& x : list_kept_texts(from))
    if (x.mark.origin == text_origin::own && x.mark.refused.empty() && from.recipes().find(x.type))
      types.insert(std::move(x.type));
  for (const auto& type : types)
    in.take_up_texts(type);
}

// -- in a transaction ------------------------------------------------------------------------------------------------------------------

std::optional<text_mark> view::text_mark_of(std::string_view type, const hash& name) const {
  auto value = get(keys::note(text_note(type, name)));
  return value ? decode_text_mark(*value) : std::nullopt;
}

std::optional<text_origin> view::kept_text(const hash& name, std::string_view type) const {
  auto mark = text_mark_of(type, name);
  return mark ? std::optional{mark->origin} : std::nullopt;
}

protocol::kept_texts view::kept_texts() const {
  auto value = get(keys::note(text_totals_note));
  return (value ? decode_kept_texts(*value) : std::nullopt).value_or(protocol::kept_texts{});
}

result<protocol::put_result> transaction::keep_text(std::string_view text, text_origin origin) {
  LAMA_TRY(found, protocol::examine_without_recipe(text));
  text_mark mark{sha256(text), origin, text.size(), {}};
  if (origin == text_origin::own && recipes().find(found.type)) {
    auto facts = protocol::examine(text, recipes());
    if (facts)
      return put(text);
    mark.refused = facts.failure().message;
  }
  auto known = state_->record(mark.name);
  auto is_new = !known || !known->head.here();
  if (is_new)
    state_->store_record(mark.name, {record_kind::blob, 0, 0, 0, {}}, text, text.size(), known);
  else if (known->head.kind != record_kind::chunked_blob)
    state_->heal(mark.name, *known, text);
  if (!known || !known->head.is_text())
    state_->mark_text(found.type, mark);
  return protocol::put_result{mark.name, std::nullopt, is_new};
}

void transaction::take_up_texts(std::string_view type) {
  state_->take_up_texts(type);
}

/// What the user wants counts more than that a contact brought it as well.
void transaction::state::mark_text(std::string_view type, const text_mark& x) {
  auto sum = kept_texts();
  if (auto old = text_mark_of(type, x.name)) {
    if (old->origin == x.origin ? old->refused == x.refused : old->origin == text_origin::own)
      return;
    discount_text(sum, *old);
  }
  count_text(sum, x);
  write(keys::note(text_note(type, x.name)), encode(x), true);
  write(keys::note(text_totals_note), encode(sum));
}

void transaction::state::unmark_text(std::string_view type, const hash& name) {
  auto old = text_mark_of(type, name);
  if (!old)
    return;
  auto sum = kept_texts();
  discount_text(sum, *old);
  erase(keys::note(text_note(type, name)));
  write(keys::note(text_totals_note), encode(sum));
}

/// All of one type in the transaction that brings its recipe: nobody sees the one without the other.
void transaction::state::take_up_texts(std::string_view type) {
  if (kept_texts().own == 0 || !recipes().find(type))
    return;
  std::set<hash> names;
  scan(keys::note(std::string{text_notes}.append(type).append("/")), [&](std::string_view value) {
    if (auto mark = decode_text_mark(value))
      names.insert(mark->name);
  });
  for (const auto& name : names)
    take_up_text(type, name);
}

void transaction::state::take_up_text(std::string_view type, const hash& name) {
  auto mark = text_mark_of(type, name); // not of a type whose name goes on behind a slash
  auto known = mark && mark->origin == text_origin::own ? record(name) : std::nullopt;
  // What is elsewhere, lost or damaged is examined when it comes back.
  if (!known || !known->head.here() || digest_of(*known) != name)
    return;
  auto text = read(name);
  if (!text)
    return;
  if (auto facts = protocol::examine(*text, recipes())) {
    unmark_text(type, name);
    store_text(*text, name, *facts, known);
  } else {
    mark->refused = facts.failure().message;
    mark_text(type, *mark);
  }
}

} // namespace lama::storage
