#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// One hash that says what a store holds, and a tree under it that finds where two stores differ (docs/backup.md, "Digest").
///
/// Leaves are sorted. A node of at most `leaves_a_node` of them is SHA-256("L" ‖ leaves), a greater one SHA-256("N" ‖ (byte, child)…)
/// with a child for each next byte that occurs, an empty one 32 zero bytes. So the hash says the set and nothing else: not the order of
/// writing, not the indexes, not the node's own notes.
namespace lama::storage {

enum class digest_tree : uint8_t {
  objects, ///< leaf: the name of an object, id object or blob that is here
  heads,   ///< leaf: an id and the data of its current version
};

inline constexpr std::size_t leaves_a_node = 16;

struct digest_node {
  hash value{};
  uint64_t count = 0; ///< of leaves

  friend bool operator==(const digest_node&, const digest_node&) = default;
};

/// A node and what is right below it.
struct digest_level {
  digest_node self;
  std::vector<std::pair<uint8_t, digest_node>> children; ///< by the next byte
  std::vector<std::string> leaves;                       ///< in place of children: 32 bytes a name, 64 for a head
};

/// Which heads count: all of them; or those that this instance shares with its other one, by that one's person: what it grants to it, and
/// what it has from it. What one side grants is what the other has, so the two trees are the same when both are at rest.
struct digest_scope {
  std::optional<hash> granted_to{};
  std::optional<hash> received_from{};
};

/// The node of all leaves that begin with `prefix` (at most 32 bytes). Reads them all: a second for each million at the root.
/// Errors: the disk's; `overloaded` where the store waits to open its files again.
result<digest_level> digest_below(const snapshot& from, digest_tree tree, std::string_view prefix = {}, const digest_scope& scope = {});

/// Both trees as one: SHA-256("lama digest 1" ‖ objects ‖ heads).
result<hash> digest_of(const snapshot& from);
hash joined_digest(const digest_node& objects, const digest_node& heads);

/// Of leaves that are sorted and all begin with the same `depth` bytes.
digest_level digest_level_of(const std::vector<std::string>& leaves, std::size_t depth);

} // namespace lama::storage
