#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

/// Who may bring what (docs/architecture.md, "Who may bring what"). Import is denied by default and allowed by (who, type, id).
/// The rules are one table in import_policy.cpp; everything here is a pure function of it.
namespace lama::protocol::policy {

enum class origin : uint8_t {
  archive_of_mine, ///< my archive's person, asked by my sparse instance
  sparse_of_mine,  ///< my sparse instance's person, asked by my archive
  contact,         ///< anybody else
};

class strategy_table; // sync_strategy.hpp

/// Who wrote the message with this CreationTime; nothing where that is not known here (yet).
using message_author = std::function<std::optional<hash>(const hash& creation_time)>;

/// Between whom objects pass. Both are person ids; `remote` was authenticated by the connection.
struct parties {
  origin from = origin::contact;
  hash me;
  hash remote;
  /// Types that the configuration keeps on this instance; null for none. Outlives the parties.
  const strategy_table* strategies = nullptr;
  /// Null: what is said of messages is not held against who wrote them. Outlives the parties.
  const message_author* author_of_message = nullptr;
};

/// What an object would become here.
enum class role : uint8_t {
  child,   ///< stored below a root; becomes nothing by itself
  id,      ///< an id object, granted or below a root
  root,    ///< granted as this one object: kept, but not the current version of anything
  version, ///< the current version of its id, or merged into it
};

/// How far a type may come.
enum class reach : uint8_t {
  never,     ///< not even its id object
  id_only,   ///< its id object, which is a name and nothing else
  below,     ///< also as a child of what may come
  authored,  ///< as a child, where the remote is its author, and that of the message it is about
  theirs,    ///< also as a root or version, where it belongs to the remote
  topic,     ///< in every role only where it names a channel that the remote may bring: storing it has effects by itself
  by_itself, ///< as a root, whatever it says
  any,       ///< in every role, versions included
};

/// One line of the table. A type ending in `*` stands for all that begin so; the first line that fits counts.
struct row {
  std::string_view type;
  reach from_archive;
  reach from_sparse;
  reach from_contact;
};
std::span<const row> table();

/// What the table says of a type that came from there.
reach reach_of(origin from, std::string_view type);

enum class verdict : uint8_t {
  allowed,
  denied,
  depends, ///< on the content, which was not given
};

struct subject {
  policy::role role = role::child;
  std::string_view type;
  /// The object, or its id object: the fields that decide are id fields. Null while only the type is known.
  const object* content = nullptr;
};

struct judgement {
  policy::verdict verdict = verdict::denied;
  /// Why, for logs and counters; empty where allowed.
  std::string_view reason;
};

judgement judge(const parties& between, const subject& what);

/// As `judge`, reading what it needs: `text` is an object's or id object's, its type known to `recipes`.
/// Errors: `forbidden` with the reason, or why the text cannot be read.
result<done> admit(const parties& between, role as, std::string_view text, const recipe_table& recipes);

} // namespace lama::protocol::policy
