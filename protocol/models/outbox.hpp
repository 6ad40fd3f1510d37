#pragma once

#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/lama_objects.hpp"

/// How a message written on the sparse instance gets into a conversation of the archive (docs/architecture.md, "Who am I to others?").
///
///   sparse   ChatMessage and CreationTime, finished ──► LamaOutboxEntry in channel lama.outbox.<n>, owner: the sparse person
///   archive  checks it ──► the same CreationTime in the conversation's channel, signed as the public person
///                      ──► LamaReceipt in channel lama.receipts, owner: the archive's person
namespace lama::models {

// The sparse side

/// The persons of one user: the sparse instance's own, and the one that others know (the archive's).
struct user_persons {
  hash sparse;
  hash archive;
};

inline constexpr std::string_view outbox_prefix = "lama.outbox.";
inline constexpr std::string_view receipts_channel = "lama.receipts";
/// Entries of one outbox channel; then the next one begins, and the old one can go when all of it is acknowledged.
inline constexpr std::size_t outbox_rotation = 1000;

/// The outbox channel in use.
struct outbox_state {
  uint64_t number = 0; ///< 0: none yet
  std::size_t entries = 0;
  int64_t last_timestamp = 0; ///< of the newest message written here
};
/// Reads it back out of the store, for a start after which nothing is known. Walks the newest outbox.
outbox_state find_outbox(const object_source& from, const hash& sparse_person);
/// As a note of the host's, so that it need not be walked for.
std::string encode(const outbox_state& state);
std::optional<outbox_state> decode_outbox_state(std::string_view note);

struct draft {
  std::string conversation; ///< id of a LamaConversation that is here
  std::string text;
  std::vector<hash> attachments; ///< of stored BlobDescriptor objects
  bool needs_ai = false;
  std::vector<std::pair<std::string, std::string>> flags;
};
struct written {
  hash creation_time; ///< the name of the message from now on, in outbox, receipt and conversation
  int64_t timestamp = 0;
  hash outbox_channel;
  hash outbox_entry; ///< the LinkedListEntry
  bool new_channel = false;
};
/// Finishes a message, offline or not, and puts it into the outbox; `state` moves on. Its time is after everything of the conversation
/// that is known here and after everything written here before. `as` signs as the sparse person. Errors: `not_found` (no such
/// conversation), `conflict` (it takes no messages), `too_large`.
result<written> write_message(object_space& space, const user_persons& who, outbox_state& state, const draft& what, const signer& as, int64_t now_ms);

/// An edit or deletion of a message of this user, or how far they have read, which go the same way. They show here at once.
struct change_draft {
  std::string conversation;
  hash message; ///< its CreationTime
  annotation_kind kind = annotation_kind::edit;
  std::string text;
};
/// As `write_message`; `conflict` also where a participant's node would not understand it, and the errors of `annotate`.
result<written> write_change(object_space& space, const user_persons& who, outbox_state& state, const change_draft& what, const signer& as, int64_t now_ms);

/// Outbox entries that have no receipt yet, oldest first: what the page shows in place of the messages.
struct pending_message {
  lama_outbox_entry entry;
  int64_t timestamp = 0;
};
std::vector<pending_message> pending_messages(const object_source& from, const user_persons& who, std::size_t limit);

/// Messages of the two newest outboxes that the archive refused; changes of messages are none.
struct refused_message {
  std::string conversation;
  hash message; ///< its CreationTime
  int64_t timestamp = 0;
  std::string reason; ///< for people
};
std::vector<refused_message> refused_messages(const object_source& from, const user_persons& who, std::size_t limit);

// The archive's side

/// What the archive knows when an outbox entry comes in.
struct outbox_policy {
  user_persons who;
  key32 sparse_sign_key{}; ///< pinned at provisioning
  /// Was this CreationTime posted or refused before? Answers the receipt. The host looks it up in its notes.
  std::function<std::optional<hash>(const hash& creation_time)> receipt_of;
};

enum class outbox_outcome {
  post,     ///< into the conversation, with a receipt
  refuse,   ///< a receipt says why
  repeated, ///< it was dealt with before: nothing to write
};

/// What is to be done about one entry; nothing is written yet.
struct delivery_plan {
  outbox_outcome outcome = outbox_outcome::refuse;
  lama_outbox_entry entry;
  drafted_entry message;                    ///< as it will be posted; its CreationTime is `entry.message` unless it had to be given a newer time
  hash conversation_channel;                ///< zero where refused; of an annotation the user's channel beside the conversation, made where there is none
  std::string payload_text;                 ///< of an annotation: as it will be posted
  std::optional<lama_annotation> read_mark; ///< goes into the LamaConversation, and nowhere else
  audience share_with;                      ///< of an annotation
  lama_receipt receipt;
  drafted_entry receipt_entry;
  hash known_receipt;        ///< repeated: the LamaReceipt of the first time
  std::vector<hash> to_sign; ///< by the archive's person, for `carry_out`
};
/// Checks one entry of an outbox channel: made and signed by our sparse instance, sender the public person, a conversation that is there
/// and takes messages. What may not be posted is refused with a reason. A time that is in the future or deep below the newest entries
/// is no reason to lose a message: it gets a new one, and the receipt tells which. An error means that nothing can be said now:
/// `forbidden` for an entry that our sparse instance did not make (no receipt; count it), `not_found` where something that it refers
/// to is not here yet (try again later).
result<delivery_plan> plan_delivery(const object_source& from, const outbox_policy& policy, const hash& outbox_channel, const hash& outbox_entry,
                                    int64_t now_ms);

struct delivery {
  hash receipt; ///< the LamaReceipt: remember it under `entry.message` for `receipt_of`, in the same transaction
  std::optional<posted> message;
};
/// Posts message and receipt; for `repeated` it answers the known receipt and writes nothing. `as` signs as the archive's person.
result<delivery> carry_out(object_space& space, const delivery_plan& plan, const outbox_policy& policy, const signer& as, int64_t now_ms);

/// The receipts channel, made and granted to the sparse person.
result<hash> open_receipts(object_space& space, const user_persons& who, int64_t now_ms);
/// Is this an outbox of our sparse instance?
bool is_outbox(const channel_key& key, const user_persons& who);

} // namespace lama::models
