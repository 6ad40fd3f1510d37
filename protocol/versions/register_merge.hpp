#pragma once

#include "protocol/versions/merge.hpp"

#include <optional>

/// Merging with an Edge without the history, for types of registers, sets, bags and arrays alone (docs/protocol/01 §5.3).
///
/// The nodes of such a history stand in one line: changes, and merges with an Edge, down to a first Edge. There the generic merge comes to this. A register
/// has the value that was set last, among the edges down to the nearest change that set it; which one that is, each further node changes in one step. And an
/// item is in the head's data exactly where the nearest operation on it added it, so that the merge is the union of both.
namespace lama::protocol::detail {

bool merges_by_origins(const recipe& type);

/// Nothing where the history has another shape, or cannot be read: then the generic merge decides, or says what is wrong.
/// The first call for a head walks its history; `space.remembered()` spares the next ones that.
std::optional<object> merge_by_origins(const object_space& space, const recipe& type, const named_version_node& head, const object& head_data,
                                       const named_version_node& edge, merge_repairs repairs);

} // namespace lama::protocol::detail
