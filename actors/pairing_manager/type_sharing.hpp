#pragma once

#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the archive shares with a device of the user beside conversations and contacts: the types that the user registered, the objects of these, and
/// texts of types that nobody registered (docs/store.md). A device that is new has none of them, and there may be a hundred thousand: they are granted
/// some at a time, and a note says how far that is, so that it goes on after a restart.
namespace lama::actors {

inline constexpr std::string_view type_sharing_note = "types/to-share";

struct type_sharing {
  hash person{};      ///< of the device
  std::string type;   ///< granted now; empty: the texts, which come last
  std::string cursor; ///< within the type: a position of `snapshot::objects_of_type`; within the texts: the name of a note

  std::string to_note() const;
  static std::optional<type_sharing> from_note(std::string_view note);
};

/// From the beginning: Recipes first, since a device that knows a type takes its objects for what they are.
type_sharing sharing_with(const hash& person);

/// Grants the next ones; answers where to go on, or nothing at the end. Grants that are there already write nothing.
result<std::optional<type_sharing>> share_some(const storage::snapshot& from, storage::transaction& to, type_sharing at, int64_t now_ms);

} // namespace lama::actors
