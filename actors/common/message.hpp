#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"

#include <caf/all.hpp>

#include <string>

/// How messages are written: plain structs named for what they ask or say, each with one LAMA_MESSAGE line that names its fields.
/// What is not named there (functions, shared objects) stays out of traces; such messages never leave their actor system.
#define LAMA_MESSAGE(TYPE, ...)                                                                                                                                \
  template <class Inspector>                                                                                                                                   \
  typename Inspector::result_type inspect(Inspector& f, [[maybe_unused]] TYPE& x) {                                                                            \
    return f(caf::meta::type_name(#TYPE) __VA_OPT__(, ) __VA_ARGS__);                                                                                          \
  }

namespace lama {

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, hash& x) {
  return f(x.bytes);
}

} // namespace lama

namespace lama::actors {

/// It worked, and there is nothing else to say.
struct ok {};
LAMA_MESSAGE(ok)

/// Every actor answers this; `/healthz`, `lama status` and the support bundle are the same walk over all of them.
struct get_status {};
LAMA_MESSAGE(get_status)

/// A JSON object as text: counters, states, no secrets.
struct status_report {
  std::string json;
};
LAMA_MESSAGE(status_report, x.json)

using reports_status = caf::typed_actor<caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
