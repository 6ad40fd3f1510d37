#pragma once

#include "protocol/backup/format.hpp"

#include <sodium.h>

#include <optional>
#include <string>
#include <string_view>

/// How one block stands in the file: checked by a chain of hashes, or sealed by a stream of boxes. Used by writer and reader.
namespace lama::protocol::backup {

enum class block_kind : uint8_t { entries = 1, end = 2 };

/// What a block may be long in the file: zstd's bound for what does not compress, and what protects it.
std::size_t most_block_bytes();

std::string compress(std::string_view plain);
/// `corrupt` where it is no frame of that length.
result<std::string> decompress(std::string_view packed, std::size_t plain_bytes);

class block_guard {
public:
  /// For writing; fills in the seal's stream.
  static block_guard begin(std::optional<seal_description>& seal, const std::optional<key32>& key);
  /// For reading.
  static block_guard open(const std::optional<seal_description>& seal, const std::optional<key32>& key);
  ~block_guard();
  block_guard(const block_guard&) = default;
  block_guard& operator=(const block_guard&) = default;

  /// What all blocks hang on: the checksum of everything before them.
  void bind(const hash& header_checksum) {
    chain_ = header_checksum;
  }
  std::string protect(std::string_view content, bool last);
  /// `corrupt` where a bit differs, or blocks stand in another order.
  result<std::string> check(std::string_view block, bool& last);

private:
  block_guard() = default;

  bool sealed_ = false;
  hash chain_{};
  crypto_secretstream_xchacha20poly1305_state stream_{};
};

} // namespace lama::protocol::backup
