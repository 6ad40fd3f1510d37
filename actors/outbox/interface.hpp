#pragma once

#include "actors/common/message.hpp"
#include "actors/conversations/interface.hpp"
#include "actors/object_store/interface.hpp"

#include <string>
#include <vector>

namespace lama::actors {

/// A message written on the sparse side, offline or not: finished here, and posted by the archive (docs/architecture.md, "Outbox").
struct send_message {
  std::string conversation;
  std::string text;
  std::vector<hash> attachments; ///< BlobDescriptor objects
  bool needs_ai = false;
  std::string request{}; ///< the caller's name for this message: given again, the first one answers. Empty: none
};
LAMA_MESSAGE(send_message, x.conversation)

/// Before a conversation's id: up to which time this device's user has read it, in milliseconds since 1970.
inline const std::string read_note = "read/";

struct message_sent {
  hash creation_time{}; ///< the message's lasting name, also after it was posted
};
LAMA_MESSAGE(message_sent, x.creation_time)

/// The sparse instance's outbox of one user.
using outbox_actor = caf::typed_actor<
    // Durable when answered. `not_found`: no such conversation here.
    caf::replies_to<send_message>::with<message_sent>, caf::replies_to<change_message>::with<message_changed>, caf::reacts_to<objects_committed>,
    caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
