#pragma once

#include "actors/common/message.hpp"
#include "actors/object_store/interface.hpp"
#include "protocol/models/annotations.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lama::actors {

struct create_conversation {
  std::string name;               ///< empty for a one-to-one conversation
  std::vector<hash> participants; ///< persons beside the user; one for a one-to-one conversation
  std::string request{};          ///< the caller's name for this call: given again, the first one answers. Empty: none
};
LAMA_MESSAGE(create_conversation, x.name, x.participants)

struct conversation_created {
  std::string conversation; ///< its id: the channel's and topic's
};
LAMA_MESSAGE(conversation_created, x.conversation)

/// A message written on this (the archive's) side.
struct post_message {
  std::string conversation;
  std::string text;
  std::vector<hash> attachments; ///< BlobDescriptor objects
  std::string request{};         ///< as in `create_conversation`
};
LAMA_MESSAGE(post_message, x.conversation)

struct message_posted {
  hash creation_time{}; ///< the message's lasting name (docs/protocol/04 §4.3)
};
LAMA_MESSAGE(message_posted, x.creation_time)

/// An edit or deletion of a message of one's own, or how far the user has read (protocol/models/annotations.hpp). Both sides understand it: the archive posts
/// it, the sparse side puts it into its outbox, and both answer with the annotation's CreationTime.
struct change_message {
  std::string conversation;
  hash message{}; ///< its CreationTime
  models::annotation_kind kind = models::annotation_kind::edit;
  std::string text;
  std::string request{}; ///< as in `create_conversation`
};
LAMA_MESSAGE(change_message, x.conversation, x.message)

struct message_changed {
  hash creation_time{};
};
LAMA_MESSAGE(message_changed, x.creation_time)

/// From a chum session with a contact: does their node take changes of messages?
struct peer_understands {
  hash person{};
  bool changes = false;
};
LAMA_MESSAGE(peer_understands, x.person, x.changes)

/// Lines of imported history (docs/import.md), in the file's order. Lines that were stored before are skipped: repeating is harmless.
struct import_lines {
  std::string conversation; ///< its title; made at the first call
  std::string source;       ///< file name or program, as it will be shown
  uint64_t first_line = 1;
  std::vector<std::string> lines;
  std::map<std::string, hash> people{}; ///< author in the file → person; other authors become contacts without keys
};
LAMA_MESSAGE(import_lines, x.conversation, x.source, x.first_line)

struct lines_imported {
  std::string conversation; ///< its id
  uint64_t stored = 0;
  uint64_t already_there = 0;
  std::vector<std::string> problems; ///< "line 17: no time"; such lines are skipped
};
LAMA_MESSAGE(lines_imported, x.conversation, x.stored, x.already_there, x.problems)

/// To itself: bring LamaConversation up to date; take the outbox in. Many commits make one round.
struct refresh_conversations {};
LAMA_MESSAGE(refresh_conversations)
struct take_outbox {};
LAMA_MESSAGE(take_outbox)

/// The archive's conversations of one user: topics, channels, posting, imported history, the sparse instance's outbox, and what the
/// sparse instance sees of it all (LamaConversation, grants).
using conversations_actor =
    caf::typed_actor<caf::reacts_to<objects_committed>, caf::reacts_to<refresh_conversations>, caf::reacts_to<take_outbox>,
                     caf::replies_to<create_conversation>::with<conversation_created>, caf::replies_to<post_message>::with<message_posted>,
                     caf::replies_to<change_message>::with<message_changed>, caf::reacts_to<peer_understands>,
                     caf::replies_to<import_lines>::with<lines_imported>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
