#include "actors/keychain/keyring.hpp"

#include <sodium.h>

#include <utility>

namespace lama::actors {

keyring::keyring(std::map<hash, pair_of_keys> by_owner) : by_owner_(std::move(by_owner)) {
  // Not to be swapped out. Where the limit on locked memory is too small this fails, which costs secrecy from the swap file only.
  for (auto& [owner, keys] : by_owner_)
    sodium_mlock(&keys, sizeof keys);
}

keyring::~keyring() {
  for (auto& [owner, keys] : by_owner_) {
    sodium_memzero(&keys, sizeof keys);
    sodium_munlock(&keys, sizeof keys);
  }
}

result<std::string> keyring::sign(const hash& owner, std::string_view message) const {
  auto found = by_owner_.find(owner);
  if (found == by_owner_.end())
    return fail(errc::not_found, "no secret keys of " + owner.hex() + " on this instance");
  return protocol::sign(message, found->second.signing.secret_key);
}

std::optional<protocol::key32> keyring::shared_key(const protocol::key32& own_public, const protocol::key32& remote_public) const {
  for (const auto& [owner, keys] : by_owner_)
    if (keys.encryption.public_key == own_public)
      return protocol::shared_key(keys.encryption.secret_key, remote_public);
  return std::nullopt;
}

std::optional<protocol::key32> keyring::public_key(const hash& owner) const {
  auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? std::nullopt : std::optional{found->second.encryption.public_key};
}

std::optional<protocol::key32> keyring::public_sign_key(const hash& owner) const {
  auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? std::nullopt : std::optional{found->second.signing.public_key};
}

} // namespace lama::actors
