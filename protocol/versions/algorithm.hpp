#pragma once

#include "protocol/objects/recipe.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>
#include <vector>

/// How the values of a field merge (docs/protocol/01 §5.4).
namespace lama::protocol::detail {

enum class algorithm {
  newest,      ///< the peer's `Register`: the value that was set last
  items,       ///< `Set`: bag, set, array by items
  reference,   ///< `ReferenceToObj`
  linked_list, ///< `LinkedListCrdtAlgorithm`
  map_entries, ///< by key
  fields,      ///< of a nested object, by field
};

/// The path's steps are field names and map keys from the top of an object of `type`. Null for `type`: below a reference, where the defaults hold.
/// `unsupported` for what a recipe configures and we do not know.
result<algorithm> algorithm_for(const recipe* type, const std::vector<std::string>& path, item_kind kind);

/// A type that only nodes of ours know: there we may merge better than the stock peer does, as long as all do so alike.
bool is_own_type(std::string_view type);

/// What a recipe configures for (path, kind); empty for nothing.
std::string_view configured_algorithm(const recipe& type, const std::vector<std::string>& path, std::string_view kind);

} // namespace lama::protocol::detail
