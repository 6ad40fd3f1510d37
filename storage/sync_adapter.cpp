#include "storage/sync_adapter.hpp"

#include "protocol/sync/apply.hpp"

#include <charconv>

namespace lama::storage {

namespace {

constexpr const char* store_note = "sync/store";

constexpr const char* position_notes = "sync/position/";
/// Persons that a store was ever synced with.
constexpr std::size_t most_positions = 1u << 20;

std::string position_note(const hash& person) {
  return position_notes + person.hex();
}

std::string frontier_note(const sync_peer& peer, const hash& id) {
  return "sync/frontier/" + peer.person.hex() + '/' + peer.store + '/' + id.hex();
}

std::string brought_note(const hash& person, const hash& id) {
  return "sync/brought/" + person.hex() + '/' + id.hex();
}

std::optional<hash> name_or_none(std::string_view raw) {
  auto name = hash::from_bytes(raw);
  return name == hash{} ? std::nullopt : name;
}

} // namespace

std::string store_id(transaction& in, random_source& random) {
  if (!in.note(store_note))
    renew_store_id(in, random);
  return in.note(store_note).value_or(std::string{});
}

void renew_store_id(transaction& in, random_source& random) {
  in.set_note(store_note, to_hex(random.bytes(16)));
}

void begin_sync_anew(const snapshot& from, transaction& in, random_source& random) {
  // A remote's own notes of what is here bear the id of this store.
  renew_store_id(in, random);
  for (const auto& [note, value] : from.notes(position_notes, most_positions))
    in.remove_note(note);
}

// "SEQUENCE STORE"
protocol::sync::position sync_position(const snapshot& from, const hash& person) {
  auto text = from.note(position_note(person)).value_or(std::string{});
  protocol::sync::position found;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), found.sequence);
  if (problem != std::errc{} || end == text.data() + text.size() || *end != ' ')
    return {};
  found.store = text.substr(static_cast<std::size_t>(end - text.data()) + 1);
  return found;
}

bool was_brought_by(const snapshot& from, const hash& person, const hash& id) {
  return from.note(brought_note(person, id)).has_value();
}

sync_source::sync_source(const snapshot& from, sync_peer peer) : from_{from}, peer_{std::move(peer)} {
  // nop
}

const protocol::object_source& sync_source::objects() const {
  return from_;
}

uint64_t sync_source::last_sequence() const {
  if (!last_sequence_)
    last_sequence_ = from_.last_sequence();
  return *last_sequence_;
}

std::vector<protocol::sync::change_line> sync_source::changes(uint64_t after, std::size_t limit) const {
  std::vector<protocol::sync::change_line> lines;
  for (auto& x : from_.changes(after, limit))
    lines.push_back({x.sequence, static_cast<protocol::sync::line_kind>(x.kind), std::move(x.type), x.name, x.id});
  return lines;
}

std::optional<uint64_t> sync_source::size_of(const hash& name) const {
  return from_.size_of(name);
}

result<std::string> sync_source::read_range(const hash& name, uint64_t offset, std::size_t length) const {
  return from_.read_range(name, offset, length);
}

std::optional<protocol::sync::frontier> sync_source::frontier_of(const hash& id) const {
  auto raw = from_.note(frontier_note(peer_, id));
  if (!raw || raw->size() != 64)
    return std::nullopt;
  return protocol::sync::frontier{name_or_none(std::string_view{*raw}.substr(0, 32)), name_or_none(std::string_view{*raw}.substr(32))};
}

std::optional<error> sync_source::trouble() const {
  return from_.trouble();
}

result<done> sync_uploads::take(store& into, const protocol::sync::commit_batch& batch) {
  for (const auto& x : batch.items) {
    if (x.kind != protocol::sync::item_kind::blob_piece)
      continue;
    if (x.offset == 0) {
      if (auto old = open_.find(x.name); old != open_.end()) // given up by the other side, and begun anew
        into.cancel_blob(old->second);
      LAMA_TRY(upload, into.begin_blob());
      open_[x.name] = upload;
    }
    auto upload = open_.find(x.name);
    if (upload == open_.end())
      return fail(errc::internal, "A piece of the blob " + x.name.hex() + " came without its beginning.");
    auto number = upload->second;
    if (auto appended = into.append_blob(number, x.bytes); !appended) {
      open_.erase(upload);
      return appended;
    }
    if (x.offset + x.bytes.size() == x.total) {
      open_.erase(upload);
      LAMA_CHECK(into.finish_blob(number, x.name));
    }
  }
  return done{};
}

void sync_uploads::cancel(store& into) {
  for (const auto& [name, upload] : open_)
    into.cancel_blob(upload);
  open_.clear();
}

result<done> apply_sync_batch(transaction& in, const protocol::sync::commit_batch& batch, const sync_peer& peer, protocol::sync::version_mode mode) {
  LAMA_CHECK(protocol::sync::apply_batch(in, batch, mode));
  for (const auto& x : batch.items)
    if (x.kind == protocol::sync::item_kind::missing && !in.contains(x.name))
      in.set_note("missing-blob/" + x.name.hex(), {});
  // Where the other side is the only writer, nothing goes back to it, and nobody would read the note.
  if (mode == protocol::sync::version_mode::merge)
    for (const auto& x : batch.brought)
      save_frontier(in, peer, x.id, x.content);
  else
    // Once an id: the digest of what is shared asks for it.
    for (const auto& x : batch.brought)
      if (auto key = brought_note(peer.person, x.id); !in.note(key))
        in.set_note(key, {});
  if (peer.own.empty() || in.note(store_note) == peer.own)
    in.set_note(position_note(peer.person), std::to_string(batch.reached.sequence) + ' ' + batch.reached.store);
  return done{};
}

void save_frontier(transaction& in, const sync_peer& peer, const hash& id, const protocol::sync::frontier& content) {
  std::string raw{content.data.value_or(hash{}).raw()};
  raw += content.entry.value_or(hash{}).raw();
  in.set_note(frontier_note(peer, id), raw);
}

} // namespace lama::storage
