#include "actors/common/environment.hpp"

namespace lama::actors {

const char* to_string(side which) {
  return which == side::archive ? "archive" : "sparse";
}

} // namespace lama::actors
