#pragma once

#include "protocol/objects/object_space.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Version nodes: the unversioned objects that tie the versions of an id to each other (docs/protocol/01 §5.1).
namespace lama::protocol {

enum class version_node_kind {
  edge,   ///< the first version, or one that came from outside; nothing before it
  change, ///< a local change on top of one node
  merge,  ///< two nodes became one
};

struct version_node {
  version_node_kind kind = version_node_kind::edge;
  hash data;
  std::vector<hash> previous; ///< none, one, or the merged ones in stored (text) order
  double depth = 0;
  double creation_time = 0; ///< ms since 1970; fractions are possible

  friend bool operator==(const version_node&, const version_node&) = default;
};

struct named_version_node {
  hash name;
  version_node node;
};

bool is_version_node_type(std::string_view type);

/// What an importer makes of any received version, and what we offer in place of a history.
version_node edge_to(const hash& data, double creation_time);

std::string write_version_node(const version_node& x);

/// Fails for other types, and for times and depths that are no finite numbers: they could not be ordered.
result<version_node> parse_version_node(std::string_view text, const recipe_table& recipes);

/// As `load`: `not_found`, or `corrupt` where the text is no version node.
result<version_node> load_version_node(const object_source& from, const hash& name);

} // namespace lama::protocol
