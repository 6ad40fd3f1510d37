#pragma once

#include "actors/instance/interface.hpp"
#include "protocol/crypto/crypto.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lama::actors {

/// To itself: the archive was not ready for this user, try once more.
struct provision_again {};
LAMA_MESSAGE(provision_again)
/// To itself: the bridge died.
struct look_for_bridge {};
LAMA_MESSAGE(look_for_bridge)

using sparse_instance_actor = instance_actor::extend<caf::reacts_to<provision_again>, caf::reacts_to<look_for_bridge>>;

/// The password of a login, until the archive has taken it; then it is gone, for whoever starts this instance again too.
struct login_password {
  explicit login_password(std::string given) : text(std::move(given)) {
    // nop
  }
  login_password(const login_password&) = delete;
  login_password& operator=(const login_password&) = delete;
  ~login_password() {
    protocol::wipe(text);
  }
  std::string text;
};

/// The user's sparse instance: what the user works with now. It has its archive instance provisioned whenever the bridge comes up, and
/// pairs with it once.
///
///   opened ──bridge up──► provisioning ──answer──► (pairing) ──► partnered
///                              ▲   └── failure: again when the bridge comes up, or after a while ──┐
///                              └──────────────────────────────────────────────────────────────────┘
struct sparse_instance_state {
  static inline const char* name = "sparse-instance";

  user_context_ptr context;
  std::shared_ptr<login_password> password;
  std::string unlock_secret; ///< what opens the archive's instance from then on
  std::string wished_email;
  children store_keeper;
  children family;
  bool family_started = false;
  bool provisioning = false;
  bool retry_is_due = false;
  bool confirmed = false; ///< the archive itself said that it knows us
  bool partnered = false; ///< provisioned and paired in this session
  std::string last_error;
  std::vector<caf::typed_response_promise<user_state>> waiting;

  ~sparse_instance_state();
};

sparse_instance_actor::behavior_type sparse_instance(sparse_instance_actor::stateful_pointer<sparse_instance_state> self, user_context_ptr context,
                                                     std::shared_ptr<login_password> password, std::string unlock_secret, std::string wished_email);

} // namespace lama::actors
