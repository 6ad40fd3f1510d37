#pragma once

#include "protocol/models/channels.hpp"
#include "protocol/models/grants.hpp"

/// Topics and messages (docs/protocol/04 §4.6).
namespace lama::models {

// Topics

/// The two ids in text order, joined by `<->`: topic id, topic name and channel id of a one-to-one chat.
std::string one_to_one_id(const hash& a, const hash& b);
/// Nothing where the text is no such id (64 lower-case hex digits on both sides).
std::optional<std::pair<hash, hash>> one_to_one_persons(std::string_view topic_id);

struct topic {
  std::optional<std::string> name;
  std::string id;
  hash channel;
};
std::string topic_text(const topic& x);
result<topic> load_topic(const object_source& from, const hash& name);

/// The empty registry at first start.
result<done> start_topics(object_space& space, int64_t now_ms);
/// Enters a stored Topic under its channel's id, instead of another one of that id.
result<done> enter_topic(object_space& space, const hash& topic_name, int64_t now_ms);
/// (channel id text, Topic) in order of insertion.
std::vector<std::pair<std::string, hash>> known_topics(const object_source& from);
std::optional<hash> find_topic(const object_source& from, std::string_view id);

struct created_topic {
  hash topic;
  hash channel;
  std::string id;
};
/// Topic, channel and registry entries; what exists already is answered. Nobody is granted anything.
result<created_topic> create_topic(object_space& space, const topic& x, const std::optional<hash>& owner, int64_t now_ms);
/// The ownerless channel and its topic, granted to both persons. Both sides make the very same objects.
result<created_topic> create_one_to_one(object_space& space, const hash& me, const hash& other, int64_t now_ms);
/// IdAccess on the channel and Access on the topic, added for these.
result<done> share_topic(object_space& space, const created_topic& x, const audience& who, int64_t now_ms);

struct topic_event {
  std::optional<hash> other; ///< one-to-one: with whom
  bool entered = false;      ///< false: it stays out of the registry, since it is not to be believed
};
/// The rule for a Topic that came from outside. A one-to-one topic counts only where I am one of the two and its channel is the ownerless
/// one of that id: a topic that points elsewhere would make us share another channel. Other topics count unless they claim a channel of mine,
/// or name a room that has a topic on another channel. `sender` is the person whose node brought it; absent for one of our own nodes, which
/// may bring anybody's.
result<topic_event> topic_arrived(object_space& space, const hash& me, const std::optional<hash>& sender, const hash& topic_name, int64_t now_ms);

// Groups: a topic on the founder's channel, one channel of the same id for each member, all granted to all members as persons

/// Lower case, other than a–z 0–9 as one `-`; the suffix (random) keeps two groups of one name apart, since an id is a room.
std::string group_topic_id(std::string_view name, std::string_view suffix);
/// Members without me. The channels of the others are empty: their owners fill their own version of them.
result<created_topic> create_group_topic(object_space& space, const hash& me, std::string_view name, std::string_view suffix, const std::vector<hash>& members,
                                         int64_t now_ms);
/// Owners of the channels of a room.
std::vector<hash> room_members(const object_source& from, std::string_view id);
/// On a member's node: grants my own channel of that room to the other members, once topic and channels are here. Answers my channel;
/// nothing where nobody made one for me.
result<std::optional<hash>> join_group_topic(object_space& space, const hash& me, std::string_view id, int64_t now_ms);

// Messages

struct attachment {
  hash blob;
  int64_t last_modified = 0; ///< milliseconds since 1970
  std::string name;
  uint64_t size = 0; ///< bytes
  std::string type;  ///< MIME
};
std::string blob_descriptor_text(const attachment& x);
/// Answers a nameless blob where the name is no BlobDescriptor: the stock LAMA puts hashes of blobs there.
attachment read_attachment(const object_source& from, const hash& name);

struct chat_message {
  std::string text;
  hash sender;
  std::vector<hash> attachments; ///< of BlobDescriptor objects
  std::vector<hash> thumbnails;  ///< of the same index
};
/// `too_large` beyond `limits::chat_text_bytes` and `limits::chat_attachments`.
result<std::string> chat_message_text(const chat_message& x);
/// `bad_input` where the object is no ChatMessage.
result<chat_message> read_chat_message(const object& x);
/// As much of a text as a list shows: at most 200 bytes, of whole characters.
std::string preview(std::string text);
/// Stores the descriptors and answers their names, in order.
result<std::vector<hash>> store_attachments(object_space& space, const std::vector<attachment>& items);

} // namespace lama::models
