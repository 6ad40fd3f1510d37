#include "apps/lama/qr_picture.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace lama::app {

namespace {

constexpr std::ptrdiff_t quiet_zone = 4;
constexpr std::ptrdiff_t module_pixels = 8;

bool is_dark(const std::vector<std::string>& rows, std::ptrdiff_t row, std::ptrdiff_t column) {
  auto size = static_cast<std::ptrdiff_t>(rows.size());
  if (row < 0 || column < 0 || row >= size || column >= static_cast<std::ptrdiff_t>(rows[static_cast<std::size_t>(row)].size()))
    return false;
  return rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] == '1';
}

std::string big_endian(uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8), static_cast<char>(number)};
}

uint32_t crc_of(std::string_view bytes) {
  uint32_t crc = 0xffffffffu;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

std::string chunk(std::string_view type, std::string_view content) {
  auto body = std::string{type} + std::string{content};
  return big_endian(static_cast<uint32_t>(content.size())) + body + big_endian(crc_of(body));
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4): no compression, no library.
std::string stored(std::string_view bytes) {
  std::string out{"\x78\x01", 2};
  uint32_t a = 1;
  uint32_t b = 0;
  for (char c : bytes) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  constexpr std::size_t most = 65535;
  for (std::size_t at = 0; at < bytes.size(); at += most) {
    auto piece = bytes.substr(at, most);
    auto size = static_cast<uint16_t>(piece.size());
    out += at + most >= bytes.size() ? '\1' : '\0';
    out += static_cast<char>(size);
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(~size);
    out += static_cast<char>(static_cast<uint16_t>(~size) >> 8);
    out += piece;
  }
  return out + big_endian(b << 16 | a);
}

} // namespace

std::string qr_text(const std::vector<std::string>& rows) {
  auto size = static_cast<std::ptrdiff_t>(rows.size());
  std::string out;
  for (std::ptrdiff_t row = -2; row < size + 2; row += 2) {
    out += "\x1b[30;107m";
    for (std::ptrdiff_t column = -2; column < size + 2; ++column) {
      auto upper = is_dark(rows, row, column);
      auto lower = is_dark(rows, row + 1, column);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

std::string qr_png(const std::vector<std::string>& rows) {
  auto modules = static_cast<std::ptrdiff_t>(rows.size()) + 2 * quiet_zone;
  auto pixels = static_cast<uint32_t>(modules * module_pixels);
  std::string picture;
  for (std::ptrdiff_t row = 0; row < modules; ++row) {
    std::string line(1, '\0'); // no filter
    for (std::ptrdiff_t column = 0; column < modules; ++column)
      line.append(module_pixels, is_dark(rows, row - quiet_zone, column - quiet_zone) ? '\0' : '\xff');
    for (std::ptrdiff_t i = 0; i < module_pixels; ++i)
      picture += line;
  }
  std::string header = big_endian(pixels) + big_endian(pixels) + std::string{"\x08\x00\x00\x00\x00", 5}; // 8 bits of grey
  return std::string{"\x89PNG\r\n\x1a\n", 8} + chunk("IHDR", header) + chunk("IDAT", stored(picture)) + chunk("IEND", {});
}

} // namespace lama::app
