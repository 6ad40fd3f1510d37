#include "protocol/crypto/crypto.hpp"

#include <sodium.h>
#include <utf8proc.h>

#include <bit>
#include <cstdlib>
#include <memory>

/// From a password to a key (docs/protocol/04 §1.3).
namespace lama::protocol {

namespace {

constexpr uint64_t memory_bytes = 256ull << 20;
constexpr uint32_t parallel_runs = 16;

struct release {
  void operator()(uint8_t* text) const {
    std::free(text);
  }
};

bool affordable(const derivation_cost& cost) {
  if (cost.n < 2 || !std::has_single_bit(cost.n) || cost.r == 0 || cost.p == 0 || cost.p > parallel_runs)
    return false;
  return cost.n <= memory_bytes / 128 / cost.r;
}

} // namespace

result<key32> derive_key(std::string_view password, std::string_view salt, const derivation_cost& cost) {
  if (!affordable(cost))
    return fail(errc::bad_input, "the key derivation's cost is out of range: n = " + std::to_string(cost.n) + ", r = " + std::to_string(cost.r) +
                                     ", p = " + std::to_string(cost.p));
  uint8_t* mapped = nullptr;
  // Composed characters and their decomposed forms are one password, whatever keyboard made them.
  auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
  auto length = utf8proc_map(reinterpret_cast<const uint8_t*>(password.data()), static_cast<utf8proc_ssize_t>(password.size()), &mapped, options);
  std::unique_ptr<uint8_t, release> normal{mapped};
  if (length < 0)
    return fail(errc::bad_input, "the password is not UTF-8 text");
  key32 key;
  auto failed = crypto_pwhash_scryptsalsa208sha256_ll(normal.get(), static_cast<std::size_t>(length), reinterpret_cast<const uint8_t*>(salt.data()),
                                                      salt.size(), cost.n, cost.r, cost.p, key.data(), key.size());
  if (normal)
    sodium_memzero(normal.get(), static_cast<std::size_t>(length));
  if (failed != 0)
    return fail(errc::overloaded, "no memory for the key derivation (" + std::to_string(128 * cost.n * cost.r >> 20) + " MiB)");
  return key;
}

} // namespace lama::protocol
