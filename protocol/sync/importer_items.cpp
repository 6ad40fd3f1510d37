#include "protocol/limits.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "protocol/sync/grants.hpp"
#include "protocol/sync/importer.hpp"
#include "protocol/sync/importer_errors.hpp"

#include <algorithm>

/// The items of a batch, each checked before the host sees any of them (docs/chum-extension.md §4).
namespace lama::protocol::sync {

result<done> importer::check_items(batch_frame& x, std::vector<frontier_note>& brought, const object_source& objects) {
  auto& slot = uploads_[x.request == 0 ? 0 : 1];
  auto healing = healing_.find(x.request);
  std::size_t kept = 0;
  for (auto& next : x.items) {
    bool wanted = true;
    auto checked = healing != healing_.end() ? check_healed(next, slot, healing->second, objects) : check_item(next, slot, brought, objects);
    if (!checked) {
      if (!decline(next, slot, checked.failure()))
        return checked;
      wanted = false;
    }
    bool is_here = next.kind == item_kind::blob_piece && slot.skipping;
    if (wanted && !is_here)
      x.items[kept++] = next;
    if (next.kind == item_kind::blob_piece && slot.offset == slot.total)
      slot = {};
  }
  x.items.resize(kept);
  if (slot.active && (x.flags & batch_flags::last) != 0)
    return broken("a blob that does not end");
  return done{};
}

/// What the policy refuses is left out, with all that refers to it, and the rest goes on: one object that a newer or a strange node brings
/// must not end a friendship. Everything else that is wrong ends the session, and between our own instances this too: what one of them wrote
/// must never be left out in silence.
bool importer::decline(const item& x, upload& slot, const error& why) {
  if (config_.mode != version_mode::merge || why.code != errc::forbidden || why.detail == grant_type)
    return false;
  if (x.kind == item_kind::blob_piece) {
    slot = {true, true, x.name, x.total, x.bytes.size()};
    actions_.push_back(send{write_frame(skip_frame{x.name})});
  }
  declined_.insert(x.name);
  actions_.push_back(declined{x.name, why});
  return true;
}

result<done> importer::check_item(item& x, upload& slot, std::vector<frontier_note>& brought, const object_source& objects) {
  if (x.kind != item_kind::blob_piece && slot.active) {
    if (!slot.skipping)
      return broken("a blob that does not end");
    slot = {}; // it heard that the blob is here
  }
  switch (x.kind) {
  case item_kind::object:
  case item_kind::id_object:
    return check_object(x, objects);
  case item_kind::text:
  case item_kind::foreign_text:
    return check_kept_text(x, objects);
  case item_kind::version:
    return check_version(x, brought, objects);
  case item_kind::blob:
    return check_blob(x);
  case item_kind::blob_piece:
    return check_piece(x, slot, objects);
  case item_kind::elsewhere:
    if (!config_.accepts_elsewhere && !present(x.name, objects))
      return bad_item(x.name, "named as held elsewhere, which it does not do for us");
    present_.insert(x.name);
    return done{};
  case item_kind::missing:
    missing_.insert(x.name);
    return done{};
  }
  return broken("an unknown kind of item");
}

/// What was here before and was lost: its bytes are all there is to check. What it refers to was here, or known, and may be lost as well.
result<done> importer::check_healed(const item& x, upload& slot, const std::unordered_set<hash>& asked, const object_source& objects) {
  if (!asked.contains(x.name))
    return broken("it heals what was not lost");
  if (x.kind == item_kind::blob_piece)
    return check_piece(x, slot, objects);
  if (slot.active && !slot.skipping)
    return broken("a blob that does not end");
  slot = {};
  if (x.kind == item_kind::blob)
    return check_blob(x);
  if (x.kind != item_kind::object && x.kind != item_kind::id_object)
    return broken("it heals with what is no content");
  LAMA_CHECK(check_text(x));
  accept(x.name);
  return done{};
}

/// Stored, or handed to the host before; content that the remote has shown to have.
void importer::accept(const hash& name) {
  present_.insert(name);
  if (own_exporter_ != nullptr)
    own_exporter_->remote_has(name);
}

result<done> importer::check_name(const item& x) const {
  if (x.bytes.size() > limits::object_bytes)
    return bad_item(x.name, "which is over " + std::to_string(limits::object_bytes) + " bytes");
  if (sha256(x.bytes) != x.name)
    return bad_item(x.name, "which has another hash");
  return done{};
}

/// Is it what its name and its kind say? A grant is not, whoever sends it.
result<object_facts> importer::check_text(const item& x) {
  LAMA_CHECK(check_name(x));
  LAMA_TRY(facts, examine(x.bytes, *config_.recipes));
  if (facts.is_id_object != (x.kind == item_kind::id_object))
    return bad_item(x.name, "which is not of the kind that it says");
  if (is_grant_type(facts.type->name))
    return fail(errc::forbidden, "The remote node sent an object of type " + facts.type->name + ", which is never imported.", grant_type);
  return facts;
}

result<done> importer::check_object(const item& x, const object_source& objects) {
  LAMA_TRY(facts, check_text(x));
  LAMA_CHECK(config_.policy->admit(facts, x.bytes));
  for (const auto& reference : facts.references)
    LAMA_CHECK(check_reference(x.name, reference, objects));
  if (facts.type->name == "Recipe" && config_.learn)
    config_.learn(x.bytes);
  accept(x.name);
  if (facts.id_hash && !facts.is_id_object) {
    accept(*facts.id_hash); // storing a version stores its id object
    versions_.set(x.name, {facts.type, *facts.id_hash, std::move(facts.id_text)});
  }
  return done{};
}

/// Of a type that the remote does not know, or that it does not expect us to know. Where every node of ours should know it, the remote is older, and the
/// usual rules decide; a text of such a type that is no object of it stays a text.
result<done> importer::check_kept_text(item& x, const object_source& objects) {
  if (!config_.keeps_texts)
    return broken("a text of an unknown type, which it was not told that we take");
  LAMA_CHECK(check_name(x));
  LAMA_TRY(found, examine_without_recipe(x.bytes));
  if (is_grant_type(found.type))
    return fail(errc::forbidden, "The remote node sent an object of type " + std::string{found.type} + ", which is never imported.", grant_type);
  auto own = config_.mode == version_mode::adopt;
  if (standard_recipes().find(found.type) && examine(x.bytes, *config_.recipes)) {
    auto as_object = x;
    as_object.kind = found.is_id_object ? item_kind::id_object : item_kind::object;
    auto checked = check_object(as_object, objects);
    if (checked || !own || checked.failure().detail == missing_reference) {
      x = as_object;
      return checked;
    }
  }
  if (!own || standard_recipes().find(found.type))
    x.kind = item_kind::foreign_text;
  auto sum = objects.kept_texts();
  auto full = sum.foreign >= limits::kept_texts || sum.foreign_bytes + x.bytes.size() > limits::kept_text_bytes;
  if (!own && full && !objects.contains(x.name))
    return fail(errc::forbidden,
                "Contacts have brought so many objects of the type " + std::string{found.type} + " and others without a recipe here that no more are kept.");
  for (const auto& reference : found.references)
    LAMA_CHECK(check_reference(x.name, reference, objects));
  accept(x.name);
  return done{};
}

result<done> importer::check_reference(const hash& from, const reference& x, const object_source& objects) {
  if (declined_.contains(x.target))
    return fail(errc::forbidden, from.hex() + " refers to " + x.target.hex() + ", which was refused.");
  if (present(x.target, objects))
    return done{};
  if ((x.kind == reference_kind::blob || x.kind == reference_kind::clob) && missing_.contains(x.target))
    return done{};
  return fail(errc::bad_input, "The remote node sent " + from.hex() + " without " + x.target.hex() + ", to which it refers.", missing_reference);
}

bool importer::present(const hash& name, const object_source& objects) {
  if (present_.contains(name))
    return true;
  if (!objects.contains(name) && !objects.elsewhere(name))
    return false;
  present_.insert(name);
  return true;
}

/// An edge makes a version current: whose it is must be known, and the policy must allow it, even if the version itself is here already.
result<done> importer::check_version(const item& x, std::vector<frontier_note>& brought, const object_source& objects) {
  if (x.bytes.size() > limits::object_bytes || sha256(x.bytes) != x.name)
    return bad_item(x.name, "which has another hash");
  LAMA_TRY(facts, examine(x.bytes, *config_.recipes));
  if (facts.type->name != "VersionNodeEdge" || facts.references.size() != 1)
    return bad_item(x.name, "which is not a VersionNodeEdge");
  auto data = facts.references.front().target;
  if (declined_.contains(data))
    return fail(errc::forbidden, "It is a version of " + data.hex() + ", which was refused.");
  LAMA_TRY(version, version_behind(data, objects));
  if (is_grant_type(version.type->name))
    return fail(errc::forbidden, "The remote node sent a version of type " + version.type->name + ", which is never imported.", grant_type);
  LAMA_CHECK(config_.policy->admit_version(version.id, version.id_text));
  accept(x.name);
  brought.push_back({version.id, {data, std::nullopt}});
  if (own_exporter_ != nullptr)
    own_exporter_->remote_has_version(version.id, data);
  return done{};
}

result<importer::version_of> importer::version_behind(const hash& data, const object_source& objects) {
  if (const auto* known = versions_.find(data))
    return *known;
  auto text = objects.read(data);
  if (!text)
    return fail(errc::bad_input, "The remote node sent a version without its data " + data.hex() + ".", missing_reference);
  LAMA_TRY(facts, examine(*text, *config_.recipes));
  if (!facts.id_hash || facts.is_id_object)
    return bad_item(data, "as a version, which is of a type that has none");
  version_of version{facts.type, *facts.id_hash, std::move(facts.id_text)};
  versions_.set(data, version);
  return version;
}

result<done> importer::check_blob(const item& x) {
  if (x.bytes.size() > limits::blob_chunk_bytes)
    return bad_item(x.name, "which should have come in pieces");
  if (sha256(x.bytes) != x.name)
    return bad_item(x.name, "which has another hash");
  LAMA_CHECK(config_.policy->admit_blob(x.name, x.bytes.size()));
  accept(x.name);
  return done{};
}

/// In order and without gaps. The hash is checked by the store when the last piece is there: the blob is never whole in memory.
result<done> importer::check_piece(const item& x, upload& slot, const object_source& objects) {
  if (slot.active && (x.name != slot.name || x.total != slot.total || x.offset != slot.offset)) {
    if (!slot.skipping)
      return broken("pieces of a blob that do not follow each other");
    slot = {};
  }
  if (!slot.active) {
    if (x.offset != 0)
      return broken("pieces of a blob that begin in its middle");
    if (x.total > limits::blob_bytes)
      return bad_item(x.name, "a blob over " + std::to_string(limits::blob_bytes) + " bytes");
    LAMA_CHECK(config_.policy->admit_blob(x.name, x.total));
    slot = {true, objects.contains(x.name), x.name, x.total, 0};
    if (slot.skipping)
      actions_.push_back(send{write_frame(skip_frame{x.name})});
  }
  if (x.bytes.empty() || x.bytes.size() > limits::blob_chunk_bytes || x.bytes.size() > slot.total - slot.offset)
    return bad_item(x.name, "a piece of a blob with a wrong size");
  slot.offset += x.bytes.size();
  if ((slot.offset == slot.total || slot.skipping) && !declined_.contains(x.name))
    accept(x.name);
  return done{};
}

} // namespace lama::protocol::sync
