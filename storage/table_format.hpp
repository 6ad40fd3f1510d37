#pragma once

#include "storage/masked_crc.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a table file of LevelDB is made of (LevelDB's doc/table_format.md): blocks of entries, each with a trailer; the index, a block that
/// names the others; a footer that names the index.
namespace lama::storage {

/// Behind each block: how it is compressed (1 byte), and its checksum (4).
inline constexpr std::size_t block_trailer_bytes = 5;
inline constexpr uint8_t last_compression = 1; ///< 0 not at all, 1 Snappy
inline constexpr std::size_t footer_bytes = 48;

uint32_t number_at(std::string_view bytes, std::size_t at); ///< 4 bytes, little-endian

struct block_handle {
  std::size_t offset = 0;
  std::size_t size = 0; ///< without the trailer

  std::size_t end() const {
    return offset + size + block_trailer_bytes;
  }
  bool operator==(const block_handle&) const = default;
};
std::string encode(const block_handle& x);
/// Nothing where `bytes` are not one handle, all of them.
std::optional<block_handle> decode_handle(std::string_view bytes);

struct table_entry {
  std::string key;
  std::string value;
};
/// What stands in a block whose checksum is right. Empty where it is no block of entries.
std::vector<table_entry> entries_of(std::string_view table, const block_handle& where);

/// Keys in tables are those of the store with 8 bytes more: what was done (0 deleted, 1 put), and its number, the newest first.
bool is_internal_key(std::string_view key);
bool comes_before(std::string_view a, std::string_view b);
/// A short key that is not before `a`, and before `b`.
std::string key_between(std::string_view a, std::string_view b);

/// A block of entries, which are added in order.
class block_writer {
public:
  void add(std::string_view key, std::string_view value);
  std::string finish();

private:
  std::string bytes_;
  std::vector<std::size_t> starts_;
};
/// Appends a block and its trailer.
block_handle append_block(std::string& table, std::string_view block);
std::string footer(const block_handle& meta_index, const block_handle& index);

} // namespace lama::storage
