#pragma once

#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The versions of an object as a person wants them: which there were, how two of them differ, and an old one back.
namespace lama::protocol {

struct listed_version {
  hash node;
  version_node content;
  bool is_current = false;
};

struct version_list {
  std::vector<listed_version> versions; ///< newest first: by depth below the head, those of one depth by time
  bool complete = true;                 ///< false: there are more than was asked for
};

/// All versions that the current one rests on, merges included, each once. `not_found` where the id has none here.
result<version_list> list_versions(const object_source& from, const hash& id, std::size_t limit);

/// The version of `id` that is meant by the name of a version node or of its data, or by the beginning of one of them, at least four digits; by a whole
/// number: 0 is the current one, 1 the one before it in the list. `not_found`, or `conflict` where several begin so.
result<listed_version> find_version(const object_source& from, const hash& id, std::string_view meant);

struct value_change {
  std::string path;           ///< from the top: `title`, `extra.a`, `table[key]`, `order[2]`; items of sets and bags have the path of these
  std::optional<json> before; ///< nothing: it was added
  std::optional<json> after;  ///< nothing: it was removed
};

struct version_changes {
  std::vector<value_change> changes; ///< in the order of the recipe; at most limits::version_changes
  bool complete = true;
};

/// What became of each field, entry and item between two objects of one type. `bad_input` for two types, `unsupported` for one that is not known.
result<version_changes> compare_versions(const object& before, const object& after, const recipe_table& recipes);

/// Makes the data of an older version current again, as a change on top of the present one: nothing of the history is lost.
/// `conflict` where it is current already.
result<stored_version> restore_version(object_space& space, const hash& id, const hash& node, int64_t now_ms);

} // namespace lama::protocol
