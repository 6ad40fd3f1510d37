#pragma once

#include "protocol/versions/history_graph.hpp"
#include "protocol/versions/operations.hpp"
#include "protocol/versions/versions.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lama::protocol::detail {

/// Merges by the operations of the whole history (docs/protocol/01 §5.3). Used once.
class merger {
public:
  merger(object_space& space, const history_graph& graph, merge_repairs repairs) : space_{space}, graph_{graph}, repairs_{repairs}, objects_{space} {
    // nop
  }

  result<object> run();

private:
  using nodes = std::vector<std::size_t>;
  enum class place { field, map_entry };

  result<done> record_operations(const recipe& type);
  result<const object*> data_of(std::size_t node);
  /// What stands at the current path in a node's data; null where there is nothing.
  result<const value*> value_in(std::size_t node);

  result<object> merge_fields(const std::vector<rule>& rules, const history_view& view, const operation_site& at, object base);
  result<std::optional<value>> merge_optional(const item_type& type, const history_view& view, const operation_site& at, place where);
  // Nothing where neither version has a value.
  result<std::optional<value>> merge_values(const item_type& type, const history_view& view, const operation_site& at, place where);
  result<std::optional<value>> merge_newest(const history_view& view, const operation_site& at);
  result<std::optional<value>> merge_items(const history_view& view, const operation_site& at);
  result<std::optional<value>> merge_maps(const item_type& type, const history_view& view, const operation_site& at);
  result<std::optional<value>> merge_nested(const item_type& type, const history_view& view, const operation_site& at);
  result<std::optional<value>> merge_references(const history_view& view, const operation_site& at, place where);
  result<std::optional<value>> merge_targets(const history_view& view, const operation_site& at, std::size_t start);
  result<std::optional<value>> merge_linked_lists(const history_view& view);
  /// What a nested object or map is built on.
  result<const value*> base_of(const history_view& view);
  /// One of the two lacks what the other has, though no operation says so.
  result<const value*> ghost(const value* first, const value* second) const;

  std::optional<std::size_t> last_by_time(const nodes& candidates) const;
  bool is_as_late(std::size_t a, std::size_t b) const;
  bool is_later(std::size_t a, std::size_t b) const;
  bool keeps_item(const history_view& view, const operation_site& at, const std::string& item, bool was_common) const;

  object_space& space_;
  const history_graph& graph_;
  merge_repairs repairs_;
  object_cache objects_;
  operation_site root_;
  const recipe* type_ = nullptr;
  /// Merged as types of ours are (docs/protocol/01 §5.6), so that every order of arrival gives the same bytes.
  /// Of two nodes of one millisecond the peer takes the one with the greater hash. But a local change is an Edge to everybody else, with another hash, so
  /// that two sides may each keep their own for ever. Types of ours therefore take the greater value; stock types merge as the peer does.
  bool is_ours_ = false;
  std::vector<std::string> path_;
  int references_ = 0;
};

} // namespace lama::protocol::detail
