#pragma once

#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace lama::actors {

/// What `app:verify` answers (docs/ipc.md), and `lama verify --json` tells of a store that no node has open.
inline nlohmann::json verify_json(const std::string& user, const std::string& side, const storage::verify_report& x) {
  return {{"user", user},
          {"side", side},
          {"objects", x.objects},
          {"idObjects", x.id_objects},
          {"blobs", x.blobs},
          {"bytes", x.bytes},
          {"heads", x.heads},
          {"references", x.references},
          {"keptTexts", x.kept_texts},
          {"refused", x.refused},
          {"problemCount", x.problem_count},
          {"problems", x.problems}};
}

} // namespace lama::actors
