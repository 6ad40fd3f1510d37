#pragma once

#include "actors/common/message.hpp"

#include <string>

namespace lama::actors {

struct create_invitation {};
LAMA_MESSAGE(create_invitation)

struct invitation_created {
  std::string json; ///< {token, publicKey, url}
  std::string link;
};
LAMA_MESSAGE(invitation_created)

/// From a connection: is this token good for this user? It stays open until `redeem`.
struct check_token {
  std::string token;
};
LAMA_MESSAGE(check_token)

/// The Identity that was received and authenticated (docs/protocol/02 §6.2); `token` is empty on the initiator's side.
struct store_pairing {
  std::string token;
  std::string identity; ///< JSON, checked by the session against what was proven
};
LAMA_MESSAGE(store_pairing)

struct pairing_stored {
  hash person{};
  hash instance{};
};
LAMA_MESSAGE(pairing_stored, x.person, x.instance)

/// Its own: shares some more of the user's types with a device that is new (type_sharing.hpp).
struct share_types {};
LAMA_MESSAGE(share_types)

/// Invitations of one user, and what is stored after a pairing.
using pairing_manager_actor = caf::typed_actor<
    // `overloaded` with too many open ones; `conflict` where this instance cannot be reached from outside.
    caf::replies_to<create_invitation>::with<invitation_created>,
    // `forbidden`: unknown, used up or expired, told apart from nobody.
    caf::replies_to<check_token>::with<ok>,
    // Durable when answered: the objects of docs/protocol/02 §6.3, the grants of 04 §2.4; uses the token up.
    caf::replies_to<store_pairing>::with<pairing_stored>, caf::reacts_to<share_types>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
