#include "actors/ui_gateway/long_job.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <string>
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

result<json> outcome_of(const std::function<result<json>()>& work) {
  try {
    return work();
  } catch (const std::exception& problem) {
    return lama::fail(errc::internal, std::string{"a long job ended by an exception: "} + problem.what());
  }
}

worker_actor::behavior_type worker(worker_actor::pointer self) {
  return {[self](do_job& job) {
    self->quit();
    auto work = std::move(job.work); // what it holds is let go of before the answer is seen
    return job_done{std::make_shared<result<json>>(outcome_of(work))};
  }};
}

std::atomic<int> running{0};

} // namespace

std::shared_ptr<void> long_job_place() {
  if (running.fetch_add(1) >= most_long_jobs) {
    --running;
    return nullptr;
  }
  return {&running, [](std::atomic<int>* count) { --*count; }};
}

lama::error too_many_long_jobs() {
  return lama::fail(errc::overloaded, "Other long jobs are under way; try again when they are done.");
}

void run_apart(gateway_pointer self, std::function<result<json>()> work, std::function<void(result<json>)> then) {
  auto place = long_job_place();
  if (!place)
    return then(too_many_long_jobs());
  auto counted = [work = std::move(work), place = std::move(place)] { return work(); };
  auto made = self->state.context->environment->where == placement::production ? self->spawn<caf::detached>(worker) : self->spawn(worker);
  self->request(made, long_job_deadline, do_job{std::move(counted)})
      .then([then](const job_done& done) { then(std::move(*done.outcome)); }, [then](const caf::error& failure) { then(from_caf(failure)); });
}

std::function<void(uint64_t)> progress_of(gateway_pointer self, const call_scope& x, uint64_t total) {
  auto step = total / 50 + 1;
  return [gateway = caf::actor_cast<ui_gateway_actor>(self), user = x.user->user, what = x.method, total, step, next = uint64_t{0}](uint64_t done) mutable {
    if (done < next)
      return;
    next = done + step;
    json progress{{"what", what}, {"progress", done}, {"total", std::max(total, done)}};
    caf::anon_send(gateway, user_news{user, {news{"update:progress", std::move(progress)}}});
  };
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
