#include "protocol/versions/merge.hpp"

#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/line_follower.hpp"
#include "protocol/versions/line_merge.hpp"
#include "protocol/versions/merger.hpp"
#include "protocol/versions/version_node.hpp"

#include <algorithm>

namespace lama::protocol::detail {

namespace {

/// The generic merge comes to this: id fields are the same in all versions of an id; and a list has a head in a version exactly where the nearest
/// operation on it below that version is a `set`, so that both current heads, where they are present, take part and nothing older does.
result<object> merge_current_lists(object_space& space, object first, const object& second) {
  if (second.type != first.type)
    return fail(errc::corrupt, "versions of different types: " + first.type + " and " + second.type);
  auto* type = space.recipes().find(first.type);
  for (auto& field : type->rules) {
    if (field.is_id)
      continue;
    LAMA_TRY(head, merge_lists(space, first.reference(field.name), second.reference(field.name)));
    if (head)
      first.set(field.name, *head);
  }
  return first;
}

} // namespace

bool merges_by_lists_alone(const recipe& type) {
  return std::all_of(type.rules.begin(), type.rules.end(), [&](auto& field) {
    auto how = algorithm_for(&type, {field.name}, field.type.kind);
    return how && (field.is_id ? *how == algorithm::newest : *how == algorithm::linked_list);
  });
}

result<merged_data> merge_data(object_space& space, const named_version_node& first, const named_version_node& second, merge_repairs repairs,
                               merge_route route) {
  LAMA_TRY(first_data, load(space, first.node.data));
  const auto* type = route == merge_route::shortest ? space.recipes().find(first_data.type) : nullptr;
  std::optional<line_history> history;
  auto merge = [&]() -> result<object> {
    if (type && merges_by_lists_alone(*type)) {
      LAMA_TRY(second_data, load(space, second.node.data));
      return merge_current_lists(space, std::move(first_data), second_data);
    }
    if (type && second.node.kind == version_node_kind::edge && merges_along_line(*type))
      history = history_below(space, *type, first);
    if (auto edge_data = history ? load(space, second.node.data) : fail(errc::not_found, ""); edge_data && edge_data->type == first_data.type) {
      auto merged = merge_along_line(*type, *history, first, first_data, second, *edge_data, repairs);
      line_follower{space, *type}.join(*history, second.node, second.name, *edge_data);
      if (merged)
        return *std::move(merged);
    }
    LAMA_TRY(graph, history_graph::load(space, first, second));
    return merger{space, graph, repairs}.run();
  };
  LAMA_TRY(merged, merge());
  LAMA_TRY(text, write_object(merged, space.recipes()));
  LAMA_TRY(stored, space.put(text));
  return merged_data{stored.name, std::move(history)};
}

} // namespace lama::protocol::detail
