#pragma once

#include "protocol/versions/line_history.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <optional>

namespace lama::protocol::detail {

/// Merges a head with an Edge by what is known of the head's history (docs/protocol/01 §5.3): the same as the walk of all its nodes.
///
/// A register has the value that was set last; an item is in the head's data exactly where the nearest operation on it added it, so that lists are united;
/// nested objects merge by field, maps by key. Nothing where more than that would count: a map of a stock type after a change whose operations do not say
/// all it did, an optional object or map that the Edge lacks and that one version brought, and others changed in certain ways. Then the walk decides.
std::optional<object> merge_along_line(const recipe& type, const line_history& history, const named_version_node& head, const object& head_data,
                                       const named_version_node& edge, const object& edge_data, merge_repairs repairs);

} // namespace lama::protocol::detail
