#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/versions/line_history.hpp"
#include "protocol/versions/version_node.hpp"

#include <optional>

/// Takes a `line_history` from one version node to the next.
namespace lama::protocol::detail {

/// Can versions of this type be followed? Types with linked lists, or with rules of their own for merging, cannot.
bool merges_along_line(const recipe& type);

class line_follower {
public:
  /// `type` can be followed.
  line_follower(const object_source& space, const recipe& type) : space_{space}, type_{type} {
    // nop
  }

  /// An Edge becomes part of the history, as its first node or by a merge.
  void join(line_history& history, const version_node& edge, const hash& name, const object& data);
  /// False where objects that are referred to must be compared and are not here.
  bool change(line_history& history, const named_version_node& node, const object& before, const object& after);

private:
  using places = std::vector<place_history>;

  void join_fields(const std::vector<rule>& rules, places& at, const object& data);
  void join_optional(const item_type& type, place_history& at, const value& content);
  void join_value(const item_type& type, place_history& at, const value& content);

  // `view` is the nearest optional place above; null at the top.
  void change_fields(const std::vector<rule>& rules, places& at, const object* before, const object& after, place_history* view);
  void change_optional(const item_type& type, place_history& at, const value* before, const value* after, place_history* view);
  void change_value(const item_type& type, place_history& at, const value* before, const value& after, place_history* view);
  void change_entries(const item_type& type, place_history& at, const map& before, const map& after, place_history* view);
  void change_reference(place_history& at, const value* before, const value& after);
  bool is_of_another_type(const value& before, const value& after);

  const object_source& space_;
  const recipe& type_;
  value_origin here_; ///< the node that is being added
  bool all_found_ = true;
};

/// The history below `head`, from `space.remembered()`, which then no longer has it, or by a walk: down to a node that is remembered, or to the first one.
/// Nothing where it is no line, or cannot be read.
std::optional<line_history> history_below(const object_space& space, const recipe& type, const named_version_node& head);

/// A change of what is remembered, or of a first version, is remembered in turn, so that merges after many changes find the history known.
void remember_change(const object_space& space, const named_version_node& before, const named_version_node& now, std::string_view text);

} // namespace lama::protocol::detail
