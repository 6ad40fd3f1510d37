#pragma once

#include "protocol/versions/line_history.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <optional>

/// The merge of two versions of one object (docs/protocol/01 §5.3).
namespace lama::protocol::detail {

enum class merge_route {
  shortest, ///< without the history, where that gives the same result
  generic,  ///< always by the operations of the whole history
};

struct merged_data {
  hash name;
  std::optional<line_history> history; ///< below the merge to be made of the two, as far as it is known
};

/// Merges the data of the version nodes `first` (the head) and `second`, and stores the result. Neither is an ancestor of the other.
result<merged_data> merge_data(object_space& space, const named_version_node& first, const named_version_node& second, merge_repairs repairs,
                               merge_route route = merge_route::shortest);

/// Do versions of this type differ in the heads of linked lists alone, so that the two current ones decide?
bool merges_by_lists_alone(const recipe& type);

} // namespace lama::protocol::detail
