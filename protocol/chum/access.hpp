#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// What one remote person may see: the roots of docs/protocol/03 §5.
namespace lama::protocol::chum {

enum class root_type : uint8_t { unversioned, versioned, id, version_node };

struct root {
  root_type type = root_type::unversioned;
  hash name;            ///< of the object or the version node; of `id`, the id hash
  hash id;              ///< of `versioned`, `id` and `version_node`
  std::string one_type; ///< type of the object, or of the data of a version node

  friend bool operator==(const root&, const root&) = default;
};

/// How the versions of an id are offered.
enum class version_offer : uint8_t {
  edge_of_head, ///< the head as one Edge: what any importer makes of it anyway (docs/protocol/03 §5.4)
  history,      ///< every node, as the stock peer: for its vectors
};

struct audience {
  hash person;
  /// The remote is a node of ours and takes types that a stock peer does not know; one such type would end a stock peer's importer.
  bool knows_our_types = false;
  version_offer offer = version_offer::edge_of_head;
};

struct accessible {
  std::vector<root> roots; ///< each name once; per id its `id` root stands before its nodes, nodes oldest first
  /// Texts of offered Edges, which need not be stored.
  std::unordered_map<hash, std::string> edges;
};

/// Types that no importer takes, in whatever role (docs/protocol/03 §6.4).
bool is_grant_type(std::string_view type);

/// Reads the current grants that name the person, and those that name a group with the person in it (docs/protocol/03 §5.2).
/// A grant on what is absent or unreadable is skipped: it must not hide the others. At most limits::chum_list_entries roots. What reaches a text of an
/// unknown type is left out where the remote is not ours; `clean`, if given, remembers what does not.
accessible accessible_roots(const object_source& from, const audience& who, std::unordered_set<hash>* clean = nullptr);

/// The list as it travels (docs/protocol/03 §5.3).
std::string write_roots(const std::vector<root>& roots);
/// Errors as the peer's: DAH-PAO1 to DAH-PAO3 in `detail`.
result<std::vector<root>> read_roots(std::string_view text);

} // namespace lama::protocol::chum
