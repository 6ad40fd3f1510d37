#include "protocol/versions/linked_list.hpp"

#include "protocol/limits.hpp"
#include "protocol/versions/versions.hpp"

#include <array>
#include <cmath>

namespace lama::protocol {

namespace detail {

namespace {

result<double> time_of(const object_source& from, const hash& creation_time) {
  LAMA_TRY(x, load(from, creation_time));
  auto timestamp = x.number("timestamp");
  if (x.type != "CreationTime" || !std::isfinite(timestamp))
    return fail(errc::corrupt, "list element " + creation_time.hex() + " is no CreationTime with a time");
  return timestamp;
}

/// Nothing where the entry, or its time, is held elsewhere.
result<std::optional<list_element>> element_at(const object_source& from, const hash& entry) {
  auto loaded = load(from, entry);
  if (!loaded && loaded.failure().code == errc::not_found && from.elsewhere(entry))
    return std::optional<list_element>{};
  if (!loaded)
    return std::move(loaded).failure();
  auto data = loaded->reference("data");
  if (loaded->type != "LinkedListEntry" || !data)
    return fail(errc::corrupt, "list entry " + entry.hex() + " is no LinkedListEntry");
  auto timestamp = time_of(from, *data);
  if (!timestamp && timestamp.failure().code == errc::not_found && from.elsewhere(*data))
    return std::optional<list_element>{};
  if (!timestamp)
    return std::move(timestamp).failure();
  return std::optional{list_element{
      .entry = entry,
      .creation_time = *data,
      .timestamp = *timestamp,
      .metadata = loaded->references("metadata"),
      .has_metadata = loaded->find("metadata") != nullptr,
      .previous = loaded->reference("previous"),
  }};
}

/// Writes an element on top of `below`.
result<hash> write_entry(object_space& space, const list_element& x, const std::optional<hash>& below) {
  if (x.entry && x.previous == below)
    return *x.entry;
  object_writer out{"LinkedListEntry"};
  out.object_reference("data", x.creation_time);
  if (x.has_metadata)
    out.bag("metadata", reference_kind::object, x.metadata);
  if (below)
    out.object_reference("previous", *below);
  LAMA_TRY(stored, space.put(out.finish()));
  return stored.name;
}

/// The elements of both lists down to the base, newest first.
class list_walk {
public:
  list_walk(const object_source& from, list_cursor first, list_cursor second) : from_{from}, cursors_{std::move(first), std::move(second)} {
    // nop
  }

  result<done> run() {
    while (true) {
      drop_common();
      auto chosen = newest();
      if (!chosen)
        return done{};
      auto open = open_lists();
      auto element = chosen->current();
      LAMA_CHECK(chosen->advance(from_));
      if (seen_ && same_place(*seen_, element)) {
        met_existing_ = met_existing_ || !seen_->entry;
        continue;
      }
      seen_ = element;
      taken_.push_back(std::move(element));
      stopped_at_base_ = open == 1;
      if (stopped_at_base_)
        return done{};
      if (taken_.size() > limits::list_merge_entries)
        return fail(errc::too_large, "two lists part by more than " + std::to_string(limits::list_merge_entries) + " entries");
    }
  }

  const std::vector<list_element>& taken() const {
    return taken_;
  }
  /// After `run`: the entry, held elsewhere, before which the lists part, so that their order is not known here.
  std::optional<hash> undecided() const {
    if (dropped_ || stopped_at_base_)
      return {};
    for (auto& cursor : cursors_)
      if (cursor.where() == place::window)
        return cursor.beyond();
    return {};
  }
  /// The element that is not written yet was found in the other list.
  bool met_existing() const {
    return met_existing_;
  }

private:
  using place = list_cursor::place;

  /// On the same entry, or before the same one that is held elsewhere: from here on the lists are one.
  void drop_common() {
    auto& [first, second] = cursors_;
    if (dropped_ || first.where() != second.where())
      return;
    if (first.where() == place::element)
      dropped_ = first.current().entry && first.current().entry == second.current().entry;
    else if (first.where() == place::window)
      dropped_ = first.beyond() == second.beyond();
  }

  list_cursor* newest() {
    auto& [first, second] = cursors_;
    auto use_first = first.where() == place::element;
    auto use_second = !dropped_ && second.where() == place::element;
    if (use_first && use_second)
      return newer(first.current(), second.current()) ? &first : &second;
    return use_first ? &first : use_second ? &second : nullptr;
  }

  /// A window counts: what lies beyond may be newer than what the other list still has.
  int open_lists() const {
    return (cursors_[0].where() != place::end) + (!dropped_ && cursors_[1].where() != place::end);
  }

  const object_source& from_;
  std::array<list_cursor, 2> cursors_;
  bool dropped_ = false;
  bool stopped_at_base_ = false;
  std::optional<list_element> seen_;
  std::vector<list_element> taken_;
  bool met_existing_ = false;
};

/// All but the last, which is the base, oldest first on top of it.
result<hash> rebuild(object_space& space, const std::vector<list_element>& taken) {
  auto top = *taken.back().entry;
  for (auto i = taken.size() - 1; i-- > 0;) {
    LAMA_TRY(entry, write_entry(space, taken[i], top));
    top = entry;
  }
  return top;
}

} // namespace

result<list_cursor> list_cursor::at(const object_source& from, const std::optional<hash>& head) {
  list_cursor x;
  LAMA_CHECK(x.go_to(from, head));
  return x;
}

list_cursor list_cursor::on_single(list_element element) {
  list_cursor x;
  x.place_ = place::element;
  x.current_ = std::move(element);
  return x;
}

result<done> list_cursor::advance(const object_source& from) {
  return go_to(from, current_.previous);
}

result<done> list_cursor::go_to(const object_source& from, const std::optional<hash>& entry) {
  if (!entry) {
    place_ = place::end;
    return done{};
  }
  LAMA_TRY(element, element_at(from, *entry));
  place_ = element ? place::element : place::window;
  if (element)
    current_ = std::move(*element);
  else
    beyond_ = *entry;
  return done{};
}

} // namespace detail

using detail::list_cursor;

result<std::optional<hash>> merge_lists(object_space& space, const std::optional<hash>& first, const std::optional<hash>& second) {
  if (!first || !second || first == second)
    return first ? first : second;
  LAMA_TRY(first_cursor, list_cursor::at(space, first));
  LAMA_TRY(second_cursor, list_cursor::at(space, second));
  detail::list_walk walk{space, std::move(first_cursor), std::move(second_cursor)};
  LAMA_CHECK(walk.run());
  if (auto entry = walk.undecided())
    return fail(errc::not_found, "two lists part before entry " + entry->hex() + ", which is held elsewhere; merge them where all of it is");
  if (walk.taken().empty())
    return fail(errc::internal, "two lists without an element");
  LAMA_TRY(head, detail::rebuild(space, walk.taken()));
  return std::optional{head};
}

result<hash> insert_entry(object_space& space, const std::optional<hash>& head, const hash& creation_time, const std::vector<hash>& metadata) {
  detail::list_element element;
  element.creation_time = creation_time;
  LAMA_TRY(timestamp, detail::time_of(space, creation_time));
  element.timestamp = timestamp;
  element.metadata = metadata;
  element.has_metadata = !metadata.empty();
  LAMA_TRY(existing, list_cursor::at(space, head));
  detail::list_walk walk{space, std::move(existing), list_cursor::on_single(element)};
  LAMA_CHECK(walk.run());
  if (walk.met_existing())
    return *head;
  // Older than all that is here: on top, as the stock peer does, though the list then leaves the order of time (docs/protocol/04 §4.2).
  if (!walk.taken().back().entry)
    return detail::write_entry(space, element, head);
  return detail::rebuild(space, walk.taken());
}

} // namespace lama::protocol
