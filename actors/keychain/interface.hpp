#pragma once

#include "actors/common/message.hpp"
#include "actors/instance/user_context.hpp"

#include <memory>
#include <string>

namespace lama::actors {

/// Opens a user's store and unlocks the keys; makes both where `create` says so.
struct open_user {
  std::string user;
  std::string password;      ///< empty: `unlock_secret` alone
  std::string unlock_secret; ///< archive's side: 32 bytes, a second way in; empty: none
  bool create = false;       ///< a user that does not exist is made
  std::string email;         ///< of a new user's person; empty: made up
  std::string url;           ///< of the archive's listener, for the own endpoint; empty on the sparse side
  bool only_new = false;     ///< `conflict` where the user exists
};
LAMA_MESSAGE(open_user, x.user, x.create)

/// A user whose keys are open. The store and the keys live as long as somebody holds this.
struct opened_user {
  std::shared_ptr<storage::store> store;
  std::shared_ptr<const models::key_ring> keys;
  models::identity me;
  std::optional<partner_identity> partner;
  std::string unlock_secret; ///< sparse side: what opens the archive's instance of this user
  bool created = false;

  ~opened_user();
};

struct user_opened {
  std::shared_ptr<opened_user> what;
};
LAMA_MESSAGE(user_opened)

/// For a store that is open already: does one of the two open it? (An empty one is not looked at.)
struct check_password {
  std::string password;
  std::string unlock_secret;
  std::shared_ptr<storage::store> store;
};
LAMA_MESSAGE(check_password)

struct password_checked {
  std::string unlock_record; ///< for the store's note `unlock_note`, so that the secret opens it from now on; empty: only one of the two was given
};
LAMA_MESSAGE(password_checked)

/// Deletes the user's store, of somebody who is not logged in, after the password was checked against it.
struct erase_user {
  std::string user;
  std::string password;
  bool only_check = false; ///< of the password
};
LAMA_MESSAGE(erase_user, x.user, x.only_check)

/// The only place where passwords and the master key are. It takes CPU time (scrypt) and waits for the disk: a thread of its own in
/// production.
using keychain_actor = caf::typed_actor<
    // `not_found`, `conflict` (exists), `wrong_secret`, `locked` (another process has the store), `corrupt` (a lost record).
    caf::replies_to<open_user>::with<user_opened>, caf::replies_to<check_password>::with<password_checked>,
    // `not_found`, `wrong_secret`; `locked` while somebody still has the store open; `unsupported` where stores cannot be deleted.
    caf::replies_to<erase_user>::with<ok>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
