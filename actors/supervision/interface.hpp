#pragma once

#include "actors/common/message.hpp"

#include <string>
#include <vector>

namespace lama::actors {

/// How the outside names a user of this node: [a-z0-9._-]{1,64}, not beginning with a dot.
bool is_user_name(std::string_view name);

/// A new user. On the sparse side this also provisions the archive and pairs with it.
struct register_user {
  std::string user;
  std::string password;
  std::string email; ///< of the public person; empty: USER.<random>@lama.local
};
LAMA_MESSAGE(register_user, x.user) // the password stays out of traces

struct login_user {
  std::string user;
  std::string password;
};
LAMA_MESSAGE(login_user, x.user)

/// Locks the user's keys on this side and closes its connections; its data stays.
struct logout_user {
  std::string user;
};
LAMA_MESSAGE(logout_user, x.user)

/// Deletes the user's data on this side, for good, after the password was checked; logs the user out before.
struct reset_user {
  std::string user;
  std::string password;
  bool only_check = false; ///< of the password; nothing changes
};
LAMA_MESSAGE(reset_user, x.user, x.only_check)

struct user_state {
  std::string user;
  bool unlocked = false;
  hash person{};
  hash instance{};
  std::string public_key; ///< of the instance, hex
  hash public_person{};   ///< whom others see
  bool paired = false;    ///< archive and sparse instance know each other
};
LAMA_MESSAGE(user_state, x.user, x.unlocked, x.person, x.instance, x.public_key, x.public_person, x.paired)

struct list_users {};
LAMA_MESSAGE(list_users)

struct users_listed {
  std::vector<user_state> users; ///< unlocked or not, by name
};
LAMA_MESSAGE(users_listed, x.users)

/// From the sparse side over the bridge: makes the user's archive instance, or unlocks it (docs/bridge.md). Repeating it is harmless.
struct provision_user {
  std::string user;
  std::string password;      ///< empty: unlock with `unlock_secret` alone
  std::string unlock_secret; ///< 32 random bytes that the sparse side keeps under its master key
  std::string email;         ///< wished for the public person; empty: made up
  hash sparse_person{};
  hash sparse_instance{};
  std::string sparse_sign_key;     ///< 32 bytes, of the person
  std::string sparse_instance_key; ///< 32 bytes, X25519
};
LAMA_MESSAGE(provision_user, x.user)

struct user_provisioned {
  hash person{}; ///< of the archive: the public one
  hash instance{};
  std::string sign_key;     ///< 32 bytes, of the person
  std::string instance_key; ///< 32 bytes, X25519
  std::string endpoint;     ///< ws://host:port of the archive's listener
  bool paired = false;      ///< the archive knows this sparse instance already: no invitation needed
  std::string invitation;   ///< JSON {token, publicKey, url}, unless paired
};
LAMA_MESSAGE(user_provisioned, x.person, x.instance, x.endpoint, x.paired)

/// The root of a system: starts everything else, restarts what dies, knows the users.
using supervisor_actor = caf::typed_actor<
    // `conflict` where the user exists; `bad_input` for a name or password that will not do; `offline` where the archive is not connected.
    caf::replies_to<register_user>::with<user_state>,
    // `wrong_secret`, `not_found`. A user who is logged in already is answered after the password was checked.
    caf::replies_to<login_user>::with<user_state>, caf::replies_to<logout_user>::with<ok>, caf::replies_to<list_users>::with<users_listed>,
    // `wrong_secret`, `not_found`; `conflict` where a long job still reads the store: the user is logged out then, and nothing is deleted.
    caf::replies_to<reset_user>::with<ok>,
    // The archive's side only.
    caf::replies_to<provision_user>::with<user_provisioned>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
