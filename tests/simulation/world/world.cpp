#include "tests/simulation/world/world.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace lama::simulator {

using namespace std::chrono_literals;

world::world(uint64_t seed) : dice_(seed), lines_(dice_, 1ms, 20ms), loud_(std::getenv("LAMA_SIMULATION_TRACE") != nullptr) {
  // nop
}

node_index world::add(builder build) {
  seats_.push_back({std::move(build), nullptr});
  restart(seats_.size() - 1);
  return seats_.size() - 1;
}

void world::crash(node_index which) {
  note("crash");
  lines_.detach(which);
  seats_[which].sitting.reset();
}

void world::restart(node_index which) {
  note("start");
  seats_[which].sitting = std::make_unique<node>(now_);
  seats_[which].build(*this, which, *seats_[which].sitting);
}

void world::run_for(duration time) {
  run_until([] { return false; }, time);
}

bool world::run_until(const std::function<bool()>& is_so, duration most) {
  auto end = now_ + most;
  for (;;) {
    do {
      if (is_so())
        return true;
    } while (run_one()); // Time passes only when nobody can run.
    if (now_ >= end)
      return false;
    now_ = next_event(end);
    for (auto& x : seats_)
      if (x.sitting)
        x.sitting->move_clock_to(now_);
    lines_.deliver_due(now_);
  }
}

bool world::run_one() {
  std::size_t ready = 0;
  for (auto& x : seats_)
    ready += x.sitting ? x.sitting->ready() : 0;
  if (ready == 0)
    return false;
  auto chosen = static_cast<std::size_t>(dice_.below(ready));
  for (auto& x : seats_) {
    auto here = x.sitting ? x.sitting->ready() : 0;
    if (chosen < here) {
      note(std::to_string(&x - seats_.data()) + ' ' + x.sitting->run_one(chosen));
      ++steps_;
      break;
    }
    chosen -= here;
  }
  return true;
}

time_point world::next_event(time_point latest) {
  auto next = lines_.next_due().value_or(latest);
  for (auto& x : seats_)
    if (x.sitting)
      next = std::min(next, x.sitting->next_timeout().value_or(latest));
  return std::max(now_, std::min(next, latest));
}

void world::note(std::string_view text) {
  if (loud_)
    std::fprintf(stderr, "%10.3f %.*s\n", static_cast<double>(now_.time_since_epoch().count()) / 1e9, static_cast<int>(text.size()), text.data());
  auto mix = [this](unsigned char byte) { trace_ = (trace_ ^ byte) * 1099511628211u; };
  for (auto t = now_.time_since_epoch().count(); t != 0; t >>= 8)
    mix(static_cast<unsigned char>(t & 0xff));
  for (auto c : text)
    mix(static_cast<unsigned char>(c));
}

} // namespace lama::simulator
