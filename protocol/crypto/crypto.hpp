#pragma once

#include "protocol/environment.hpp"
#include "protocol/result.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Keys, boxes, signatures and key derivation (docs/protocol/02 §1, 04 §1). Thin, typed covers over libsodium.
namespace lama::protocol {

using key32 = std::array<uint8_t, 32>;
using key64 = std::array<uint8_t, 64>;

struct encryption_keys { ///< X25519
  key32 public_key{};
  key32 secret_key{};
};
struct signing_keys { ///< Ed25519; the secret is seed followed by public key
  key32 public_key{};
  key64 secret_key{};
};

encryption_keys make_encryption_keys(random_source& random);
signing_keys make_signing_keys(random_source& random);
encryption_keys encryption_keys_from_secret(const key32& secret);
signing_keys signing_keys_from_secret(const key64& secret);

/// k = HSalsa20(X25519(secret, public), 0): `crypto_box_beforenm`. Nothing for a public key of small order.
std::optional<key32> shared_key(const key32& own_secret, const key32& remote_public);

/// "Embedded nonce": 24 random bytes followed by the box; 40 bytes longer than `plain` (docs/protocol/02 §1).
std::string seal_box(std::string_view plain, const key32& shared, random_source& random);
result<std::string> open_box(std::string_view sealed, const key32& shared);
/// XSalsa20-Poly1305 with a nonce of the caller's; 16 bytes longer than `plain`.
std::string secretbox(std::string_view plain, const std::array<uint8_t, 24>& nonce, const key32& key);
/// Nothing where the tag does not fit.
std::optional<std::string> open_secretbox(std::string_view sealed, const std::array<uint8_t, 24>& nonce, const key32& key);

/// The same without a copy: `box` is 16 bytes of room followed by the plain text, and becomes the sealed bytes.
inline constexpr std::size_t tag_bytes = 16;
void seal_in_place(std::span<uint8_t> box, const std::array<uint8_t, 24>& nonce, const key32& key);
/// After success the plain text stands behind the first 16 bytes; after failure the bytes are as they were.
bool open_in_place(std::span<uint8_t> box, const std::array<uint8_t, 24>& nonce, const key32& key);

/// Ed25519 detached, 64 bytes.
std::string sign(std::string_view message, const key64& secret);
bool verify(std::string_view message, std::string_view signature, const key32& public_key);

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);
/// Compares in a time that depends on the sizes alone.
bool equal_secret(std::string_view a, std::string_view b);

/// scrypt, in memory of 128 * n * r bytes, at most 256 MiB; `n` is a power of two. `bad_input` for other costs, and for a password that
/// is not UTF-8. The password is normalised by NFKC first (docs/protocol/04 §1.3).
struct derivation_cost {
  uint64_t n = 32768; ///< the stock form has 1024
  uint32_t r = 8;
  uint32_t p = 1;
};
result<key32> derive_key(std::string_view password, std::string_view salt, const derivation_cost& cost);

std::string_view view(const key32& key);
std::optional<key32> key32_from_bytes(std::string_view bytes);
std::optional<key32> key32_from_hex(std::string_view hex);

/// Overwrites secret bytes for good.
void wipe(std::string& secret);
void wipe(key32& secret);

} // namespace lama::protocol
