#pragma once

#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <string>
#include <utility>

/// What the importer says of what is wrong (importer.hpp).
namespace lama::protocol::sync {

inline constexpr const char* missing_reference = "SYNC-MISSING";
/// The type is no matter of policy: it breaks the protocol.
inline constexpr const char* grant_type = "SYNC-TYPE";

inline error broken(std::string what) {
  return fail(errc::bad_input, "The remote node does not keep to the sync protocol: " + std::move(what) + ".", "SYNC-STATE");
}

inline error bad_item(const hash& name, std::string what) {
  return fail(errc::bad_input, "The remote node sent " + name.hex() + ", " + std::move(what) + ".", "SYNC-ITEM");
}

} // namespace lama::protocol::sync
