#include "protocol/sync/apply.hpp"

#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

namespace lama::protocol::sync {

namespace {

/// The other side is the only writer: its version becomes the head, whatever was before.
result<done> adopt(object_space& space, const hash& node) {
  LAMA_TRY(edge, load_version_node(space, node));
  auto text = space.read(edge.data);
  if (!text)
    return fail(errc::not_found, "The data " + edge.data.hex() + " of a version is not here.");
  LAMA_TRY(facts, examine(*text, space.recipes()));
  if (!facts.id_hash || facts.is_id_object)
    return fail(errc::bad_input, "The object " + edge.data.hex() + " is of a type that has no versions.");
  if (current_data(space, *facts.id_hash) != edge.data)
    space.set_head(*facts.id_hash, node, {node});
  return done{};
}

} // namespace

result<done> apply_batch(object_space& space, const commit_batch& batch, version_mode mode) {
  for (const auto& x : batch.items) {
    switch (x.kind) {
    case item_kind::object:
    case item_kind::id_object:
      LAMA_CHECK(space.put(x.bytes));
      break;
    case item_kind::text:
    case item_kind::foreign_text:
      LAMA_CHECK(space.keep_text(x.bytes, x.kind == item_kind::text ? text_origin::own : text_origin::foreign));
      break;
    case item_kind::version: {
      LAMA_TRY(node, space.put(x.bytes));
      if (mode == version_mode::adopt)
        LAMA_CHECK(adopt(space, node.name));
      else
        LAMA_CHECK(import_version(space, node.name));
      break;
    }
    case item_kind::blob:
      LAMA_CHECK(space.put_blob(x.bytes));
      break;
    case item_kind::elsewhere:
      if (!space.contains(x.name))
        space.mark_elsewhere(x.name);
      break;
    case item_kind::blob_piece:
    case item_kind::missing:
      break;
    }
  }
  return done{};
}

} // namespace lama::protocol::sync
