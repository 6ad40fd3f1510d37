#pragma once

#include "actors/common/environment.hpp"
#include "actors/keychain/interface.hpp"
#include "protocol/models/keychain.hpp"
#include "storage/store.hpp"

#include <string>

namespace lama::actors {

/// The notes that only the keychain reads, beside those of models/keychain.hpp.
inline constexpr const char* identity_note = "identity";                    ///< email and instance name, one a line
inline constexpr const char* unlock_secret_note = "keychain/unlock-secret"; ///< sparse side: sealed by the master key
inline constexpr const char* unlock_purpose = "lama archive unlock";
inline constexpr const char* sealed_secret_purpose = "lama unlock secret";

/// Wiped when it goes out of scope, whichever way.
struct secret_key32 {
  protocol::key32 bytes{};
  ~secret_key32() {
    protocol::wipe(bytes);
  }
};

/// What a new user is made of, drawn before anything is written.
struct new_user {
  secret_key32 master;
  models::secret_keys person_keys;
  models::secret_keys instance_keys;
  std::string email;
  std::string instance_name;
};
new_user draw_user(const node_environment& environment, const open_user& request);

/// Everything of a new user in one transaction: a crash leaves either no user or a whole one.
result<done> write_new_user(const node_environment& environment, const open_user& request, const new_user& made, storage::transaction& to);

/// With a password comes the secret of a device that is new, or that was set up anew: from now on that one opens the archive. Empty where it is none.
std::string unlock_record(const protocol::key32& master, const open_user& request, random_source& random);

} // namespace lama::actors
