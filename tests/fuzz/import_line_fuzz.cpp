#include "protocol/models/import.hpp"

// A line of imported history is a line or an error that names it; its time lies within the calendar (docs/import.md).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (auto line = lama::models::parse_import_line(text, 1); line && *line && (*line)->number != 1)
    __builtin_trap();
  (void)lama::models::parse_time(text);
  return 0;
}
