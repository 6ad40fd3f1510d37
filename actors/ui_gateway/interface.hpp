#pragma once

#include "actors/websocket_bridge/interface.hpp"
#include "net/http_server.hpp"
#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lama::actors {

/// The part of the gateway that the bridge uses: answers a JSON-RPC call of a user who is logged in on the other side.
using call_server_actor = caf::typed_actor<caf::replies_to<forward_call>::with<call_answered>>;

// From the HTTP server's handlers, by the door (door.hpp). None of them leaves its actor system.

/// A request that showed the token (or asks for /healthz), with the way to answer it.
struct arrived_request {
  net::http_request request;
  net::http_responder respond;
  std::string session; ///< of the cookie it came with; empty: the bare token
};
struct http_arrived {
  std::shared_ptr<arrived_request> what;
};
LAMA_MESSAGE(http_arrived)

/// A frame of the page's websocket: one JSON-RPC message.
struct socket_said {
  net::connection_id socket = 0;
  std::string text;
};
LAMA_MESSAGE(socket_said, x.socket)

struct socket_gone {
  net::connection_id socket = 0;
};
LAMA_MESSAGE(socket_gone, x.socket)

/// The next piece of an upload; an empty one is its end.
struct upload_piece {
  uint64_t number = 0; ///< of the gateway's uploads
  std::shared_ptr<result<std::string>> piece;
};
LAMA_MESSAGE(upload_piece, x.number)

/// The I/O thread has room for more of a download.
struct download_wanted {
  std::string user;
  hash blob{};
  uint64_t offset = 0;
  std::size_t length = 0; ///< at most limits::blob_chunk_bytes
  net::piece_taker take;
};
LAMA_MESSAGE(download_wanted, x.user, x.blob, x.offset, x.length)

/// From the watcher of a user's commits: to be told to the user's pages, a JSON-RPC notification each.
struct news {
  std::string method;
  nlohmann::json params;
};
struct user_news {
  std::string user;
  std::vector<news> all;
};
LAMA_MESSAGE(user_news, x.user)

// To itself.

/// A client's next call has its turn.
struct take_turn {};
LAMA_MESSAGE(take_turn)
/// Time to look at connections and the bridge, while a page is open or a call waits.
struct look_due {};
LAMA_MESSAGE(look_due)
/// Nobody came back: the user's commits need no watching any more.
struct watcher_rested {
  std::string user;
  uint64_t number = 0; ///< of the rest
};
LAMA_MESSAGE(watcher_rested, x.user, x.number)

/// JSON-RPC, blobs and health of one side of the node.
using ui_gateway_actor =
    call_server_actor::extend<caf::reacts_to<http_arrived>, caf::reacts_to<socket_said>, caf::reacts_to<socket_gone>, caf::reacts_to<upload_piece>,
                              caf::reacts_to<download_wanted>, caf::reacts_to<user_news>, caf::reacts_to<take_turn>, caf::reacts_to<look_due>,
                              caf::reacts_to<watcher_rested>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
