#include "protocol/objects/microdata.hpp"

#include <cstdlib>

// Strict parsing accepts exactly what writes back to the same bytes, and `examine` agrees with it (docs/protocol/01 §3).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto& recipes = standard_recipes();
  auto parsed = parse_object(text, recipes);
  auto facts = examine(text, recipes);
  if (parsed) {
    auto written = write_object(*parsed, recipes);
    if (!written || *written != text || !facts)
      std::abort();
  }
  (void)parse_object(text, recipes, parse_mode::lenient);
  (void)parse_id_object(text, recipes);
  (void)classify(text);
  return 0;
}
