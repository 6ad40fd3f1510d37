#pragma once

#include "protocol/chum/request_layer.hpp"
#include "protocol/hash.hpp"
#include "protocol/objects/object_space.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What a CHUM session asks of its host. To be done in this order.
namespace lama::protocol::chum {

struct send_text {
  std::string text;
};
struct send_binary {
  std::string bytes;
};

struct store_item {
  hash name;
  bool is_blob = false; ///< a blob or clob, not an object or id object
  std::string bytes;    ///< checked: they are what `name` says
};

/// To be stored as one (`apply`), then answered by `stored(number, …)`, with a source that shows it. What an item refers to stands before it, or
/// is here already, or is a blob that nobody could deliver.
struct store_batch {
  uint64_t number = 0;
  std::vector<store_item> items;
  std::vector<hash> imports; ///< version nodes for `import_version`, after the items
};

/// A blob too large for a batch. `blob_finish` is answered by `blob_stored(upload, …)`, once it is kept under its name; until then, or when the
/// session is dropped, nothing of it may be visible.
struct blob_begin {
  uint64_t upload = 0;
};
struct blob_piece {
  uint64_t upload = 0;
  std::string bytes;
};
struct blob_finish {
  uint64_t upload = 0;
  hash name; ///< checked against the pieces
};
struct blob_cancel {
  uint64_t upload = 0;
};

/// A root that could not be taken, with its reason.
struct failed_root {
  hash name;
  std::string one_type;
  error reason;
};

/// The importer asked for everything there was, and all that could be taken is stored. The first one is the "full sync".
struct round_complete {
  uint64_t number = 0; ///< from 1
  std::size_t roots = 0;
  std::size_t new_roots = 0; ///< that were not here
  uint64_t objects = 0;      ///< stored, id objects included
  uint64_t blobs = 0;
  uint64_t missing_blobs = 0; ///< that the peer could not deliver
  uint64_t bytes = 0;
  std::size_t failures = 0;
  std::vector<failed_root> failed; ///< the first hundred
};

/// The remote asks for a service that the host registered; to be answered through `session::answer…`.
struct remote_asks {
  request_received request;
};
/// An answer to a request of the host's own, or its failure (`timeout` after the deadline, `unsupported` where the service is not there).
struct remote_answers {
  int64_t id = 0;
  result<json> outcome;
};

/// The session is over; `failure` says why, nothing where both sides had finished.
struct close_session {
  std::optional<error> failure;
};

using action = std::variant<send_text, send_binary, store_batch, blob_begin, blob_piece, blob_finish, blob_cancel, round_complete, remote_asks, remote_answers,
                            close_session>;

/// Does what a batch says. On an error nothing of it may be kept: the host rolls its transaction back.
result<done> apply(object_space& space, const store_batch& batch);

} // namespace lama::protocol::chum
