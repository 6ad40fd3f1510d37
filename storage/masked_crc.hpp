#pragma once

#include <boost/crc.hpp>

#include <cstdint>

namespace lama::storage {

/// The checksum of LevelDB's logs and tables.
using crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

/// As it is stored: of bytes that hold checksums themselves, another one is wanted.
inline uint32_t masked(const crc32c& x) {
  auto sum = static_cast<uint32_t>(x.checksum());
  return (sum >> 15 | sum << 17) + 0xa282ead8u;
}

} // namespace lama::storage
