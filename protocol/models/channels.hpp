#pragma once

#include "protocol/models/certificates.hpp"

/// Channels: linked lists of entries, newest first (docs/protocol/04 §4).
///
/// The lists themselves, merging included, are the business of protocol/versions; here is what is said with them.
namespace lama::models {

struct channel_key {
  std::string id;
  std::optional<hash> owner; ///< absent for one-to-one chats
  friend bool operator==(const channel_key&, const channel_key&) = default;
};
std::string channel_id_text(const channel_key& key);
/// The id hash of the ChannelInfo.
hash channel_id(const channel_key& key);
/// Out of the id object; `not_found` where it is not here.
result<channel_key> load_channel_key(const object_source& from, const hash& id);

/// Makes the channel, where there is none, and enters it into the registry. Answers its id hash.
result<hash> create_channel(object_space& space, const channel_key& key, int64_t now_ms);
/// For a ChannelInfo version that came from outside.
result<done> register_channel(object_space& space, const hash& id, int64_t now_ms);
const hash& channel_registry_id();
std::vector<hash> registered_channels(const object_source& from);
/// Those with this id text, whatever the owner: one room (docs/protocol/04 §4.6).
std::vector<hash> channels_named(const object_source& from, std::string_view id);
/// The newest LinkedListEntry; `not_found` for a channel without a version: nothing can be posted to it.
result<std::optional<hash>> channel_head(const object_source& from, const hash& id);

// Posting

/// A time for a new entry: after the newest one and not before `now_ms`, so that time and order agree and the entry is unique. An entry
/// more than `clock_tolerance_ms` ahead of us does not count: one peer with a wrong clock must not drag everybody's time along.
int64_t next_timestamp(const object_source& from, const hash& channel, int64_t now_ms);
inline constexpr int64_t clock_tolerance_ms = 24 * 3600 * 1000;

/// An entry before it is signed: all that follows from payload and time.
struct drafted_entry {
  hash payload;
  int64_t timestamp = 0;
  std::string creation_time_text;
  hash creation_time;
  std::string certificate_text;
  hash to_sign; ///< the AffirmationCertificate
};
drafted_entry draft_entry(const hash& payload, int64_t timestamp);

struct posted {
  hash entry;
  hash creation_time;
  hash payload;
  int64_t timestamp = 0;
  bool is_new = true; ///< false: the very same was there already
};

/// Stores the payload and everything above it. `timestamp` absent: `next_timestamp`. An explicit one is taken as it is, and the entries
/// above it are written anew: at most `limits::channel_rebuild` of them, `conflict` beyond. An entry that is older than all is
/// written at the bottom, never on top as the stock peer does (docs/protocol/04 §4.2 "Trap").
///
/// Without a timestamp the cost does not depend on the length of the channel.
result<posted> post(object_space& space, const hash& channel, std::string_view payload_text, const signer& as, int64_t now_ms,
                    const std::optional<int64_t>& timestamp = std::nullopt);
/// The same for a payload that is stored already.
result<posted> post_stored(object_space& space, const hash& channel, const hash& payload, const signer& as, int64_t now_ms,
                           const std::optional<int64_t>& timestamp = std::nullopt);
/// Many stored payloads at once, oldest first, each at its time or, where that is not after the one before, one millisecond after it;
/// one version of the channel for all of them. For imported history.
struct timed_payload {
  hash payload;
  int64_t timestamp = 0;
};
result<std::vector<posted>> post_many(object_space& space, const hash& channel, const std::vector<timed_payload>& items, const signer& as, int64_t now_ms);

// Reading

struct channel_entry {
  hash channel;
  hash entry;         ///< changes when a list is rebuilt
  hash creation_time; ///< stable: the name of the message
  int64_t timestamp = 0;
  hash payload;
  std::vector<hash> metadata;
  std::optional<hash> previous;
  std::optional<authorship> author; ///< where `key_source` was given
};
/// `not_found` where the entry or its CreationTime is not here.
result<channel_entry> read_entry(const object_source& from, const hash& channel, const hash& entry, const key_source& keys = {});

struct page_request {
  std::size_t limit = 50;
  std::optional<int64_t> before; ///< only entries older than this
  std::optional<int64_t> from;   ///< the walk of a channel stops at the first entry older than this
  std::optional<int64_t> to;     ///< newer ones are skipped; inclusive, as `from`
};

/// Where to go on in one channel.
struct channel_position {
  hash channel;
  std::optional<hash> next; ///< absent: the list is read to its end
  bool gap = false;         ///< `next` is not here but held by the archive (or was never delivered): ask for it, then read on
  std::optional<int64_t> above{}; ///< time of the entry above `next`, where one was read
};
struct channel_page {
  std::vector<channel_entry> entries; ///< newest first
  std::vector<channel_position> next; ///< one a channel
  bool complete() const;              ///< nothing more anywhere
};
/// The beginning of each channel, for a first page. Channels without entries are left out.
std::vector<channel_position> newest_of(const object_source& from, const std::vector<hash>& channels);
/// One room: the entries of several channels by time, newest first; ties by the hash of the CreationTime (docs/protocol/04 §4.3). A channel
/// that comes to a gap drops out of the page; the others go on only down to the time where it broke off, lest a later page had to
/// insert above. Leave its position out to give up on what is behind the gap. Walks at most `limits::channel_walk` entries; the positions tell where to go on.
result<channel_page> read_page(const object_source& from, const std::vector<channel_position>& at, const page_request& request, const key_source& keys = {});

} // namespace lama::models
