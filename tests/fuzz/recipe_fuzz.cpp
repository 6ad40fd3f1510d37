#include "protocol/objects/recipe.hpp"

// A Recipe object from anywhere either makes a type or is refused; a type that was made reads texts without harm.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  lama::protocol::recipe_table table;
  (void)table.add({reinterpret_cast<const char*>(data), size});
  return 0;
}
