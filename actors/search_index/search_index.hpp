#pragma once

#include "actors/common/message.hpp"
#include "actors/instance/user_context.hpp"
#include "actors/object_store/interface.hpp"
#include "protocol/models/text_index.hpp"

#include <set>
#include <vector>

namespace lama::actors {

/// To itself: the next piece of work.
struct index_some {};
LAMA_MESSAGE(index_some)

/// Keeps the texts of all conversations of one archive for searches (protocol/models/text_index.hpp). Works in small pieces when nothing else is new; what it
/// has not come to yet, a search reads itself. Detached in production.
using search_index_actor = caf::typed_actor<caf::reacts_to<objects_committed>, caf::reacts_to<index_some>, caf::replies_to<get_status>::with<status_report>>;

struct search_index_state {
  static inline const char* name = "search-index";

  user_context_ptr user;
  std::set<hash> stale; ///< channels to look at
  bool is_due = false;
  // The channel under way: its entries are gathered first, newest first, and then written from the oldest on.
  hash channel{};
  models::index_state known;
  std::vector<hash> entries;
  std::optional<hash> next; ///< still to be gathered
  bool gathering = false;
  bool writing = false; ///< the store has not answered yet
  uint64_t blocks = 0;  ///< written since the start
};

search_index_actor::behavior_type search_index(search_index_actor::stateful_pointer<search_index_state> self, user_context_ptr user);

} // namespace lama::actors
