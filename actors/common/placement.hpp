#pragma once

/// Where actors run: the one place that knows whether this is production or simulation.
namespace lama::actors {

enum class placement {
  production, ///< the store's writer has a thread of its own, since it waits for the disk
  simulation, ///< everything on the test scheduler: a detached actor would be a real thread that the driver cannot see
};

} // namespace lama::actors
