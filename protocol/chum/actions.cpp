#include "protocol/chum/actions.hpp"

#include "protocol/versions/versions.hpp"

namespace lama::protocol::chum {

result<done> apply(object_space& space, const store_batch& batch) {
  for (const auto& item : batch.items) {
    LAMA_TRY(put, item.is_blob ? space.put_blob(item.bytes) : space.put(item.bytes));
    if (put.name != item.name)
      return fail(errc::internal, "A batch holds " + put.name.hex() + " under the name " + item.name.hex() + ".");
  }
  for (const auto& node : batch.imports)
    LAMA_CHECK(import_version(space, node));
  return done{};
}

} // namespace lama::protocol::chum
