#pragma once

#include "actors/instance/user_context.hpp"

#include <string>
#include <vector>

/// What the sparse instance shows of the archive's conversations: LamaConversation objects and the grants that carry them over.
namespace lama::actors {

/// Topics that came from outside (docs/protocol/04 §4.6); answers the ids of those that count.
result<std::vector<std::string>> take_topics(storage::transaction& to, const user_context& user, const std::vector<hash>& topics);

/// Brings the LamaConversation of this topic id up to date and grants it, with the room's channels, to the sparse person. Writes nothing
/// where nothing changed. An id that has neither a topic nor an import is no conversation.
result<done> refresh_conversation(storage::transaction& to, const user_context& user, const std::string& id);

/// The note that this person's node takes changes of messages; absent where it is not known to.
std::string takes_changes_note(const hash& person);

/// Ids of all conversations there are.
std::vector<std::string> all_conversations(const storage::snapshot& from);

} // namespace lama::actors
