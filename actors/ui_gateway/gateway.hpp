#pragma once

#include "actors/ui_gateway/attempts.hpp"
#include "actors/ui_gateway/commit_watcher.hpp"
#include "actors/ui_gateway/door.hpp"
#include "actors/ui_gateway/interface.hpp"

#include <map>
#include <memory>
#include <string>

namespace lama::actors {

/// JSON-RPC messages and uploads that wait for their answers, at a time; a message may bear 100 calls.
inline constexpr std::size_t most_running_exchanges = 1024;
inline constexpr std::size_t most_uploads = 64;

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
    commit_watcher_actor handle;
    std::weak_ptr<const user_context> of; ///< another login, another context: another watcher
  };

  std::shared_ptr<const connection_context> context;
  std::shared_ptr<gateway_door> door;
  std::unique_ptr<attempts> logins;
  std::map<uint64_t, upload> uploads;
  uint64_t last_upload = 0;
  std::map<std::string, watcher> watchers;
  std::size_t running = 0; ///< exchanges
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

/// Sees that the commits of `user` are told to the user's pages, from now on.
void watch_user(gateway_pointer self, const std::string& user);

} // namespace lama::actors
