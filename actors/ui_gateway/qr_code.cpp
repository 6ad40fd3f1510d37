#include "actors/ui_gateway/qr_code.hpp"

#include <qrencode.h>

#include <memory>

namespace lama::actors {

std::vector<std::string> qr_code(std::string_view text) {
  std::unique_ptr<QRcode, void (*)(QRcode*)> code{QRcode_encodeString8bit(std::string{text}.c_str(), 0, QR_ECLEVEL_L), QRcode_free};
  if (!code)
    return {};
  std::vector<std::string> rows;
  for (int row = 0; row < code->width; ++row) {
    std::string line;
    for (int column = 0; column < code->width; ++column)
      line += (code->data[row * code->width + column] & 1) != 0 ? '1' : '0';
    rows.push_back(std::move(line));
  }
  return rows;
}

} // namespace lama::actors
