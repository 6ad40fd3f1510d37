#pragma once

#include "actors/conversations/interface.hpp"
#include "actors/conversations/registration.hpp"
#include "actors/instance/user_context.hpp"

#include <deque>
#include <set>
#include <string>
#include <vector>

namespace lama::actors {

struct conversations_state {
  static inline const char* name = "conversations";

  user_context_ptr user;
  channel_registration registration;
  std::set<std::string> stale; ///< conversations whose LamaConversation is to be looked at
  std::vector<hash> topics;    ///< that arrived, not looked at yet
  std::vector<hash> channels;  ///< to be entered into the registry: that failed once
  std::set<hash> outboxes;     ///< outbox channels with new entries
  bool refresh_is_due = false;
  bool outbox_is_due = false;
  uint32_t failures = 0;    ///< writes in a row
  bool outbox_runs = false; ///< one transaction at a time: the next one sees what it posted
  uint64_t receipts = 0; ///< outbox entries that were answered since the actor started
  uint64_t forged = 0;
  uint64_t imported = 0;
};

conversations_actor::behavior_type conversations(conversations_actor::stateful_pointer<conversations_state> self, user_context_ptr user);

} // namespace lama::actors
