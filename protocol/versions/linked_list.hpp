#pragma once

#include "protocol/objects/object_space.hpp"

#include <optional>
#include <string>
#include <vector>

/// The linked lists that channels are made of (docs/protocol/01 §5.5, 04 §4.4); `merge_lists` and `insert_entry` are declared in versions.hpp.
namespace lama::protocol::detail {

struct list_element {
  std::optional<hash> entry; ///< nothing: not written yet
  hash creation_time;
  double timestamp = 0;
  std::vector<hash> metadata;
  bool has_metadata = false; ///< an empty bag is not the same text as none
  std::optional<hash> previous;

  /// The order of the list: by time, then by hash of the CreationTime.
  friend bool same_place(const list_element& a, const list_element& b) {
    return a.timestamp == b.timestamp && a.creation_time == b.creation_time;
  }
  friend bool newer(const list_element& a, const list_element& b) {
    return a.timestamp != b.timestamp ? a.timestamp > b.timestamp : a.creation_time > b.creation_time;
  }
};

/// Walks a list newest first.
class list_cursor {
public:
  enum class place {
    element, ///< on one
    end,     ///< the list is finished
    window,  ///< the list goes on, with an entry that is held elsewhere
  };

  static result<list_cursor> at(const object_source& from, const std::optional<hash>& head);
  static list_cursor on_single(list_element x);

  place where() const {
    return place_;
  }
  /// Only when on one.
  const list_element& current() const {
    return current_;
  }
  /// Only at a window: the entry that is not here.
  const hash& beyond() const {
    return beyond_;
  }
  result<done> advance(const object_source& from);

private:
  result<done> go_to(const object_source& from, const std::optional<hash>& entry);

  place place_ = place::end;
  list_element current_;
  hash beyond_;
};

} // namespace lama::protocol::detail
