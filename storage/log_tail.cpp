#include "storage/log_tail.hpp"

#include "storage/masked_crc.hpp"


#include <algorithm>
#include <cstddef>

namespace lama::storage {

namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;
constexpr std::size_t sector_bytes = 512;

enum class piece : uint8_t { none = 0, full = 1, first = 2, middle = 3, last = 4 };

struct header {
  uint32_t checksum = 0;
  std::size_t length = 0;
  uint8_t type = 0;

  bool plausible(std::size_t room) const {
    return type >= static_cast<uint8_t>(piece::full) && type <= static_cast<uint8_t>(piece::last) && header_bytes + length <= room;
  }
  bool is(piece what) const {
    return type == static_cast<uint8_t>(what);
  }
};

header header_at(std::string_view log, std::size_t at) {
  auto byte = [&](std::size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(log[at + i])); };
  return {byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24, byte(4) | byte(5) << 8, static_cast<uint8_t>(byte(6))};
}

bool all_zero(std::string_view x) {
  return x.find_first_not_of('\0') == std::string_view::npos;
}

/// CRC-32C over type and bytes, masked as LevelDB does.
bool sound(std::string_view log, std::size_t at, const header& x) {
  crc32c crc;
  crc.process_bytes(log.data() + at + header_bytes - 1, x.length + 1);
  return masked(crc) == x.checksum;
}

std::size_t room_at(std::size_t at) {
  return block_bytes - at % block_bytes;
}

/// Where the next header stands: what is left of a block and too short for one is not used.
std::size_t skip_trailer(std::size_t at) {
  return room_at(at) < header_bytes ? at + room_at(at) : at;
}

/// A sector between both, or the part of one that lies between them, was never written.
bool lacks_a_sector(std::string_view log, std::size_t from, std::size_t to) {
  while (from < to) {
    auto next = std::min(to, from - from % sector_bytes + sector_bytes);
    if (all_zero(log.substr(from, next - from)))
      return true;
    from = next;
  }
  return false;
}

/// Neither is the header there: it, or its second half, stands in such a sector.
bool lacks_its_header(std::string_view log, std::size_t at) {
  auto boundary = std::min(log.size(), at - at % sector_bytes + sector_bytes);
  auto next = log.substr(boundary, sector_bytes);
  return all_zero(log.substr(at, boundary - at)) || (boundary < at + header_bytes && all_zero(next));
}

/// A sound record that begins a block after `at`: what stands there was written after what is missing, and perhaps acknowledged.
bool goes_on_after(std::string_view log, std::size_t at) {
  for (auto block = at - at % block_bytes + block_bytes; block + header_bytes <= log.size(); block += block_bytes)
    if (auto x = header_at(log, block); x.plausible(std::min(room_at(block), log.size() - block)) && sound(log, block, x))
      return true;
  return false;
}

/// What the headers tell, from the beginning to where they end.
struct chain {
  std::size_t end = 0;    ///< behind the last header's bytes
  std::size_t record = 0; ///< where the last record begins, whole or not
  bool whole = true;      ///< it ends, by its headers
  bool file_ends = false; ///< rather than that there is no header
};

chain follow(std::string_view log) {
  chain x;
  for (;;) {
    auto at = skip_trailer(x.end);
    x.file_ends = at + header_bytes > log.size();
    if (x.file_ends)
      return x;
    auto found = header_at(log, at);
    if (!found.plausible(room_at(at)))
      return x;
    x.file_ends = at + header_bytes + found.length > log.size();
    if (x.file_ends)
      return x;
    if (found.is(piece::full) || found.is(piece::first))
      x.record = at;
    x.whole = found.is(piece::full) || found.is(piece::last);
    x.end = at + header_bytes + found.length;
  }
}

bool record_sound(std::string_view log, const chain& x) {
  for (auto at = x.record; at < x.end;) {
    at = skip_trailer(at);
    if (at >= x.end)
      break;
    auto piece = header_at(log, at);
    if (!sound(log, at, piece))
      return false;
    at += header_bytes + piece.length;
  }
  return true;
}

} // namespace

std::optional<uint64_t> length_of_log(std::string_view log) {
  auto x = follow(log);
  if (x.file_ends)
    return log.size(); // no room was made ahead, or it is used up: LevelDB knows what to do
  auto next = skip_trailer(x.end);
  auto in_order = all_zero(log.substr(x.end));
  if (!in_order && (!lacks_its_header(log, next) || goes_on_after(log, next)))
    return std::nullopt;
  if (!x.whole)
    return x.record;
  if (record_sound(log, x))
    return x.end;
  return lacks_a_sector(log, x.record, x.end) ? std::optional{x.record} : std::nullopt;
}

} // namespace lama::storage
