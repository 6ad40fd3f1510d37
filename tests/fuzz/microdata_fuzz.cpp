#include "protocol/objects/microdata.hpp"
#include "protocol/objects/unknown_object.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

/// A text that conforms to a recipe is well formed without one, and refers to the same.
bool agree(const lama::protocol::object_facts& facts, const lama::result<lama::protocol::unknown_object>& unknown) {
  auto same = [](const auto& a, const auto& b) { return a.target == b.target && a.kind == b.kind; };
  return unknown && unknown->type == facts.type->name && unknown->is_id_object == facts.is_id_object &&
         std::ranges::equal(unknown->references, facts.references, same);
}

} // namespace

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
  auto unknown = examine_without_recipe(text);
  if (facts && !agree(*facts, unknown))
    std::abort();
  (void)parse_object(text, recipes, parse_mode::lenient);
  (void)parse_id_object(text, recipes);
  (void)classify(text);
  return 0;
}
