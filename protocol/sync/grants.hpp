#pragma once

#include "protocol/objects/object_space.hpp"

#include <optional>
#include <string_view>
#include <vector>

/// Which grants concern one remote person (docs/protocol/03 §5.1, §5.2). Only heads count. Answered by key look-ups: no list of grants is read.
namespace lama::protocol::sync {

/// `Access`, `IdAccess`, `Group`: never sent, never accepted.
bool is_grant_type(std::string_view type);

/// Are all versions of `id` granted to `person`, by name or through a group?
bool id_granted(const object_source& from, const hash& id, const hash& person);
/// Is the object granted by Access?
bool object_granted(const object_source& from, const hash& name, const hash& person);

/// What a current grant object gives.
struct granted_target {
  hash name;
  bool all_versions = false; ///< by IdAccess: `name` is an id hash
};
/// The target of the Access or IdAccess with id hash `grant`, where its head names `person`.
std::optional<granted_target> target_of_grant(const object_source& from, const hash& grant, const hash& person);
/// What current grants to `group` give, where its head names `person`: it may just have joined.
std::vector<granted_target> targets_of_group(const object_source& from, const hash& group, const hash& person);

} // namespace lama::protocol::sync
