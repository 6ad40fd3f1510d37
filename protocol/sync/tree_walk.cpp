#include "protocol/sync/tree_walk.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "protocol/sync/grants.hpp"

namespace lama::protocol::sync {

namespace {

/// Is it sent as a text and no more? What is kept so here, to contacts all that is not of a type that every node of ours has, and from the device to the
/// archive as well, but for what that asks for because it lost it.
std::optional<item_kind> kind_of_text(const hash& name, std::string_view type, bool alone, const walk_surroundings& with) {
  const auto& objects = with.source.objects();
  auto has_recipe = objects.recipes().find(type) != nullptr;
  if (has_recipe && standard_recipes().find(type))
    return std::nullopt;
  auto kept = objects.kept_text(name, type);
  auto as_object = !kept && has_recipe && with.texts != version_mode::merge;
  if (as_object && (alone || !with.registered_as_texts))
    return std::nullopt;
  return kept == text_origin::own || as_object ? item_kind::text : item_kind::foreign_text;
}

error not_here(const hash& name) {
  return fail(errc::not_found, "The object " + name.hex() + " is referred to but is not in the store.");
}

} // namespace

tree_walk::tree_walk() : sent_again_{limits::sync_recent_names} {
  // nop
}

void tree_walk::start(const order& what) {
  abandon();
  order_ = what;
  active_ = true;
  begun_ = false;
  reached_entry_.reset();
  oldest_entry_.reset();
}

void tree_walk::abandon() {
  stack_.clear();
  sent_again_.clear();
  active_ = false;
}

tree_walk::state tree_walk::step(walk_surroundings& with) {
  auto stepped = begun_ ? step_top(with) : visit(order_.root, order_.kind, with);
  begun_ = true;
  if (!stepped) {
    failure_ = std::move(stepped).failure();
    abandon();
    return state::failed;
  }
  if (!stack_.empty())
    return state::working;
  abandon();
  return state::done;
}

void tree_walk::skip_blob(const hash& name, recent_hashes& known) {
  auto* top = stack_.empty() ? nullptr : std::get_if<blob>(&stack_.back());
  if (top == nullptr || top->name != name)
    return;
  known.insert(name);
  if (order_.again)
    sent_again_.insert(name);
  stack_.pop_back();
  // The root itself may have been the blob: the next step then finds nothing left to do.
}

bool tree_walk::seen(const hash& name, walk_surroundings& with) {
  return order_.again ? sent_again_.contains(name) : with.known.contains(name);
}

void tree_walk::mark_seen(const hash& name, walk_surroundings& with) {
  with.known.insert(name);
  if (order_.again)
    sent_again_.insert(name);
}

void tree_walk::emit_mark(item_kind kind, const hash& name, walk_surroundings& with) {
  with.out.add(kind, name);
  // A missing blob is named with every object that refers to it: the remote cannot look it up later.
  if (kind == item_kind::elsewhere)
    mark_seen(name, with);
}

result<done> tree_walk::step_top(walk_surroundings& with) {
  if (stack_.empty())
    return done{};
  if (stack_.size() > limits::sync_tree_depth)
    return fail(errc::too_large, "The object " + order_.root.hex() + " is nested too deeply to be sent.");
  if (std::holds_alternative<node>(stack_.back()))
    return step_node(with);
  return std::holds_alternative<list>(stack_.back()) ? step_list(with) : step_blob(with);
}

/// Descends into the next reference that the remote lacks; when there is none left, sends the object itself.
result<done> tree_walk::step_node(walk_surroundings& with) {
  auto depth = stack_.size();
  auto& top = std::get<node>(stack_.back());
  while (top.next < top.references.size()) {
    auto next = top.references[top.next++];
    if (next.field == top.skipped_field)
      continue;
    LAMA_CHECK(visit(next.target, next.kind, with));
    if (stack_.size() != depth)
      return done{}; // `top` may have moved
  }
  with.out.add(top.kind, top.name, top.text);
  mark_seen(top.name, with);
  if (top.id)
    mark_seen(*top.id, with); // storing a version stores its id object
  auto name = top.name;
  stack_.pop_back();
  if (!stack_.empty())
    if (auto* below = std::get_if<list>(&stack_.back()); below != nullptr && below->outermost)
      reached_entry_ = name;
  return done{};
}

result<done> tree_walk::visit(const hash& name, reference_kind kind, walk_surroundings& with) {
  if (seen(name, with))
    return done{};
  const auto& objects = with.source.objects();
  if (kind == reference_kind::object || kind == reference_kind::id)
    if (auto text = objects.read(name))
      return visit_object(name, std::move(*text), with);
  if (auto size = with.source.size_of(name))
    return visit_blob(name, *size, with);
  if (objects.elsewhere(name)) {
    emit_mark(item_kind::elsewhere, name, with);
    return done{};
  }
  if (kind == reference_kind::object || kind == reference_kind::id)
    return not_here(name);
  emit_mark(item_kind::missing, name, with);
  return done{};
}

result<done> tree_walk::visit_object(const hash& name, std::string text, walk_surroundings& with) {
  // A stock peer may refer to raw bytes as to an object (docs/protocol/04 §4.6).
  auto content = classify(text);
  if (content.kind != content_kind::object && content.kind != content_kind::id_object)
    return visit_blob(name, text.size(), with);
  auto type = std::string{content.type};
  auto text_kind = kind_of_text(name, type, order_.alone, with);
  if (text_kind && order_.alone)
    return visit_blob(name, text.size(), with); // the remote knows what it lost
  if (text_kind && with.texts)
    return visit_text(name, std::move(text), *text_kind);
  if (text_kind || is_grant_type(type) || (with.may_leave && !with.may_leave(type)))
    return fail(errc::forbidden, "The object " + name.hex() + " is of type " + type + ", which is never sent.");
  if (type == "LinkedListEntry" && content.kind == content_kind::object && !order_.alone) {
    if (order_.no_lists)
      return push_entry(name, with);
    list below;
    below.below = name;
    below.limit = order_.page_entries > 0 ? order_.page_entries : with.entry_window;
    below.outermost = stack_.size() <= 1;
    if (below.outermost)
      below.other = order_.known_list;
    stack_.emplace_back(std::move(below));
    return done{};
  }
  LAMA_TRY(facts, examine(text, with.source.objects().recipes()));
  node next{name, facts.is_id_object ? item_kind::id_object : item_kind::object, std::move(text), std::move(facts.references), {}};
  // A type that the user registered comes before its objects: in which order they were granted to a device says nothing.
  if (!standard_recipes().find(type))
    if (auto recipe = sha256(facts.type->text); with.source.objects().contains(recipe))
      next.references.insert(next.references.begin(), {recipe, reference_kind::object, 0});
  if (order_.alone)
    next.references.clear();
  if (!facts.is_id_object && !order_.alone)
    next.id = facts.id_hash;
  stack_.emplace_back(std::move(next));
  return done{};
}

result<done> tree_walk::visit_text(const hash& name, std::string text, item_kind kind) {
  LAMA_TRY(found, examine_without_recipe(text));
  auto references = std::move(found.references);
  stack_.emplace_back(node{name, kind, std::move(text), std::move(references), {}});
  return done{};
}

result<done> tree_walk::visit_blob(const hash& name, uint64_t size, walk_surroundings& with) {
  if (with.blob_limit > 0 && size > with.blob_limit && name != order_.root) {
    emit_mark(item_kind::elsewhere, name, with);
    return done{};
  }
  if (size > limits::blob_chunk_bytes) {
    stack_.emplace_back(blob{name, size, 0});
    return done{};
  }
  LAMA_TRY(bytes, with.source.read_range(name, 0, static_cast<std::size_t>(size)));
  if (bytes.size() != size)
    return fail(errc::corrupt, "The blob " + name.hex() + " is shorter than its size says.");
  with.out.add(item_kind::blob, name, bytes);
  mark_seen(name, with);
  return done{};
}

result<done> tree_walk::step_blob(walk_surroundings& with) {
  auto& top = std::get<blob>(stack_.back());
  LAMA_TRY(piece, with.source.read_range(top.name, top.offset, limits::blob_chunk_bytes));
  if (piece.empty() || piece.size() > top.size - top.offset)
    return fail(errc::corrupt, "The blob " + top.name.hex() + " is not as long as its size says.");
  with.out.add_piece(top.name, top.size, top.offset, piece);
  top.offset += piece.size();
  if (top.offset < top.size)
    return done{};
  mark_seen(top.name, with);
  stack_.pop_back();
  return done{};
}

/// Down to what the remote has, noting names; then up again, sending from the oldest on.
result<done> tree_walk::step_list(walk_surroundings& with) {
  auto& top = std::get<list>(stack_.back());
  if (top.descending) {
    LAMA_CHECK(descend(top, with));
    if (!top.descending && top.outermost && !top.entries.empty())
      oldest_entry_ = top.entries.back();
    return done{};
  }
  if (top.entries.empty()) {
    stack_.pop_back();
    return done{};
  }
  auto name = top.entries.back();
  top.entries.pop_back();
  return seen(name, with) ? result<done>{done{}} : push_entry(name, with);
}

result<done> tree_walk::descend(list& top, walk_surroundings& with) {
  if (!top.below || top.below == top.other || seen(*top.below, with)) {
    top.descending = false;
    return done{};
  }
  const auto& objects = with.source.objects();
  bool enough = (top.limit > 0 && top.entries.size() >= top.limit) || top.entries.size() >= limits::sync_list_entries;
  auto links = enough ? result<entry_links>{entry_links{}} : read_entry(objects, *top.below);
  if (!links && !objects.elsewhere(*top.below))
    return links.failure();
  if (enough || !links) {
    emit_mark(item_kind::elsewhere, *top.below, with);
    top.descending = false;
    return done{};
  }
  LAMA_TRY(passed, passes_known(top, *links, with));
  if (passed)
    return done{};
  top.entries.push_back(*top.below);
  top.below = links->previous;
  return done{};
}

/// The cursor in the list that the remote has follows the one in ours, by time and hash (docs/protocol/04 §4.4): after a merge the same
/// messages stand in new entries, and below them both lists are one. Answers true where it moved in place of ours.
result<bool> tree_walk::passes_known(list& top, const entry_links& links, walk_surroundings& with) {
  if (!top.other)
    return false;
  const auto& objects = with.source.objects();
  auto other = read_entry(objects, *top.other);
  auto other_place = other ? place_of(objects, *other) : result<entry_place>{other.failure()};
  if (!other_place) {
    top.other.reset(); // evicted here, or a note from another time: the walk goes on without its help
    return false;
  }
  LAMA_TRY(place, place_of(objects, links));
  if (place > *other_place)
    return false;
  if (place == *other_place) {
    with.known.insert(other->creation_time);
    for (const auto& name : other->metadata)
      with.known.insert(name);
  }
  bool instead = place < *other_place;
  top.other = other->previous;
  return instead;
}

result<done> tree_walk::push_entry(const hash& name, walk_surroundings& with) {
  auto text = with.source.objects().read(name);
  if (!text)
    return not_here(name);
  LAMA_TRY(facts, examine(*text, with.source.objects().recipes()));
  auto links = links_of(facts);
  if (!links)
    return fail(errc::bad_input, "The object " + name.hex() + " is not an entry of a channel.");
  int previous_field = -1;
  if (links->previous) {
    const auto& rules = facts.type->rules;
    while (rules[static_cast<std::size_t>(++previous_field)].name != "previous") {
    }
    if (order_.no_lists && !seen(*links->previous, with))
      emit_mark(item_kind::elsewhere, *links->previous, with);
  }
  stack_.emplace_back(node{name, item_kind::object, std::move(*text), std::move(facts.references), {}, 0, previous_field});
  return done{};
}

} // namespace lama::protocol::sync
