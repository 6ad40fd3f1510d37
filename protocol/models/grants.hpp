#pragma once

#include "protocol/models/vocabulary.hpp"

/// Who may see what: Access for one object, IdAccess for all versions of an id (docs/protocol/04 §2.6). Only the latest version counts.
///
/// Grant to persons: the stock peer ignores groups when it serves its roots (docs/protocol/04 §0.8).
namespace lama::models {

enum class grant_mode {
  add,     ///< union with what is granted
  replace, ///< exactly this; nobody at all revokes
  remove,  ///< without these
};

struct grant_target {
  enum class kind : uint8_t { object, id } what = kind::object;
  hash name;
};
inline grant_target object_target(const hash& name) {
  return {grant_target::kind::object, name};
}
inline grant_target id_target(const hash& id) {
  return {grant_target::kind::id, id};
}

struct audience {
  std::vector<hash> persons;
  std::vector<hash> groups; ///< id hashes of Group
};

/// Changes who may see `target`; repeated names count once. Answers whether anything changed: a grant that is there already writes nothing.
result<bool> grant(object_space& space, const grant_target& target, const audience& who, grant_mode mode, int64_t now_ms);

/// The latest grant; empty where there is none.
audience granted_to(const object_source& from, const grant_target& target);

struct grants {
  std::vector<hash> objects; ///< by Access
  std::vector<hash> ids;     ///< by IdAccess
};
/// What the latest grants give to one person by name, in the order of granting. Reads every version that ever named the person.
grants grants_of(const object_source& from, const hash& person);

} // namespace lama::models
