#pragma once

#include <cstddef>
#include <cstdint>

/// Every limit on what a peer, a page or a file may send, each with its reason. A loop over foreign input ends at one of these.
namespace lama::limits {

/// One object's text. A channel entry is under 1 kB, the longest honest object is a long chat text or a list of files.
inline constexpr std::size_t object_bytes = 16u << 20;
/// Nesting of collections and nested objects within one text. Shipped recipes reach 6.
inline constexpr std::size_t object_depth = 64;
/// References or items within one object.
inline constexpr std::size_t object_items = 1u << 20;

/// Steps of a recipe's compiled regular expression: the longest shipped one has about 200, a foreign one may multiply by {n}.
inline constexpr std::size_t pattern_steps = 4096;
/// Groups within groups of a regular expression; shipped ones reach 8. Each level of repetition reads its piece twice.
inline constexpr std::size_t pattern_depth = 12;
/// Text that a regular expression is run on: keys, signatures, dates, one markdown text. Longer text does not match.
inline constexpr std::size_t pattern_text_bytes = 1u << 20;

/// A websocket message, as the stock peer has it (docs/protocol/02 §2).
inline constexpr std::size_t websocket_message_bytes = 100u << 20;
/// A message before it is known who speaks: handshake texts and key boxes.
inline constexpr std::size_t handshake_message_bytes = 64u << 10;
/// A defragmented message on an established connection: a list of children names every object of a long channel.
inline constexpr std::size_t assembled_message_bytes = 64u << 20;
/// Unread messages while step-by-step protocols run; as the stock peer (docs/protocol/02 §2).
inline constexpr std::size_t queued_step_messages = 10;

/// An object written out with all that it refers to inside it, and how deep: objects that refer to each other by id would never end.
inline constexpr std::size_t imploded_bytes = 64u << 20;
inline constexpr std::size_t imploded_depth = 256;
/// Recipes that a user may register beside the shipped ones; each costs some kB in every process.
inline constexpr std::size_t registered_recipes = 1024;
/// Texts that a store keeps without the recipe of their type, and their bytes: so many of the user's own, and as many that contacts brought. When a recipe
/// comes, all of its type are examined in one transaction.
inline constexpr std::size_t kept_texts = 10'000;
inline constexpr std::size_t kept_text_bytes = 32u << 20;
/// Changes between two versions that are listed one by one; a person reads some dozens.
inline constexpr std::size_t version_changes = 10'000;

/// CHUM lists: roots, children.
inline constexpr std::size_t chum_list_entries = 1u << 20;
/// Requests that a remote importer may have open here.
inline constexpr std::size_t chum_open_requests = 4096;

/// A blob that a peer may bring.
inline constexpr uint64_t blob_bytes = 4ull << 30;
/// Blobs are stored and streamed in pieces of this size, never held whole.
inline constexpr std::size_t blob_chunk_bytes = 64u << 10;

/// Request bodies and messages of the JSON-RPC entry; attachments take their own way (PUT /blob).
inline constexpr std::size_t rpc_message_bytes = 8u << 20;

/// A chat text a person writes.
inline constexpr std::size_t chat_text_bytes = 1u << 20;
/// Attachments of one message.
inline constexpr std::size_t chat_attachments = 256;
/// Changes that one message takes, and that are looked at when it is shown: whoever corrects more often deletes and writes anew.
inline constexpr std::size_t message_annotations = 500;

/// Invitations open at a time; more is a loop, not a person.
inline constexpr std::size_t open_invitations = 64;

/// Frames queued for one connection and not yet taken by the operating system: two of the largest messages; a peer that does not read is closed at it.
inline constexpr std::size_t connection_queue_bytes = 208u << 20;
/// Websocket connections open in one transport, both directions: a listener faces the world, each costs some 20 kB and a descriptor.
inline constexpr std::size_t transport_connections = 1024;
/// Connections open at the UI and IPC port: a few pages, each with six, and scripts.
inline constexpr std::size_t http_connections = 256;
/// The head of an HTTP request. A cookie, a token and the usual headers of a browser stay under 4 KiB.
inline constexpr std::size_t http_header_bytes = 16u << 10;
/// Bytes queued for one page that does not read; the page reconnects and asks anew.
inline constexpr std::size_t rpc_queue_bytes = 64u << 20;

/// Calls in one JSON-RPC batch, and nesting of its JSON: parameters reach 8, objects from elsewhere may reach `object_depth`.
inline constexpr std::size_t rpc_batch_calls = 100;
inline constexpr std::size_t rpc_depth = 96;

/// Values and separators in one JSON-RPC message: bounds the DOM, which costs some 40 bytes each.
inline constexpr std::size_t rpc_items = 512u << 10;

/// One message of the bridge between our own instances, its list items, and the memory it may become: commands and answers; objects travel by CHUM.
inline constexpr std::size_t ipc_message_bytes = 16u << 20;
inline constexpr std::size_t ipc_items = 1u << 20;
inline constexpr std::size_t ipc_memory_bytes = 64u << 20;

/// Entries by which two lists may part before they are merged: a channel that was posted to on both sides for years.
inline constexpr std::size_t list_merge_entries = 1u << 22;
/// Version nodes in the history that one general merge walks, and steps of a path into nested objects, maps and referenced objects.
inline constexpr std::size_t merge_nodes = 1u << 20;
inline constexpr std::size_t merge_path = 256;
/// Places of objects whose history is remembered between merges, twice over: at most 5 MB (protocol/versions/merge_memory.hpp).
inline constexpr std::size_t merge_memory_places = 1u << 14;

/// Sync between our own nodes (docs/chum-extension.md). A batch is sent at this size: many objects, yet soon on the disk of the other side.
inline constexpr std::size_t sync_batch_target_bytes = 128u << 10;
/// Items in a batch: marks are small, so the bytes alone would not bound them.
inline constexpr std::size_t sync_batch_items = 2048;
/// A message: one object of the largest size on top of a nearly full batch.
inline constexpr std::size_t sync_message_bytes = object_bytes + (1u << 20);
/// Batches, and bytes in them, that an exporter sends ahead of the acknowledgements: covers 100 ms at 40 MB/s.
inline constexpr std::size_t sync_window_batches = 8;
inline constexpr std::size_t sync_window_bytes = 4u << 20;
/// Names that a session remembers as known to the other side; all items that may wait to be stored (two windows, around a restart) fit in.
inline constexpr std::size_t sync_recent_names = 2 * sync_window_batches * sync_batch_items;
/// Pages and fetches that a remote may have open here.
inline constexpr std::size_t sync_open_requests = 16;
/// Entries in a page, names in a fetch.
inline constexpr std::size_t sync_page_entries = 1000;
inline constexpr std::size_t sync_fetch_names = 256;
/// Objects looked at for the proof that a fetched name belongs to what is granted.
inline constexpr std::size_t sync_proof_objects = 1024;
/// Entries of one channel that are walked at a time: a hundred posts a day for a century.
inline constexpr std::size_t sync_list_entries = 1u << 22;
/// Types that a hello names, and how long such a name is.
inline constexpr std::size_t sync_hello_types = 64;
inline constexpr std::size_t type_name_bytes = 256;
/// Objects within objects, lists not counted: honest ones reach 10.
inline constexpr std::size_t sync_tree_depth = 4096;

/// Entries of a channel that are written anew when an older one comes in below them: weeks of a lively chat, and some 25 ms.
inline constexpr std::size_t channel_rebuild = 1000;
/// Entries that one question to a channel walks over; the answer says where to go on.
inline constexpr std::size_t channel_walk = 100'000;

/// Blobs on their way into a store at a time; each may hold 1 MiB of memory.
inline constexpr std::size_t open_blob_uploads = 256;
/// Problems that one verification names; the rest is counted.
inline constexpr std::size_t verify_problems = 1000;

/// Names whose last use a store remembers for eviction: about 5 MB.
inline constexpr std::size_t remembered_uses = 1u << 16;

/// A backup file (docs/backup.md): what describes it, and one block, which holds the largest object beside a nearly full block of small ones.
inline constexpr std::size_t backup_header_bytes = 64u << 10;
inline constexpr std::size_t backup_block_bytes = object_bytes + (1u << 20);
/// A key and its value in it: no key is longer than two hashes and some numbers but a note's; notes hold keys at rest and positions.
inline constexpr std::size_t backup_key_bytes = 4u << 10;
/// Incremental backups upon one whole one.
inline constexpr std::size_t backup_chain = 1000;
/// Files of a folder that are looked at for the earlier parts of a backup.
inline constexpr std::size_t backup_folder_files = 10'000;

/// From the opening of a connection until it is established; the stock peer waits for ever (docs/protocol/02 §3). Generous: a person's phone may be slow.
inline constexpr uint32_t handshake_ms = 30'000;
/// An invitation, as JSON or as a link: token, key and url.
inline constexpr std::size_t invitation_bytes = 8u << 10;
/// A line of imported history: the longest chat text with every character escaped (six bytes for one).
inline constexpr std::size_t import_line_bytes = 6 * chat_text_bytes + (64u << 10);
/// Sign keys in profiles that trust is worked out for: each signature is tried with all keys of its issuer.
inline constexpr std::size_t trust_keys = 10'000;
/// Certificates that trust may pass through, from me to a key.
inline constexpr std::size_t trust_depth = 16;

} // namespace lama::limits
