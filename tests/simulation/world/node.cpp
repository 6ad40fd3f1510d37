#include "tests/simulation/world/node.hpp"

#include <algorithm>
#include <stdexcept>

namespace lama::simulator {

node::config::config() {
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
}

node::node(time_point now) {
  scheduler().clock().current_time = std::max(scheduler().clock().current_time, now);
}

node::~node() {
  // Timers hold strong references, and ~actor_system waits for ever for an actor that lives: first the timers go, then the actors.
  scheduler().clock().cancel_all();
  if (root_)
    caf::anon_send_exit(root_, caf::exit_reason::kill);
  root_ = nullptr;
  scheduler().run();
  scheduler().clock().cancel_all();
}

std::string node::run_one(std::size_t nth) {
  auto& jobs = scheduler().jobs;
  std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(nth), jobs.begin() + static_cast<std::ptrdiff_t>(nth) + 1);
  std::string did = "utility";
  if (auto* actor = dynamic_cast<caf::scheduled_actor*>(jobs.front())) {
    did = std::string{actor->name()} + '#' + std::to_string(actor->id());
    if (auto* next = actor->mailbox().peek())
      did += ' ' + caf::to_string(next->content());
  }
  scheduler().run_once();
  return did;
}

std::optional<time_point> node::next_timeout() {
  auto& waiting = scheduler().clock().schedule();
  if (waiting.empty())
    return std::nullopt;
  return waiting.begin()->first;
}

void node::move_clock_to(time_point now) {
  if (auto& clock = scheduler().clock(); clock.current_time < now)
    clock.advance_time(now - clock.current_time);
}

caf::scheduler::test_coordinator& node::scheduler() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
}

} // namespace lama::simulator
