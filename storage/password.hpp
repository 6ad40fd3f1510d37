#pragma once

#include "protocol/models/keychain.hpp"
#include "storage/store.hpp"

#include <string_view>

namespace lama::storage {

/// Puts the master key of a user's store behind another password: one record in one durable write, so that always one of the two opens it.
/// Two derivations, about 180 ms. Errors: `wrong_secret`; `corrupt` where the record of the old password is lost or damaged (none is made in its
/// place: the keys would be gone); those of the disk.
result<done> change_password(store& of, std::string_view old_password, std::string_view new_password, random_source& random,
                             const protocol::derivation_cost& cost = {});

} // namespace lama::storage
