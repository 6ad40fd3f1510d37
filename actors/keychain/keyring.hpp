#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

/// The unlocked secret keys of one user. They never leave this object: it signs and derives, and gives nothing away.
/// Made by the keychain at unlocking, shared by the user's actors, wiped when the last of them lets go of it (logout).
namespace lama::actors {

class keyring {
public:
  struct pair_of_keys {
    protocol::encryption_keys encryption;
    protocol::signing_keys signing;
  };

  explicit keyring(std::map<hash, pair_of_keys> by_owner);
  ~keyring();
  keyring(const keyring&) = delete;
  keyring& operator=(const keyring&) = delete;

  /// Ed25519 with the keys of `owner` (a person or an instance); `not_found` where they are not ours.
  result<std::string> sign(const hash& owner, std::string_view message) const;
  /// For the box between one of our encryption keys and a remote's; nothing where `own_public` is not ours.
  std::optional<protocol::key32> shared_key(const protocol::key32& own_public, const protocol::key32& remote_public) const;

  std::optional<protocol::key32> public_key(const hash& owner) const;
  std::optional<protocol::key32> public_sign_key(const hash& owner) const;

private:
  std::map<hash, pair_of_keys> by_owner_;
};

} // namespace lama::actors
