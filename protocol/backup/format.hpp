#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The backup file (docs/backup.md): a description, then blocks of keys and values of a store, then an end that says what there was.
///
///     "LAMABKP1" | length u32 | header, JSON | SHA-256 of all before
///     length u32 | sealed or checked block …
///
/// A block's content is `1 | plain length u32 | zstd frame`, or `2 | end, JSON` in the last one. Where there is no passphrase, the
/// SHA-256 of (checksum before it ‖ content) stands before each; where there is one, the blocks are one libsodium secretstream with the
/// header's checksum as additional data. Numbers are little-endian.
namespace lama::protocol::backup {

inline constexpr std::string_view magic = "LAMABKP1";
/// Of what this program writes; it reads this one and none that is newer.
inline constexpr uint32_t format_version = 1;

/// How the key of a sealed file comes from the passphrase (scrypt).
struct seal_description {
  derivation_cost cost{131072, 8, 1}; ///< 128 MiB, a third of a second: a file may lie in foreign hands for years
  std::string salt;                   ///< 16 bytes
  std::string stream;                 ///< 24 bytes: what libsodium calls the stream's header
  std::string check;                  ///< 16 bytes that only the right key gives: tells a wrong passphrase from a damaged file
};

struct header {
  std::string id;        ///< 32 hex digits, random
  std::string base;      ///< the id of the backup that this one goes on from; empty: it is whole
  std::string user;      ///< whose store
  std::string side;      ///< "archive" or "sparse"
  std::string store;     ///< the store's id (storage/sync_adapter.hpp), empty where it has none
  uint32_t schema = 0;   ///< of the store's keys
  uint64_t after = 0;    ///< the change log's lines up to here stand in `base`
  uint64_t sequence = 0; ///< and up to here in this one
  int64_t created_ms = 0;
  std::optional<seal_description> seal;
};

/// What the last block says.
struct summary {
  uint64_t entries = 0;
  uint64_t bytes = 0; ///< of keys and values
  hash digest{};      ///< of the whole state then (storage/digest.hpp)

  friend bool operator==(const summary&, const summary&) = default;
};

// Errors of all that reads: `bad_input` no backup file; `unsupported` a newer one; `wrong_secret` the passphrase; `corrupt` with detail
// "BACKUP-TORN" where the file ends too early, "BACKUP-DAMAGED" where it is not as it was written.
inline constexpr const char* torn_file = "BACKUP-TORN";
inline constexpr const char* damaged_file = "BACKUP-DAMAGED";

std::string text_of(const header& x);
result<header> read_header_text(std::string_view text);
std::string text_of(const summary& x);
result<summary> read_summary_text(std::string_view text);

/// Fills in what `to.seal` lacks beside cost and salt; the key is for `writer`.
result<key32> derive_seal(seal_description& seal, std::string_view passphrase);
/// `wrong_secret` where `check` does not fit.
result<key32> open_seal(const seal_description& seal, std::string_view passphrase);

} // namespace lama::protocol::backup
