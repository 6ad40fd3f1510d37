#pragma once

#include "protocol/objects/object_space.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Objects with all they refer to inside them, in one text (docs/protocol/01 §3.1): for export to people and programs. Sync does not use it.
namespace lama::protocol {

/// The imploded text of the object, or of the current version of the id, that is called `name`: each reference becomes what it refers to, an id its
/// current version. `not_found` where something that is referred to is not here (a blob that is stored in chunks is not); `too_large` beyond
/// limits::imploded_bytes, or limits::imploded_depth objects within objects, as those have that refer to each other by id.
result<std::string> implode(const object_source& from, const hash& name);

struct exploded_object {
  hash name;             ///< of the outer object
  std::size_t parts = 0; ///< objects, blobs and clobs in the text, the outer object included, each occurrence
};

/// Takes an imploded text apart and stores what is in it, versioned objects as changes of `now_ms`. Everything is checked before anything is stored:
/// that each part has the name that its tag says (`corrupt`, MEX-PIO2; blobs and clobs too, which the stock peer does not compare), and that the objects
/// follow their recipes.
result<exploded_object> explode(object_space& to, std::string_view imploded, int64_t now_ms);

} // namespace lama::protocol
