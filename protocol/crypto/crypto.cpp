#include "protocol/crypto/crypto.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace lama::protocol {

namespace {

constexpr std::size_t nonce_bytes = crypto_secretbox_NONCEBYTES;

static_assert(crypto_box_BEFORENMBYTES == 32 && crypto_secretbox_KEYBYTES == 32 && nonce_bytes == 24 && crypto_secretbox_MACBYTES == tag_bytes);
static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == 32 && crypto_sign_BYTES == 64);

// libsodium chooses its fast implementations here; without it all of them work, but slowly.
[[maybe_unused]] const int initialised = sodium_init();

const uint8_t* data(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

uint8_t* data(std::string& bytes) {
  return reinterpret_cast<uint8_t*>(bytes.data());
}

} // namespace

encryption_keys make_encryption_keys(random_source& random) {
  key32 secret;
  random.fill(secret);
  auto keys = encryption_keys_from_secret(secret);
  wipe(secret);
  return keys;
}

signing_keys make_signing_keys(random_source& random) {
  key32 seed;
  random.fill(seed);
  signing_keys keys;
  crypto_sign_seed_keypair(keys.public_key.data(), keys.secret_key.data(), seed.data());
  wipe(seed);
  return keys;
}

encryption_keys encryption_keys_from_secret(const key32& secret) {
  encryption_keys keys;
  keys.secret_key = secret;
  crypto_scalarmult_curve25519_base(keys.public_key.data(), secret.data());
  return keys;
}

signing_keys signing_keys_from_secret(const key64& secret) {
  // From the seed and not from the second half: signing with a public key that does not belong to the seed gives the seed away.
  signing_keys keys;
  crypto_sign_seed_keypair(keys.public_key.data(), keys.secret_key.data(), secret.data());
  return keys;
}

std::optional<key32> shared_key(const key32& own_secret, const key32& remote_public) {
  key32 key;
  if (crypto_box_beforenm(key.data(), remote_public.data(), own_secret.data()) != 0)
    return std::nullopt;
  return key;
}

std::string seal_box(std::string_view plain, const key32& shared, random_source& random) {
  std::string sealed(nonce_bytes + tag_bytes + plain.size(), '\0');
  random.fill({data(sealed), nonce_bytes});
  crypto_secretbox_easy(data(sealed) + nonce_bytes, data(plain), plain.size(), data(sealed), shared.data());
  return sealed;
}

result<std::string> open_box(std::string_view sealed, const key32& shared) {
  // The texts are those of the stock peer: they end up in close reasons (docs/protocol/02 §4).
  if (sealed.size() < nonce_bytes)
    return fail(errc::bad_input, "bad nonce size");
  std::string plain(sealed.size() - std::min(sealed.size(), nonce_bytes + tag_bytes), '\0');
  auto fits = sealed.size() >= nonce_bytes + tag_bytes &&
              crypto_secretbox_open_easy(data(plain), data(sealed) + nonce_bytes, sealed.size() - nonce_bytes, data(sealed), shared.data()) == 0;
  if (!fits)
    return fail(errc::wrong_secret, "CYENC-SYMDEC: Decryption with symmetric key failed", "CYENC-SYMDEC");
  return plain;
}

std::string secretbox(std::string_view plain, const std::array<uint8_t, 24>& nonce, const key32& key) {
  std::string sealed(tag_bytes + plain.size(), '\0');
  crypto_secretbox_easy(data(sealed), data(plain), plain.size(), nonce.data(), key.data());
  return sealed;
}

std::optional<std::string> open_secretbox(std::string_view sealed, const std::array<uint8_t, 24>& nonce, const key32& key) {
  if (sealed.size() < tag_bytes)
    return std::nullopt;
  std::string plain(sealed.size() - tag_bytes, '\0');
  if (crypto_secretbox_open_easy(data(plain), data(sealed), sealed.size(), nonce.data(), key.data()) != 0)
    return std::nullopt;
  return plain;
}

void seal_in_place(std::span<uint8_t> box, const std::array<uint8_t, 24>& nonce, const key32& key) {
  if (box.size() < tag_bytes)
    std::abort(); // the caller's arithmetic is wrong
  auto* text = box.data() + tag_bytes;
  crypto_secretbox_detached(text, box.data(), text, box.size() - tag_bytes, nonce.data(), key.data());
}

bool open_in_place(std::span<uint8_t> box, const std::array<uint8_t, 24>& nonce, const key32& key) {
  if (box.size() < tag_bytes)
    return false;
  auto* text = box.data() + tag_bytes;
  return crypto_secretbox_open_detached(text, text, box.data(), box.size() - tag_bytes, nonce.data(), key.data()) == 0;
}

std::string sign(std::string_view message, const key64& secret) {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(data(signature), nullptr, data(message), message.size(), secret.data());
  return signature;
}

bool verify(std::string_view message, std::string_view signature, const key32& public_key) {
  return signature.size() == crypto_sign_BYTES && crypto_sign_verify_detached(data(signature), data(message), message.size(), public_key.data()) == 0;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, data(key), key.size());
  crypto_auth_hmacsha256_update(&state, data(message), message.size());
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, data(mac));
  sodium_memzero(&state, sizeof state);
  return mac;
}

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view view(const key32& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::optional<key32> key32_from_bytes(std::string_view bytes) {
  key32 key;
  if (bytes.size() != key.size())
    return std::nullopt;
  std::memcpy(key.data(), bytes.data(), key.size());
  return key;
}

std::optional<key32> key32_from_hex(std::string_view hex) {
  key32 key;
  std::size_t length = 0;
  if (hex.size() != 2 * key.size() || sodium_hex2bin(key.data(), key.size(), hex.data(), hex.size(), nullptr, &length, nullptr) != 0)
    return std::nullopt;
  return length == key.size() ? std::optional{key} : std::nullopt;
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

void wipe(key32& secret) {
  sodium_memzero(secret.data(), secret.size());
}

} // namespace lama::protocol
