#pragma once

#include <string>
#include <vector>

namespace lama::app {

/// `rows`: '1' is dark, without the quiet zone.
/// For a terminal of any colours: two rows a line, in half blocks, black on white by escape sequences.
std::string qr_text(const std::vector<std::string>& rows);
/// A PNG of 8 pixels a module with a quiet zone of 4 modules; grey, not compressed.
std::string qr_png(const std::vector<std::string>& rows);

} // namespace lama::app
