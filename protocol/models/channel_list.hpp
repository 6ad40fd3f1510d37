#pragma once

#include "protocol/models/vocabulary.hpp"

/// One step below channels.hpp: walking a list of entries and writing new ones into it.
namespace lama::models::detail {

struct list_entry {
  hash entry;
  hash creation_time;
  double timestamp = 0;
  hash payload;
  object text; ///< the LinkedListEntry, so that it can be written anew with another `previous`
  std::optional<hash> previous;
};
/// `not_found` where the entry or its CreationTime is not here.
result<list_entry> read_list_entry(const object_source& from, const hash& entry);

struct creation_time {
  double timestamp = 0;
  hash payload;
};
result<creation_time> read_creation_time(const object_source& from, const hash& name);

/// Where an element belongs in a list.
struct place_in_list {
  std::optional<hash> existing;  ///< it is there: this entry
  std::vector<list_entry> above; ///< the newer ones, newest first; they must be written anew
  std::optional<hash> below;     ///< absent: at the bottom
};
/// Walks down at most `limits::channel_rebuild` newer entries, then fails with `conflict`.
result<place_in_list> find_place(const object_source& from, const std::optional<hash>& head, double timestamp, const hash& creation_time);

struct inserted {
  hash entry;
  hash head;
};
result<inserted> insert_at(object_space& space, const place_in_list& place, const hash& creation_time, const hash& signature);
std::string entry_text(const hash& creation_time, const hash& signature, const std::optional<hash>& previous);

} // namespace lama::models::detail
