#pragma once

#include "actors/ui_gateway/attempts.hpp"
#include "actors/ui_gateway/call_queue.hpp"
#include "actors/ui_gateway/commit_watcher.hpp"
#include "actors/ui_gateway/door.hpp"
#include "actors/ui_gateway/fair_turns.hpp"
#include "actors/ui_gateway/feed.hpp"
#include "actors/ui_gateway/interface.hpp"
#include "actors/ui_gateway/metrics.hpp"
#include "actors/ui_gateway/shown_files.hpp"
#include "actors/ui_gateway/streams.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace lama::actors {

/// Calls of one websocket, or of one address by POST, that wait for their answers at a time: more than a page has, fewer than would take all.
inline constexpr std::size_t most_calls_of_one = 128;
inline constexpr std::size_t most_calls_together = 1024;
/// Messages that wait for their turn: what one may always hold, and all together (docs/ipc.md, "Limits").
inline constexpr std::size_t fair_waiting_bytes = 1u << 20;
inline constexpr std::size_t most_waiting_bytes = 64u << 20;
/// So much of an answer counts as another turn.
inline constexpr std::size_t turn_bytes = 4u << 10;
inline constexpr std::size_t most_uploads = 64;
/// Calls a minute of one websocket, or of one address by POST: ten thousand a second is a loop that went wild.
inline constexpr uint32_t calls_a_minute = 600'000;

/// The side's face to pages and programs: takes JSON-RPC messages apart, gives each call to its channel (calls.hpp), puts the answers
/// together. Serves both sides; what only the archive has, the sparse side's gateway asks of it over the bridge.
struct gateway_state {
  static inline const char* name = "ui-gateway";

  struct upload {
    std::string user;
    object_store_actor writer;
    uint64_t blob = 0; ///< of the writer
    hash expected{};
    std::shared_ptr<arrived_request> from;
  };
  struct watcher {
    event_feed feed;
    commit_watcher_actor handle{};
    std::weak_ptr<const user_context> of{}; ///< another login, another context: another watcher
    uint64_t rest = 0;                      ///< counts the times without a page
    // As they were at the last look; null: not looked yet.
    nlohmann::json connections{};
    nlohmann::json archive_connections{};
    nlohmann::json sync{};
  };

  std::shared_ptr<const connection_context> context;
  std::shared_ptr<gateway_door> door;
  std::shared_ptr<std::atomic<bool>> restoring = std::make_shared<std::atomic<bool>>(false); ///< one at a time: two would work in one folder
  std::unique_ptr<attempts> logins;
  std::map<uint64_t, upload> uploads;
  uint64_t last_upload = 0;
  std::map<std::string, watcher> watchers;
  std::map<std::string, call_queue> queues; ///< by user; the device's side alone
  stream_table streams;
  shown_files shown; ///< the device's side alone
  gateway_metrics metrics;
  std::unique_ptr<attempts> rates; ///< of all calls, by websocket or address
  bool looks = false;              ///< a look is due
  uint64_t notifications = 0;
  uint64_t schema_breaks = 0; ///< answers and notifications that are not what the schema says; counted in tests only
  fair_turns turns{{most_calls_of_one, most_calls_together, fair_waiting_bytes, most_waiting_bytes}};
  bool turn_is_due = false;
  uint64_t calls = 0;
  uint64_t failures = 0; ///< calls answered with an error
  caf::actor_clock::time_point started{};

  bool is_archive() const {
    return context->environment->settings.which == side::archive;
  }
  std::chrono::milliseconds deadline() const {
    return context->environment->settings.times.request_deadline;
  }
};

using gateway_pointer = ui_gateway_actor::stateful_pointer<gateway_state>;

ui_gateway_actor::behavior_type ui_gateway(gateway_pointer self, std::shared_ptr<const connection_context> context, std::shared_ptr<gateway_door> door);

// blobs.cpp
void serve_download(gateway_pointer self, const std::shared_ptr<arrived_request>& what);
void read_download(gateway_pointer self, const download_wanted& wanted);
void begin_upload(gateway_pointer self, const std::shared_ptr<arrived_request>& what);
void continue_upload(gateway_pointer self, const upload_piece& piece);

/// As an HTTP answer: status by code, {"error":…} as body. What is inside stays in the log.
net::http_response http_failure(gateway_pointer self, const lama::error& failure);

// events.cpp
/// Sees that the commits of `user` are told to the user's pages, from now on.
void watch_user(gateway_pointer self, const std::string& user);
/// At a logout.
void stop_watching(gateway_pointer self, const std::string& user);
/// A page went: watchers without any end after a while.
void rest_watchers(gateway_pointer self);
void end_rest(gateway_pointer self, const watcher_rested& due);
void look_again_soon(gateway_pointer self);
void look_around(gateway_pointer self);
/// A notification to all websockets of the user, under its number.
void tell_user(gateway_pointer self, const std::string& user, const std::string& method, nlohmann::json params);

} // namespace lama::actors
