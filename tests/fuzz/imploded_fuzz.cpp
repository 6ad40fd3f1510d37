#include "protocol/versions/imploded.hpp"

#include <cstdlib>

// A text that comes apart goes together again, and what is refused leaves nothing behind (docs/protocol/01 §3.1).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol;
  memory_space space{standard_recipes()};
  auto made = explode(space, {reinterpret_cast<const char*>(data), size}, 1);
  if (!made) {
    if (!space.names().empty())
      std::abort();
    return 0;
  }
  // Of several versions of one id within the text the last is current, so that it may be another text; yet it comes apart into the same object.
  auto whole = implode(space, made->name);
  memory_space other{standard_recipes()};
  if (whole && explode(other, *whole, 1)->name != made->name)
    std::abort();
  return 0;
}
