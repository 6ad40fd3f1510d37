#pragma once

#include "actors/common/message.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What one of the user's instances lost and the other has (docs/chum-extension.md §9), over the bridge: without some objects (keys, endpoints,
/// certificates of the other instance) there is no session that could ask for them.
namespace lama::actors {

inline constexpr std::size_t given_back_bytes = 1u << 20; ///< at once, but for one larger object

/// Which of these names are here? At most limits::sync_fetch_names are looked at.
struct give_back {
  std::vector<hash> names;
};
LAMA_MESSAGE(give_back, x.names.size())

struct given_back {
  std::vector<std::string> contents; ///< texts and blobs, each by itself; what is not here, or does not pass between instances, is left out
};
LAMA_MESSAGE(given_back, x.contents.size())

/// Does an object of the type ever pass between two instances of a user?
bool passes_between_own(std::string_view type);

given_back what_is_here(const storage::snapshot& from, const std::vector<hash>& names);

/// Stores what was asked for and is still lost; answers how many that were.
result<std::size_t> take_back(storage::transaction& to, const std::vector<hash>& asked, const std::vector<std::string>& contents);

} // namespace lama::actors
