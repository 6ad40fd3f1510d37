#pragma once

#include "protocol/models/channels.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/lama_objects.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Edits and deletions of messages (docs/annotations.md). A message stays what it is; what its sender says of it later is a LamaAnnotation
/// in a channel of the sender's beside the conversation, which is shared with persons alone whose nodes understand it.
///
/// Everything here is a pure function of what is in the store: two nodes that have the same annotations show the same, in whatever order
/// these came.
namespace lama::models {

enum class annotation_kind : uint8_t {
  edit,        ///< the message reads like `text` from then on
  delete_this, ///< nothing of it is shown any more, and no edit changes that
  read,        ///< this message and all before it were seen; between the user's own instances alone, whoever wrote the message
};

struct lama_annotation {
  std::string conversation; ///< where the message stands; for those who are told of the change
  hash message;             ///< its CreationTime
  hash author;
  annotation_kind kind = annotation_kind::edit;
  std::string text;
  int64_t time = 0; ///< milliseconds since 1970; the newest edit counts
};
std::string text_of(const lama_annotation& x);
/// `bad_input` for another type.
result<lama_annotation> read_annotation(const object& x);

/// The channel of one author beside a conversation.
channel_key annotations_of(std::string_view conversation, const hash& author);
/// The conversation beside which a channel of this id stands; nothing for other channels.
std::optional<std::string_view> annotated_conversation(std::string_view channel_id);

/// `conflict` with the reason, where the messages of this conversation cannot be changed.
result<done> check_takes_changes(const lama_conversation& x);

/// What became of a message.
struct message_change {
  bool deleted = false;
  std::string text; ///< what it says now; empty where it is deleted
  int64_t time = 0; ///< when
};
/// Of the message with this CreationTime, which `sender` wrote. Others may have annotations of it in the store: they do not count, nor does
/// what our archive refused. Nothing: it is as it was sent.
std::optional<message_change> change_of(const object_source& from, const hash& creation_time, const hash& sender);

/// Who wrote the message with this CreationTime; nothing where it is not here, or none.
std::optional<hash> sender_of(const object_source& from, const hash& creation_time);

/// The annotation by which `author` changes a message now. Errors: `not_found` (no such message here), `forbidden` (another's message),
/// `conflict` (imported, deleted already, too many changes), `too_large`, `bad_input` (an empty text, where it has no attachment).
result<lama_annotation> annotate(const object_source& from, std::string_view conversation, const hash& message, annotation_kind kind, std::string_view text,
                                 const hash& author, int64_t now_ms);

/// That the user has seen the conversation up to this message. `not_found` where that is not here.
result<lama_annotation> annotate_read(const object_source& from, std::string_view conversation, const hash& message, const hash& reader, int64_t now_ms);
/// Out of a note that holds milliseconds since 1970; 0 where there is none.
int64_t read_time_in(const std::optional<std::string>& note);
/// On the archive: into the LamaConversation, which all instances of the user have. Reading never goes back.
result<done> mark_read(object_space& space, const lama_annotation& x, int64_t now_ms);

/// The author's channel beside the conversation, made where there is none, and granted to these.
result<hash> open_annotations(object_space& space, std::string_view conversation, const hash& author, const audience& who, int64_t now_ms);

} // namespace lama::models
