#pragma once

#include "actors/common/message.hpp"
#include "protocol/hash.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the sparse side asks its archive for when somebody looks for what is not here (docs/chum-extension.md §5, §8).
namespace lama::actors {

/// Up to `count` entries of a channel that are older than `before_ms`; absent: the newest.
struct fetch_page {
  hash channel;
  std::optional<int64_t> before_ms;
  uint32_t count = 0;
};
LAMA_MESSAGE(fetch_page, x.count)

/// Objects and blobs in the tree of this entry of a channel.
struct fetch_objects {
  hash channel;
  hash entry;
  std::vector<hash> names;
};
LAMA_MESSAGE(fetch_objects, x.channel, x.entry)

/// The session with one's own archive, while there is one. Answers when it is stored here; `offline` where the connection goes, or what the
/// archive says.
using archive_fetcher = caf::typed_actor<caf::replies_to<fetch_page>::with<ok>, caf::replies_to<fetch_objects>::with<ok>>;

/// Its role, before "/USER". It stays there until the next session takes it: a request to one that ended fails at once.
inline constexpr const char* archive_fetcher_role = "archive-sync";

/// Before the channel's id in hex: a page that could not be had, offline; the next session asks for it. The note is "COUNT TIME", time 0: the newest.
inline constexpr const char* wanted_page_note = "wanted/page/";

} // namespace lama::actors
