#pragma once

#include "protocol/chum/actions.hpp"
#include "protocol/chum/fetch_tree.hpp"
#include "protocol/chum/import_job.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

/// The half of CHUM that asks (docs/protocol/03 §6).
///
///   waiting ──100 ms after synchronisation──▶ greeting ──version 8──▶ roots ──list──▶ objects ──▶ versions ──▶ idle
///                                                │                      ▲   └─error, time-out────────────────▶│
///                                                └─other version, no    └──poll interval, or an event────────┘
///                                                  answer──▶ failed
///
/// Roots are apart from each other: one that fails is told in `round_complete` and tried again in the next round, unless it was refused for good.
/// Whatever comes in another state than the one that waits for it belongs to no open request and is dropped by the request layer.
namespace lama::protocol::chum {

struct importer_options {
  fetch_options fetch;               ///< `judge` must be given
  int64_t start_delay_ms = 100;      ///< after `synchronisation`: earlier requests are lost by the peer (§1)
  int64_t greeting_repeat_ms = 3000; ///< without an answer the first request is sent again …
  int greeting_repeats = 5;          ///< … so often
  int64_t unknown_repeat_ms = 300;   ///< while the peer's exporter is not there yet …
  int unknown_repeats = 15;          ///< … so often
  int64_t poll_ms = 5000;            ///< from the end of a round to the next
  int64_t event_gap_ms = 100;        ///< rounds that the remote asks for (service 3) are at least so far apart
  std::size_t parallel_roots = 8;
  bool keep_running = true; ///< false: FIN after the first round
  /// A version node that we offer ourselves need not be stored, but is not new.
  std::function<bool(const hash& node)> is_own_offer;
};

class importer {
public:
  /// `layer` and what the options refer to outlive the importer.
  importer(importer_options options, request_layer& layer);

  /// `synchronisation` was sent and received; requests begin a little later.
  void start(int64_t now_ms);
  /// Time has come to what `wait_until` said. Requests that ran out of time are given separately, see `expired`.
  void tick(const object_source& from, int64_t now_ms);

  /// Events of the request layer. False: not one of ours.
  bool receive(event& what, const object_source& from, int64_t now_ms);
  bool expired(int64_t request, const object_source& from, int64_t now_ms);

  void stored(uint64_t batch, const result<done>& outcome, const object_source& from, int64_t now_ms);
  void blob_stored(uint64_t upload, const result<done>& outcome, const object_source& from, int64_t now_ms);

  /// The remote says that there is something new: a round begins at once, or after the present one.
  void new_root_announced(int64_t now_ms);
  /// While paused no new round begins: the extension does the work (docs/chum-extension.md).
  void pause(bool yes, int64_t now_ms);

  /// The connection is gone. What was fetched and waits for company is handed over, so that the next session need not fetch it again.
  void abandon(const object_source& from, int64_t now_ms);

  /// When to `tick`; nothing while there is only to wait for messages.
  std::optional<int64_t> wait_until() const;
  bool is_finished() const {
    return state_ == state::finished || state_ == state::failed;
  }
  uint64_t rounds() const {
    return rounds_;
  }

  std::vector<action> take_actions();

private:
  enum class state : uint8_t { created, waiting, greeting, roots, objects, versions, idle, leaving, finished, failed };

  fetch_context context(const object_source& from, int64_t now_ms);
  void greet(int64_t now_ms);
  void greeted(const answer_received& answer, int64_t now_ms);
  void greeting_failed(const error& reason, int64_t now_ms);
  bool take_answer(answer_received& answer, const object_source& from, int64_t now_ms);
  bool take_failure(int64_t request, const error& reason, const object_source& from, int64_t now_ms);
  bool take_stream(int64_t request, stream_piece* piece, const object_source& from, int64_t now_ms);
  void begin_round(int64_t now_ms);
  void take_roots(const answer_received& answer, const object_source& from, int64_t now_ms);
  bool is_wanted(const root& entry, const object_source& from);
  void work(const object_source& from, int64_t now_ms);
  bool collect_finished();
  void report(const root& what, const error& reason);
  void end_round(int64_t now_ms);
  void leave(int64_t now_ms);
  void fail_with(error reason);

  importer_options options_;
  request_layer& layer_;
  state state_ = state::created;
  fetch_memory shared_;
  std::vector<action> out_;
  std::optional<int64_t> timer_;
  std::set<int64_t> greetings_; ///< open requests of service 1
  int greetings_sent_ = 0;
  int unknown_answers_ = 0;
  std::optional<int64_t> own_request_; ///< of service 2 or 10
  std::deque<std::vector<root>> todo_; ///< of the present phase
  std::deque<std::vector<root>> versions_;
  std::vector<std::unique_ptr<import_job>> jobs_;
  /// Roots that were refused for what they are, and would be again. Ordered, as their names are the remote's.
  std::set<hash> refused_;
  uint64_t rounds_ = 0;
  int64_t round_began_ms_ = 0;
  bool again_ = false;
  bool paused_ = false;
};

} // namespace lama::protocol::chum
