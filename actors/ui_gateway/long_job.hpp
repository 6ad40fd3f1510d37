#pragma once

#include "actors/ui_gateway/calls.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace lama::actors {

/// Long jobs of one process at a time; each has a thread and a snapshot.
inline constexpr int most_long_jobs = 4;

/// The whole of a large store is read.
inline constexpr std::chrono::minutes long_job_deadline{120};

/// A place among them, kept as long as the job goes on; null where all are taken.
std::shared_ptr<void> long_job_place();
lama::error too_many_long_jobs();

/// `work` runs on a thread of its own (in the simulation: as an actor like all others), so it touches no actor; what it reads is a view of
/// the store. `then` is told on the gateway's; `overloaded` where too many are under way.
void run_apart(gateway_pointer self, std::function<result<json>()> work, std::function<void(result<json>)> then);
/// For such a job: tells the user's pages how far the call is (`update:progress`), at most some fifty times. `total` is a guess. Any thread.
std::function<void(uint64_t)> progress_of(gateway_pointer self, const call_scope& x, uint64_t total);
/// The same as `run_apart`, as the answer of a call.
void run_long_job(gateway_pointer self, const call_scope& x, std::function<result<json>()> work);

} // namespace lama::actors
