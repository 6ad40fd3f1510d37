#pragma once

#include "actors/common/message.hpp"
#include "actors/instance/user_context.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors {

/// Who stands at the other end of a known connection; decides what it may bring (protocol/policy).
enum class peer_kind : uint8_t { contact, own_archive, own_sparse };

/// The directory says something new of this user: an unlocked instance, or other peers. A hint: a manager that was dead looks at everyone.
struct look_at_user {
  std::string user;
};
LAMA_MESSAGE(look_at_user, x.user)

/// The user logged out; the directory has forgotten the key, and its connections are closed.
struct close_identity {
  std::string user;
};
LAMA_MESSAGE(close_identity, x.user)

/// A remote instance that a user knows (docs/protocol/02 §9.1).
struct known_peer {
  peer_kind kind = peer_kind::contact;
  hash person{};
  hash instance{};
  std::string person_key;        ///< 32 bytes; key continuity is checked against it
  std::string instance_key;      ///< 32 bytes
  std::vector<std::string> urls; ///< empty: we wait for it to connect
};
LAMA_MESSAGE(known_peer, x.person, x.instance, x.urls)

/// Dials an inviter as `user`; answered when the pairing is stored on this side.
struct pair_with {
  std::string user;
  std::string invitation; ///< JSON or link (docs/protocol/02 §6.1)
};
LAMA_MESSAGE(pair_with, x.user)

struct paired_with {
  hash person{};
  hash instance{};
};
LAMA_MESSAGE(paired_with, x.person, x.instance)

struct list_connections {};
LAMA_MESSAGE(list_connections)

struct connection_state {
  uint64_t id = 0;
  std::string user;
  std::string url;    ///< empty for incoming ones
  std::string group;  ///< "chum", "pairing", "ipc"
  std::string status; ///< "connecting", "handshake", "established", "waiting" (for its next try)
  std::string peer;   ///< person, hex; empty while unknown
  std::string detail; ///< protocol in use, last error
  caf::actor pipe{};  ///< its actor, while there is one
};
LAMA_MESSAGE(connection_state, x.id, x.user, x.url, x.group, x.status, x.peer, x.detail)

struct connections_listed {
  std::vector<connection_state> connections;
  uint16_t listening_port = 0; ///< 0: no listener
};
LAMA_MESSAGE(connections_listed, x.connections, x.listening_port)

} // namespace lama::actors
