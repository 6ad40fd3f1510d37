#pragma once

#include "protocol/objects/object_space.hpp"

#include <optional>
#include <string_view>
#include <vector>

/// The links of a channel's entries, as the walks of the exporter need them (docs/protocol/04 §4.1).
namespace lama::protocol::sync {

struct entry_links {
  hash creation_time;
  std::optional<hash> previous;
  std::vector<hash> metadata;
};

/// Nothing where the facts are not those of a LinkedListEntry.
std::optional<entry_links> links_of(const object_facts& facts);

/// Reads an entry; `not_found` where it is not here, `bad_input` where it is something else.
result<entry_links> read_entry(const object_source& from, const hash& entry);

/// Where an entry stands in its list: by time, then by hash (docs/protocol/01 §5.5).
struct entry_place {
  double timestamp = 0;
  hash creation_time;
  friend auto operator<=>(const entry_place&, const entry_place&) = default;
};
result<entry_place> place_of(const object_source& from, const entry_links& entry);

/// The newest entry of a ChannelInfo version; nothing for an empty channel and for other types.
std::optional<hash> list_head(const object_source& from, const hash& data);

/// The names in the tree of `root`, itself included; at most `limit`. Other entries of a list are not part of it.
std::vector<hash> tree_names(const object_source& from, const hash& root, std::size_t limit);

} // namespace lama::protocol::sync
