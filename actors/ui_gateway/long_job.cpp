#include "actors/ui_gateway/long_job.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace lama::actors {

namespace {

struct do_job {
  std::function<result<json>()> work;
};
LAMA_MESSAGE(do_job)
struct job_done {
  std::shared_ptr<result<json>> outcome;
};
LAMA_MESSAGE(job_done)

using worker_actor = caf::typed_actor<caf::replies_to<do_job>::with<job_done>>;
worker_actor::behavior_type worker(worker_actor::pointer self) {
  return {[self](const do_job& job) {
    self->quit();
    return job_done{std::make_shared<result<json>>(job.work())};
  }};
}

/// The whole of a large store is read.
constexpr std::chrono::minutes deadline{120};

std::atomic<int> running{0};

} // namespace

void run_apart(gateway_pointer self, std::function<result<json>()> work, std::function<void(result<json>)> then) {
  if (running.fetch_add(1) >= most_long_jobs) {
    --running;
    return then(lama::fail(errc::overloaded, "Other long jobs are under way; try again when they are done."));
  }
  auto counted = [work = std::move(work)] {
    auto outcome = work();
    --running;
    return outcome;
  };
  auto made = self->state.context->environment->where == placement::production ? self->spawn<caf::detached>(worker) : self->spawn(worker);
  self->request(made, deadline, do_job{std::move(counted)})
      .then([then](const job_done& done) { then(std::move(*done.outcome)); }, [then](const caf::error& failure) { then(from_caf(failure)); });
}

void run_long_job(gateway_pointer self, const call_scope& x, std::function<result<json>()> work) {
  run_apart(self, std::move(work), [x](result<json> outcome) {
    if (outcome)
      x.done(std::move(*outcome));
    else
      x.fail(outcome.failure());
  });
}

} // namespace lama::actors
