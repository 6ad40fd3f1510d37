#pragma once

#include "actors/common/environment.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors {

/// Who this node is on the bridge (docs/bridge.md): a node key, which belongs to no user; the secret that proves a first meeting; the
/// node keys that were met. One object a node, shared by the bridge and the connections; safe from several threads.
///
/// Files in the data dir, all 0600: `archive/node.key` or `sparse/node.key`; `bridge.json` (url, node public key, secret; written by the
/// archive, read by the sparse side); `archive/bridge-peers.json` or `sparse/bridge-peers.json`.
class bridge_credentials {
public:
  /// Makes what is missing. The sparse side answers `not_found` where there is no bridge.json, `bad_input` for one that cannot be right.
  /// @param provision  the sparse side's bridge.json where it is not the data dir's own; empty: `bridge.json`
  static result<std::shared_ptr<bridge_credentials>> load(environment_ptr environment, const std::string& provision = {});

  const protocol::encryption_keys& node_key() const {
    return node_key_;
  }
  const std::string& secret() const {
    return secret_;
  }
  /// Sparse side: whom to dial.
  std::string archive_url() const {
    std::lock_guard guard{mutex_};
    return archive_url_;
  }
  /// Sparse side, before it dials: the archive may have come back at another port. A bridge.json with another node key changes nothing.
  void look_up_archive();
  const protocol::key32& archive_key() const {
    return archive_key_;
  }

  bool is_pinned(const protocol::key32& remote) const;
  /// Remembers a node that proved itself.
  result<done> pin(const protocol::key32& remote);

  /// Archive side, once it listens: writes bridge.json with this url.
  result<done> publish(const std::string& url);

private:
  bridge_credentials() = default;

  environment_ptr environment_;
  protocol::encryption_keys node_key_;
  std::string secret_; ///< 32 bytes
  std::string archive_url_;
  protocol::key32 archive_key_{};
  std::string provision_;    ///< path of bridge.json
  mutable std::mutex mutex_; ///< guards `pinned_` and `archive_url_`
  std::vector<protocol::key32> pinned_;
};

} // namespace lama::actors
