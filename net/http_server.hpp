#pragma once

#include "net/transport.hpp"
#include "protocol/limits.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The UI and IPC port as the gateway actor sees it: requests, answers, websocket sessions. No Boost type appears here; tests and the simulator can give their
/// own.
namespace lama::net {

/// Gives one piece (at most `limits::blob_chunk_bytes` on the way in); an empty piece is the end; an error breaks off.
using piece_taker = std::function<void(result<std::string>)>;
/// Asked for the next piece when there is room for it, and never before the last one came. Any thread may call the taker.
using piece_source = std::function<void(piece_taker)>;

enum class http_route : uint8_t {
  rpc,     ///< POST /rpc: `body` is there
  healthz, ///< GET /healthz
  metrics, ///< GET /metrics
  blob,    ///< GET or HEAD /blob/<64 hex digits>
  upload,  ///< PUT /blob/<64 hex digits>: `content` gives the bytes, nothing is read before it is asked
  session, ///< GET, POST or DELETE /session: a browser's cookie; POST bears `body`
  ipc,     ///< GET /ipc, a websocket: `bearer` may come from the subprotocol
};

struct http_request {
  http_route route = http_route::rpc;
  std::string method;       ///< "GET", "HEAD", "POST", "PUT", "DELETE"
  std::string target;       ///< the path alone, as sent
  std::string blob;         ///< 64 lower-case hex digits, on the blob routes
  std::string bearer;       ///< from `Authorization: Bearer`, or the subprotocol bearer.<token> on `ipc`; empty: none
  std::string cookie;       ///< the whole header
  std::string content_type; ///< lower case, without parameters
  std::string range;        ///< the whole header
  std::string user;         ///< Lama-User, else ?user=
  std::string file_name;    ///< ?name=, which a download is to be saved as
  std::string body;         ///< on `rpc`, at most `limits::rpc_message_bytes`; on `session`, at most `limits::session_body_bytes`
  piece_source content;     ///< on `upload`, at most `limits::blob_bytes` in all
  std::optional<uint64_t> content_length;
  std::string remote_address; ///< for logs and rate limits
  bool from_page = false;     ///< a browser says that this node's own page sent it (Origin, or Sec-Fetch-Site)
  bool by_tls = false;        ///< its Origin is https: a proxy with TLS stands between
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{}; ///< Set-Cookie and the like; the security headers are added by the server
  piece_source stream{};                                      ///< in place of `body`; needs `stream_bytes`
  uint64_t stream_bytes = 0;                                  ///< what `stream` gives in all
};

/// Answers one request, once, from any thread; later calls do nothing. If all copies go without an answer, the caller is told 503.
using http_responder = std::function<void(http_response)>;

/// Accepts a websocket (events) or refuses it (a response). From any thread, once.
struct upgrade_answer {
  std::optional<connection_events> accepted;
  http_response refused;
};
using upgrade_responder = std::function<void(upgrade_answer)>;

/// A file of the page, from memory. Nothing: 404.
struct static_file {
  std::string content_type;
  std::shared_ptr<const std::string> bytes;
  std::string etag;             ///< with its quotes; empty: none
  std::string content_encoding; ///< empty: none
  bool immutable = false;       ///< its name bears its hash: cached for a year
};

/// All are called on the I/O thread and must not block.
struct http_handlers {
  std::function<void(http_request, http_responder)> request;
  std::function<void(http_request, upgrade_responder)> upgrade;
  /// `path` begins with '/', is decoded, holds no "..", no '\\' and no NUL; "/" asks for the page. `encodings` is the header Accept-Encoding.
  std::function<std::optional<static_file>(const std::string& path, const std::string& encodings)> file;
};

/// Websocket sessions are driven as those of a transport. Their frames are text (a binary one closes them, 1003), of `limits::rpc_message_bytes` at most from
/// the start; silent ones are pinged, and cut when they do not answer.
class http_server : public frame_pipe {
public:
  /// The port that was taken.
  virtual uint16_t port() const = 0;
  /// Names by which the page may be called besides 127.0.0.1, localhost and [::1]: "lama.example" (at this server's port) or "lama.example:443" (a proxy's).
  /// Replaces what was given before.
  virtual void allow_hosts(std::vector<std::string> hosts) = 0;
  /// Closes everything; when it returns, no handler and no event is called any more, and handlers' state is dropped. Not from within one of them.
  virtual void shutdown() = 0;
};

/// 200, 206 or 416 for something of `size` bytes, by the request's Range (a single range; several, or a malformed one, mean all of it).
/// `from` makes the source of `length` bytes from `offset`; it is not called for HEAD and 416.
http_response ranged_response(const http_request& request, uint64_t size, const std::function<piece_source(uint64_t offset, uint64_t length)>& from);

} // namespace lama::net
