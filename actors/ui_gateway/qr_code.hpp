#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lama::actors {

/// The text as a QR code: rows of '1' (dark) and '0', without the quiet zone. Empty where it does not fit into one.
std::vector<std::string> qr_code(std::string_view text);

} // namespace lama::actors
