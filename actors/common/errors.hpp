#pragma once

#include "protocol/result.hpp"

#include <caf/all.hpp>

/// Errors between actors: a `lama::error` travels inside a `caf::error` and comes out whole.
namespace lama::actors {

caf::error to_caf(const lama::error& failure);
/// Also understands CAF's own: a time-out, a receiver that is gone.
lama::error from_caf(const caf::error& failure);

} // namespace lama::actors
