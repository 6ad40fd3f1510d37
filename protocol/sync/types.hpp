#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Our extension of CHUM between nodes of ours (docs/chum-extension.md): what its machines and their host tell each other.
namespace lama::protocol::sync {

// -- what the exporter reads ----------------------------------------------------------------------------------------------------------

enum class line_kind : uint8_t {
  object = 1,    ///< a new object
  id_object = 2, ///< a new id object
  head = 3,      ///< `id` has a new head: `name` is its data
  blob = 4,      ///< a new blob or clob
};

/// One line of the store's change log; `sequence` counts from 1 without gaps.
struct change_line {
  uint64_t sequence = 0;
  line_kind kind = line_kind::object;
  std::string type;
  hash name{};
  hash id{};
};

/// What a remote store is known to hold of one id. Kept by the host as a note for each (remote person, remote store id, id).
/// It may be lost (that costs bytes, nothing else), so it needs no commit of its own.
struct frontier {
  std::optional<hash> data;  ///< this version, with all that it reaches
  std::optional<hash> entry; ///< of a channel: this entry with all below it, while a long list is under way

  friend bool operator==(const frontier&, const frontier&) = default;
};

/// A view of the local store at one moment.
class change_source {
public:
  virtual ~change_source() = default;
  virtual const object_source& objects() const = 0;
  virtual uint64_t last_sequence() const = 0;
  /// Lines after `after`, at most `limit`.
  virtual std::vector<change_line> changes(uint64_t after, std::size_t limit) const = 0;
  /// Size of a blob or object; nothing where it is not here.
  virtual std::optional<uint64_t> size_of(const hash& name) const = 0;
  virtual result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const = 0;
  /// The note kept for this remote.
  virtual std::optional<frontier> frontier_of(const hash& id) const = 0;
  /// The disk failed: absences told since then may be none. The session ends with it and concludes nothing.
  virtual std::optional<error> trouble() const {
    return std::nullopt;
  }
};

// -- what passes ----------------------------------------------------------------------------------------------------------------------

/// How far the importer has what an exporter's store holds. Kept by the importer's host as a note, in the commit of the batch it came with.
struct position {
  std::string store; ///< id of the exporter's store; empty: none yet
  uint64_t sequence = 0;

  friend bool operator==(const position&, const position&) = default;
};

enum class item_kind : uint8_t {
  object = 1,
  id_object = 2,
  version = 3,      ///< a VersionNodeEdge, to be adopted or merged
  blob = 4,         ///< a blob or clob, whole
  blob_piece = 5,   ///< part of a larger one; pieces of one blob come in order, without others of the same stream between them
  elsewhere = 6,    ///< a name only: the exporter does not send it now, it can be asked for
  missing = 7,      ///< a name only: a blob that the exporter could never get (docs/protocol/03 §4.3)
  text = 8,         ///< of an object or id object of the user's own, whose recipe the receiver may lack
  foreign_text = 9, ///< the same, which neither of the receiver's instances wrote
};

struct item {
  item_kind kind = item_kind::object;
  hash name{};
  std::string_view bytes; ///< into the message
  uint64_t total = 0;     ///< blob_piece: size of the blob
  uint64_t offset = 0;    ///< blob_piece
};

/// Who decides when a version arrives.
enum class version_mode {
  adopt, ///< each id has one writer, the other side: its version becomes ours (own archive and sparse)
  merge, ///< both may write (friends): docs/protocol/01 §5.3
};

struct frontier_note {
  hash id;
  frontier content;
};

// -- the host's part ------------------------------------------------------------------------------------------------------------------

/// What the remote may bring. Asked for each item before it is handed on; `forbidden` leaves it out where versions are merged; any other error ends the
/// session.
class admission {
public:
  virtual ~admission() = default;
  /// An object or id object; `Access`, `IdAccess` and `Group` are refused before this is asked.
  virtual result<done> admit(const object_facts& facts, std::string_view text) = 0;
  /// A version, which would become current or be merged, of the id with this id object.
  virtual result<done> admit_version(const hash& id, std::string_view id_text) = 0;
  virtual result<done> admit_blob(const hash& name, uint64_t size) = 0;
};

struct session_config {
  hash remote_person{};
  std::string store_id; ///< of our store: random, made with it, renewed when a backup is restored
  position resume;      ///< the remote's, from our note
  bool exports = true;
  bool imports = true;
  version_mode mode = version_mode::merge;
  /// Ask for the newest N entries of a channel only; 0: all.
  uint32_t entry_window = 0;
  /// Ask for blobs up to this size only; 0: all. Larger ones can be fetched.
  uint64_t blob_limit = 0;
  /// May the remote name things as held elsewhere? Only where it keeps everything: on the sparse side.
  bool accepts_elsewhere = false;
  const recipe_table* recipes = &standard_recipes();
  /// A Recipe has come that the policy admits: objects of its type may come before it is stored. Empty: they are not known before.
  std::function<void(std::string_view recipe_text)> learn{};
  admission* policy = nullptr; ///< required where `imports`
  /// May objects of this type leave? `Access`, `IdAccess` and `Group` never do. Empty: all others.
  std::function<bool(std::string_view type)> may_leave;
  /// Types that `may_leave` keeps back and that leave all the same, where the remote's hello says that it takes them. Told in our hello.
  std::vector<std::string> shared_types{};
  /// Texts of types that have no recipe here are kept, and sent to a remote that keeps them (docs/chum-extension.md §3, §4).
  bool keeps_texts = false;
  /// Would the remote's policy let us bring versions of the id with this id object? What it refuses ends the session; of the others it gets
  /// the id object alone. Empty: it takes all.
  std::function<bool(std::string_view id_text)> takes_version;
  /// Between own instances: may an object of this type be given to the other by its name alone, since it lost it? `Access`, `IdAccess` and `Group`
  /// never are. Empty: nothing is given so.
  std::function<bool(std::string_view type)> gives_back{};
};

// Actions, to be done in order.

struct send {
  std::string bytes; ///< one binary message
};

/// Apply (`apply_batch`), make durable together with the notes, then tell `session::stored(number)`. Several may be put into one commit.
struct commit_batch {
  uint64_t number = 0;
  std::shared_ptr<const std::string> message; ///< what the items point into
  std::vector<item> items;
  position reached;                   ///< to be kept as the note of this remote
  std::vector<frontier_note> brought; ///< the remote holds what it brought: to be kept likewise
};

/// Keep the frontier note, lazily (see `frontier`).
struct save_frontier {
  hash id;
  frontier content;
};

/// The remote holds this version of the id durably, with all that it reaches.
struct delivered {
  hash id;
  hash data;
};

/// A page or fetch is complete and stored here, or was refused.
struct answered {
  uint32_t request = 0;
  result<done> outcome;
};

/// All that the remote had to bring so far is stored here.
struct caught_up {
  uint64_t sequence = 0;
};

/// The policy does not let the remote bring this: it is left out, with all that refers to it.
struct declined {
  hash name;
  error reason;
};

/// The session is over; close the connection with this reason. `detail` of the error names the rule.
struct close_session {
  error reason;
};

using action = std::variant<send, commit_batch, save_frontier, delivered, answered, caught_up, declined, close_session>;

/// What is asked of an exporter besides what it pushes.
struct page_request {
  hash id{};                        ///< a ChannelInfo granted to the asker
  std::optional<hash> before;       ///< entries below this one …
  std::optional<int64_t> before_ms; ///< … or older than this; neither: the newest
  uint32_t count = 0;               ///< 1 … limits::sync_page_entries
};

struct fetch_request {
  std::optional<hash> id;  ///< a granted id …
  std::optional<hash> via; ///< … and an entry of that channel; without `id`: an object granted by Access
  std::vector<hash> names; ///< in the tree of `via`, or of the current version of `id`; 1 … limits::sync_fetch_names
};

/// What was lost here. Answered with those of them that the remote, which is one's own, has, each alone.
struct heal_request {
  std::vector<hash> names; ///< 1 … limits::sync_fetch_names
};

} // namespace lama::protocol::sync
