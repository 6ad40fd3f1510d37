#pragma once

#include "protocol/chum/actions.hpp"
#include "protocol/chum/exporter.hpp"
#include "protocol/chum/importer.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

/// One CHUM session with an authenticated remote (docs/protocol/03): exporter and importer over one connection.
///
///   created ──start──▶ synchronising ──first message of the peer──▶ running ──both halves ended, or a failure──▶ closed
///
/// Everything takes the present time and a source that shows the store as it is now (a fresh snapshot); afterwards the host does the
/// `take_actions`, in order, and calls `tick` when `wait_until` has come. While `has_streams`, and the connection takes more,
/// the host calls `send_stream_piece`. Times are milliseconds of any clock that does not jump.
namespace lama::protocol::chum {

struct session_options {
  exporter_options exporter;
  importer_options importer;
  bool exports = true;
  bool imports = true;
  /// Services of the host's own, which appear as `remote_asks`; all others are answered as unknown.
  std::set<int64_t> extra_services;
};

class session {
public:
  session(session_options options, std::shared_ptr<announced_hashes> announced);
  session(const session&) = delete; // its parts refer to each other
  session& operator=(const session&) = delete;

  /// The connection has settled on the group `chum`. Sends `synchronisation`.
  void start(int64_t now_ms);
  /// The same where the connection layer has exchanged `synchronisation` itself, as protocol/connection does.
  void start_synchronised(int64_t now_ms);

  /// Messages of the connection, decrypted and put together.
  void receive_text(std::string_view text, const object_source& from, int64_t now_ms);
  void receive_binary(std::string_view bytes, const object_source& from, int64_t now_ms);
  void tick(const object_source& from, int64_t now_ms);
  std::optional<int64_t> wait_until() const;

  /// Answers to `store_batch` and `blob_finish`; `from` shows what was stored.
  void stored(uint64_t batch, const result<done>& outcome, const object_source& from, int64_t now_ms);
  void blob_stored(uint64_t upload, const result<done>& outcome, const object_source& from, int64_t now_ms);

  bool has_streams() const {
    return exporter_.has_streams();
  }
  void send_stream_piece(const blob_source& blobs);

  /// The connection is gone. The last `take_actions` may hold batches, which are worth storing but need no answer.
  void connection_closed(const object_source& from, int64_t now_ms);

  /// Something was written that the remote may see: tells it at once (service 3), at most one notice at a time. A stock peer ignores it.
  void roots_changed(int64_t now_ms);
  /// The remote is a node of ours: types of our own may go there.
  void set_knows_our_types(bool yes) {
    exporter_.set_knows_our_types(yes);
  }
  /// Stops (or resumes) asking for roots, when the extension does the work.
  void pause_import(bool yes, int64_t now_ms);

  /// A request of the host's own; its answer comes as `remote_answers`. Errors as `request_layer::ask`; `offline` until the peer's `synchronisation`
  /// has come, and after the end. A stock peer loses what comes in the first 100 ms.
  result<int64_t> ask(int64_t service, const json& args, int64_t now_ms);
  /// Answers to `remote_asks`.
  void answer(int64_t request, const json& data);
  void answer_error(int64_t request, const remote_error& failure);

  std::vector<action> take_actions();

  bool is_closed() const {
    return state_ == state::closed;
  }
  const counters& statistics() const {
    return layer_.statistics();
  }
  const exporter::totals& sent() const {
    return exporter_.sent();
  }
  uint64_t rounds() const {
    return importer_.rounds();
  }

private:
  enum class state : uint8_t { created, synchronising, running, closed };

  void synchronised(int64_t now_ms);
  void take(event what, const object_source& from, int64_t now_ms);
  void handle(request_received& request, const object_source& from, int64_t now_ms);
  bool is_own(int64_t request, const result<json>& outcome, int64_t now_ms);
  void settle(int64_t now_ms);
  void close(std::optional<error> failure);

  session_options options_;
  request_layer layer_;
  exporter exporter_;
  importer importer_;
  state state_ = state::created;
  std::set<int64_t> own_requests_;
  std::optional<int64_t> notice_; ///< the open request of service 3
  bool notice_again_ = false;
  std::vector<action> out_;
};

} // namespace lama::protocol::chum
