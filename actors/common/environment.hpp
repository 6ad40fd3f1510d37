#pragma once

#include "actors/common/placement.hpp"
#include "net/transport.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/environment.hpp"
#include "protocol/policy/sync_strategy.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What comes into a node from outside: clock, chance, network, disk, settings. Production and the simulator each give their own.
namespace lama::actors {

/// Small files of the data dir (node.key, bridge.json, a user's keychain). Writes are atomic (temporary file, fsync, rename) and 0600.
class file_area {
public:
  virtual ~file_area() = default;
  /// Nothing where there is no such file.
  virtual result<std::optional<std::string>> read(const std::string& path) = 0;
  virtual result<done> write(const std::string& path, std::string_view content) = 0;
  virtual result<done> remove(const std::string& path) = 0;
  /// Names of the folders below `path`, sorted.
  virtual std::vector<std::string> folders(const std::string& path) = 0;
};

enum class side { archive, sparse };
const char* to_string(side which);

/// Waits and periods, all in one place; the simulator and the tests shorten none of them.
struct timing {
  std::chrono::milliseconds bridge_first_retry{100}; ///< doubled up to `bridge_last_retry`
  std::chrono::milliseconds bridge_last_retry{5'000};
  std::chrono::milliseconds request_deadline{30'000}; ///< between actors, and over the bridge
  std::chrono::milliseconds poll_interval{5'000};     ///< CHUM towards a stock peer (docs/protocol/03 §6.1)
  std::chrono::milliseconds invitation_lifetime{15 * 60'000};
  std::chrono::milliseconds restart_delay{50}; ///< of an actor that died; doubled with each death, up to `restart_most`
  std::chrono::milliseconds restart_most{5'000};
};

struct node_settings {
  side which = side::archive;
  std::string host = "127.0.0.1";
  uint16_t bridge_port = 8765;                 ///< archive: where it listens; 0 takes a free one
  uint16_t ipc_port = 8766;                    ///< JSON-RPC of this side
  std::string public_url;                      ///< what invitations name; empty: ws://host:port of the listener
  bool plain_person_names = false;             ///< USER@lama.local as the old app had it (docs/protocol/04 §1.5)
  uint64_t channel_window = 200;               ///< sparse: newest entries per conversation that are kept here
  uint64_t sparse_budget = 0;                  ///< sparse: bytes of objects and blobs above which what is cold is evicted; 0: no limit
  protocol::policy::strategy_table strategies; ///< types that the configuration keeps on this instance (docs/sync-strategies.md)
  std::string data_folder;                     ///< the data dir: backups and exports that are asked for over JSON-RPC lie in it; empty: there are none
  std::string version = "0.1.0";
  timing times;
};

struct node_environment {
  node_settings settings;
  placement where = placement::production;
  std::shared_ptr<net::transport> network;
  std::shared_ptr<file_area> files;
  /// Of the calling thread.
  std::function<random_source&()> random;
  const wall_clock* clock = nullptr;
  /// Opens the store of a user; `folder` is relative to the data dir ("archive/anna").
  std::function<result<std::unique_ptr<storage::store>>(const std::string& folder)> open_store;
  /// Deletes it, which nobody has open then, crash-safely (storage/removal.hpp); empty: here no store is ever deleted.
  std::function<result<done>(const std::string& folder)> remove_store;
  protocol::derivation_cost derivation;
  /// One line for the log. Never holds a secret.
  std::function<void(int level, std::string_view component, std::string_view text)> log;
};

using environment_ptr = std::shared_ptr<const node_environment>;

enum log_level : int { log_debug = 0, log_info = 1, log_warning = 2, log_error = 3 };

} // namespace lama::actors
