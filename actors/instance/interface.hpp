#pragma once

#include "actors/keychain/interface.hpp"
#include "actors/supervision/children.hpp"
#include "actors/supervision/interface.hpp"
#include "actors/websocket_bridge/interface.hpp"

#include <memory>
#include <string>

namespace lama::actors {

struct get_user_state {};
LAMA_MESSAGE(get_user_state)

/// Answered when the user's archive instance is provisioned and knows this one; fails when that fails. (At once where nothing of that is under way.)
struct await_partner {};
LAMA_MESSAGE(await_partner)

/// From somebody who wants in although the user is logged in already.
struct verify_password {
  std::string password;
};
LAMA_MESSAGE(verify_password)

/// One unlocked user on one side: starts the actors of its pieces over the open store, restarts what dies, ends with logout.
using instance_actor = caf::typed_actor<caf::replies_to<get_user_state>::with<user_state>,
                                        // `wrong_secret`.
                                        caf::replies_to<verify_password>::with<ok>,
                                        // The sparse side's only.
                                        caf::replies_to<await_partner>::with<user_state>,
                                        // The archive's side only: `wrong_secret` where neither password nor unlock secret open this user.
                                        caf::replies_to<provision_user>::with<user_provisioned>, caf::reacts_to<bridge_state>, caf::reacts_to<restart_child>,
                                        caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
