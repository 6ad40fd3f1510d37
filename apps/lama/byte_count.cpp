#include "apps/lama/byte_count.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace lama::app {

result<uint64_t> parse_bytes(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, double>, 9> units{
      {{"", 1}, {"b", 1}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"kib", 1024}, {"mib", 1048576}, {"gib", 1073741824}}};
  char* end = nullptr;
  auto number = std::strtod(text.c_str(), &end);
  std::string unit;
  for (const char* c = end; *c != '\0'; ++c)
    if (*c != ' ')
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  for (const auto& [name, factor] : units)
    if (unit == name && end != text.c_str() && std::isfinite(number) && number >= 0 && number * factor < 1e18)
      return static_cast<uint64_t>(number * factor);
  return fail(errc::bad_input, "'" + text + "' is no number of bytes; write 500MB or 2GiB.");
}

} // namespace lama::app
