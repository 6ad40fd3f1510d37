#include "protocol/limits.hpp"
#include "storage/states.hpp"

#include <utility>

namespace lama::storage {

transaction::~transaction() = default;

const protocol::recipe_table& transaction::recipes() const {
  return state_->recipes();
}

protocol::merge_memory* transaction::remembered() const {
  return &state_->shared->merges;
}

std::optional<std::string> transaction::read(const hash& name) const {
  return state_->read(name);
}

bool transaction::contains(const hash& name) const {
  return state_->contains(name);
}

bool transaction::elsewhere(const hash& name) const {
  return state_->elsewhere(name);
}

std::optional<hash> transaction::head(const hash& id) const {
  return state_->head(id);
}

bool transaction::in_history(const hash& id, const hash& node) const {
  return state_->in_history(id, node);
}

std::vector<hash> transaction::referrers(const hash& target, std::string_view type) const {
  return state_->referrers(target, type);
}

std::vector<hash> transaction::referring_ids(const hash& target, std::string_view type) const {
  return state_->referring_ids(target, type);
}

std::optional<protocol::text_origin> transaction::kept_text(const hash& name, std::string_view type) const {
  return state_->kept_text(name, type);
}

protocol::kept_texts transaction::kept_texts() const {
  return state_->kept_texts();
}

result<protocol::put_result> transaction::put(std::string_view text) {
  if (text.size() > limits::object_bytes)
    return fail(errc::too_large, "An object of " + std::to_string(text.size()) + " bytes is over the limit of " + std::to_string(limits::object_bytes) + ".");
  auto name = sha256(text);
  auto known = state_->record(name);
  if (known && known->head.is_text()) {
    state_->heal(name, *known, text);
    return protocol::put_result{name, known->head.kind == record_kind::id_object ? name : known->head.id, false};
  }
  LAMA_TRY(facts, protocol::examine(text, recipes()));
  if (known)
    state_->unmark_text(facts.type->name, name);
  state_->store_text(text, name, facts, known);
  return protocol::put_result{name, facts.is_id_object ? name : facts.id_hash, true};
}

result<protocol::put_result> transaction::put_blob(std::string_view bytes) {
  if (bytes.size() > limits::object_bytes)
    return fail(errc::too_large, "A blob of " + std::to_string(bytes.size()) + " bytes must be streamed in.");
  auto name = sha256(bytes);
  auto known = state_->record(name);
  if (known && known->head.here()) {
    if (known->head.kind == record_kind::blob)
      state_->heal(name, *known, bytes);
    return protocol::put_result{name, std::nullopt, false};
  }
  if (bytes.size() <= limits::blob_chunk_bytes) {
    state_->store_record(name, {record_kind::blob, 0, 0, 0, {}}, bytes, bytes.size(), known);
    return protocol::put_result{name, std::nullopt, true};
  }
  chunked_content content{bytes.size(), state_->shared->next_storage++};
  for (uint32_t i = 0; i < content.chunks(); ++i)
    state_->write(keys::chunk(content.storage, i), std::string{bytes.substr(i * limits::blob_chunk_bytes, limits::blob_chunk_bytes)});
  state_->store_record(name, {record_kind::chunked_blob, 0, 0, 0, {}}, encode(content), bytes.size(), known);
  return protocol::put_result{name, std::nullopt, true};
}

void transaction::set_head(const hash& id, const hash& node, const std::vector<hash>& joined) {
  auto of = state_->record(id);
  auto data = state_->data_of(node);
  auto held = data ? state_->record(*data) : std::nullopt;
  if (!of || !held || (held->head.here() && held->head.id != id))
    return state_->refuse(fail(errc::bad_input, "Version node " + node.hex() + " cannot be the head of " + id.hex() +
                                                    ": the id, the node or its data is not here, or the data is of another id."));
  auto before = state_->head(id);
  auto mark = [&](const hash& x) { state_->write(keys::history(id, x), {}); };
  for (const auto& x : joined)
    if (x != node)
      mark(x);
  if (before == node)
    return;
  // The head is history without a mark; the one that it replaces needs its own.
  if (before)
    mark(*before);
  state_->write(keys::head(id), std::string{node.raw()});
  state_->lines.push_back({change_kind::head, of->head.type, *data, id, false});
}

void transaction::mark_elsewhere(const hash& name) {
  if (!state_->record(name))
    state_->write(keys::object(name), encode(record_head{record_kind::elsewhere, 0, 0, 0, {}}, {}));
}

result<done> transaction::evict(const hash& name) {
  auto held = state_->record(name);
  if (!held || !held->head.here())
    return fail(errc::not_found, "Object " + name.hex() + " is not here.");
  if (held->head.kind == record_kind::id_object)
    return fail(errc::conflict, "Object " + name.hex() + " is an id object; these are never evicted.");
  auto left = held->head;
  left.kind = record_kind::elsewhere;
  state_->write(keys::object(name), encode(left, {}));
  state_->drop_content(*held);
  return done{};
}

result<done> transaction::quarantine(const hash& name) {
  auto value = state_->get_from_disk(keys::object(name));
  if (!value)
    return state_->trouble() ? *state_->trouble() : fail(errc::not_found, "Object " + name.hex() + " is not here.");
  auto held = decode_record(*value);
  if (held && !held->head.here())
    return fail(errc::not_found, "Object " + name.hex() + " is not here.");
  if (held && state_->digest_of(*held) == name)
    return fail(errc::conflict, "Object " + name.hex() + " is not damaged.");
  state_->write(keys::quarantined(name), *std::move(value));
  record_head left = held ? held->head : record_head{};
  left.kind = record_kind::lost;
  state_->write(keys::object(name), encode(left, {}));
  // Its pieces stay: they belong to what is in quarantine.
  if (held)
    state_->counts.discount(held->head.kind, held->size());
  state_->counts.count(left.kind, 0);
  return done{};
}

std::optional<std::string> transaction::note(std::string_view key) const {
  return state_->get(keys::note(key));
}

void transaction::set_note(std::string_view key, std::string_view value) {
  state_->write(keys::note(key), std::string{value});
}

void transaction::remove_note(std::string_view key) {
  state_->erase(keys::note(key));
}

std::size_t transaction::mark() const {
  return state_->writes.operations().size();
}

void transaction::roll_back(std::size_t mark) {
  state_->forget_trouble_since(mark);
  if (mark >= state_->before.size())
    return;
  const auto& then = state_->before[mark];
  state_->counts = then.counts;
  state_->lines.resize(then.lines);
  state_->bytes = then.bytes;
  state_->before.resize(mark);
  state_->writes.roll_back(mark);
  std::erase_if(state_->refusals, [mark](const auto& x) { return x.first >= mark; });
}

std::optional<error> transaction::refused() const {
  return state_->refusals.empty() ? state_->trouble() : state_->refusals.front().second;
}

std::size_t transaction::pending_bytes() const {
  return state_->bytes;
}

} // namespace lama::storage
