#pragma once

#include "protocol/objects/object_space.hpp"

#include <cstdint>

/// Versions of an object and how two of them become one (docs/protocol/01 §5).
namespace lama::protocol {

enum class store_mode {
  change,     ///< on top of the head (the default)
  merge,      ///< as an edge, merged with the head
  no_version, ///< the text alone: no node, the head stays
};

/// How to treat what the stock peer gets wrong (docs/protocol/01 §5.3, "Known failures"); and for types of ours, whether equal and backward clocks may
/// keep two nodes apart.
enum class merge_repairs { on, off /* as the peer, for its vectors */ };

struct stored_version {
  hash data; ///< of the version that is now current; for no_version the text's own name
  hash id;
  hash head;            ///< the version node that is now current (zero for no_version, unless the text is the current version)
  bool changed = false; ///< the head moved
};

/// Stores the text of a versioned object (docs/protocol/01 §5.2). `now_ms` becomes the node's creation time; a change of a type of ours is always later
/// than the version it is made on.
result<stored_version> store_version(object_space& space, std::string_view text, int64_t now_ms, store_mode mode = store_mode::change,
                                     merge_repairs repairs = merge_repairs::on);

/// A remote's version node, already put with all it refers to, joins the history of its id (docs/protocol/01 §5.2, "Import").
result<stored_version> import_version(object_space& space, const hash& node, merge_repairs repairs = merge_repairs::on);

/// As `import_version`, but the node's data becomes current as it is, by an Edge and without a merge: between our own two instances, where each id
/// has one writer. What joined the history before is not made current again.
result<stored_version> adopt_version(object_space& space, const hash& node);

/// The nodes that the stock peer would list for `id`, oldest first (docs/protocol/01 §5.2).
std::vector<hash> listed_version_nodes(const object_source& from, const hash& id);

/// The one node that we offer to a remote: an Edge with the head's data and creation time, stored so that its echo is known here
/// (docs/protocol/03 §5.4). Nothing where there is no head.
result<std::optional<hash>> edge_of_head(object_space& space, const hash& id);
/// Its text, without storing it.
std::optional<std::string> edge_text_of_head(const object_source& from, const hash& id);

/// Merges two lists of LinkedListEntry objects, given by their heads, and answers the head of the result; either may be absent
/// (docs/protocol/01 §5.5, 04 §4.4). A list whose next entry is held elsewhere ends there; where the lists have not met before that, the order of what
/// follows is not known and the merge fails with `not_found`.
result<std::optional<hash>> merge_lists(object_space& space, const std::optional<hash>& first, const std::optional<hash>& second);
/// Inserts a CreationTime with its metadata into the list below `head`; answers the new head (docs/protocol/04 §4.2). One that is in the
/// list already is not added again, whatever its metadata. One that is older than all that is here goes on top.
result<hash> insert_entry(object_space& space, const std::optional<hash>& head, const hash& creation_time, const std::vector<hash>& metadata);

} // namespace lama::protocol
