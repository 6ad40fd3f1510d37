#pragma once

#include "actors/keychain/interface.hpp"

namespace lama::actors {

struct keychain_state {
  static inline const char* name = "keychain";

  environment_ptr environment;
  uint64_t opened = 0;
  uint64_t refused = 0;
};

keychain_actor::behavior_type keychain(keychain_actor::stateful_pointer<keychain_state> self, environment_ptr environment);

/// A password must have so many characters; no other rule makes people's passwords better.
inline constexpr std::size_t least_password_length = 4;
inline constexpr std::size_t most_password_bytes = 1024;

} // namespace lama::actors
