#pragma once

#include "protocol/models/vocabulary.hpp"

/// Types of our own: what archive and sparse instance tell each other about contacts, conversations and messages. The archive grants
/// them to its sparse person alone; they never enter a graph that a stock peer may fetch (docs/protocol/04 §0.11). The recipes stand in
/// protocol/objects/recipes_table.cpp.
namespace lama::models {

/// A person as the page shows it; written by the archive. Versioned by person.
struct lama_contact {
  hash person;
  std::string name;
  std::string state;            ///< "contact", "blocked" or "ai"
  std::optional<hash> instance; ///< of the last endpoint
  int64_t since = 0;            ///< milliseconds since 1970
  bool mine = false;            ///< one of my own persons
  std::optional<protocol::json> about_node;
};

/// A conversation as the page lists it; written by the archive. Versioned by its id, which is the topic's.
struct lama_conversation {
  std::string id;
  std::string title;
  std::string kind; ///< "direct", "group", "ai" or "imported"
  std::vector<hash> participants;
  std::optional<hash> channel; ///< where new messages go; absent: it takes none
  std::optional<hash> last;    ///< CreationTime of the newest message
  std::optional<std::string> last_text;
  std::optional<int64_t> last_time;
  std::optional<int64_t> count;
  std::optional<std::string> state; ///< "closed": no new messages
  std::optional<std::string> imported_from;
  bool imported = false;
  std::optional<int64_t> read_time; ///< messages up to this time were seen by the user, on whatever device
  bool takes_changes = false;       ///< every participant's node understands edits and deletions (annotations.hpp)
};

/// A message on its way from the sparse instance to the archive. `needs_ai` and flags never leave our own nodes.
struct lama_outbox_entry {
  std::string conversation;
  hash message; ///< the CreationTime, which is the key under which it is posted once
  bool needs_ai = false;
  std::vector<std::pair<std::string, std::string>> flags; ///< the order is part of the hash
};

/// What became of it; written by the archive.
struct lama_receipt {
  hash message;
  bool accepted = false;
  std::optional<std::string> reason; ///< for people, where it was refused
  std::optional<hash> posted;        ///< the CreationTime in the conversation's channel
};

/// These messages of the user are durable at this person's node; written by the archive, when that node says so.
struct lama_delivered {
  std::string conversation;
  hash person;
  std::vector<hash> messages; ///< CreationTimes
};

/// A line of history from elsewhere; the payload of an imported conversation's channel.
struct lama_imported_message {
  std::string source; ///< "WhatsApp export of 2024-05-01"
  std::string author; ///< the name there
  int64_t line = 0;   ///< counts from 1
  hash message;       ///< ChatMessage with the person that the author was mapped to
};

/// How far an import came. Versioned by its id.
struct lama_import {
  std::string id;
  std::string source;
  std::string conversation;
  int64_t lines = 0;
  std::string state; ///< "running", "done", "failed: …"
};

/// A setting that both sides share. Versioned by its key.
struct lama_setting {
  std::string key;
  protocol::json content;
};

// Texts. Only flags with odd keys, or JSON that cannot be sorted (protocol::sorted_json), can fail; the store checks the rest.
result<std::string> text_of(const lama_contact& x);
std::string text_of(const lama_conversation& x);
result<std::string> text_of(const lama_outbox_entry& x);
std::string text_of(const lama_receipt& x);
std::string text_of(const lama_delivered& x);
std::string text_of(const lama_imported_message& x);
std::string text_of(const lama_import& x);
result<std::string> text_of(const lama_setting& x);

hash contact_id(const hash& person);
hash conversation_id(std::string_view id);
hash import_id(std::string_view id);
hash setting_id(std::string_view key);

// Readers: `bad_input` for another type.
result<lama_contact> read_contact(const object& x);
result<lama_conversation> read_conversation(const object& x);
result<lama_outbox_entry> read_outbox_entry(const object& x);
result<lama_receipt> read_receipt(const object& x);
result<lama_delivered> read_delivered(const object& x);
result<lama_imported_message> read_imported_message(const object& x);
result<lama_import> read_import(const object& x);
result<lama_setting> read_setting(const object& x);

} // namespace lama::models
