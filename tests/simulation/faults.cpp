// What breaks in a scenario. Declared in scenario.hpp.
#include "tests/simulation/scenario.hpp"

namespace lama::simulator {

using namespace std::chrono_literals;

void scenario::break_something() {
  auto& victim = any_side();
  switch (below(12)) {
  case 0:
  case 1:
    return cut_a_line();
  case 2:
    return slow_a_line();
  case 3:
  case 4:
    return crash_a_side(victim);
  case 5:
  case 6:
    return break_a_disk(victim);
  case 7:
    return jump_a_clock(victim);
  default:
    return kill_an_actor(victim);
  }
}

/// Between the two sides of one user, or between the archives.
void scenario::cut_a_line() {
  auto which = below(3);
  auto a = which == 2 ? all_.anna().archive.index() : all_.homes[which]->archive.index();
  auto b = which == 2 ? all_.bert().archive.index() : all_.homes[which]->sparse.index();
  tell("line " + std::to_string(a) + "-" + std::to_string(b) + " is cut");
  all_.all.lines().cut(a, b);
  later(below(4) == 0 ? up_to(90s) : up_to(5s), [this, a, b] {
    tell("line " + std::to_string(a) + "-" + std::to_string(b) + " is mended");
    all_.all.lines().mend(a, b);
  });
}

void scenario::slow_a_line() {
  auto a = any_side().where->index();
  auto b = any_side().where->index();
  auto more = up_to(3s);
  tell("line " + std::to_string(a) + "-" + std::to_string(b) + " is slow");
  all_.all.lines().delay(a, b, more);
  later(up_to(10s), [this, a, b] { all_.all.lines().delay(a, b, duration::zero()); });
}

void scenario::crash_a_side(stay& victim) {
  if (!victim.where->is_up())
    return;
  if (below(2) == 0) {
    // In the middle of writing: some writes fail before the power is gone.
    victim.where->disk().fail_after(1 + below(6));
    pass(up_to(200ms));
    if (!victim.where->is_up())
      return;
  }
  tell(name_of(victim) + " crashes");
  victim.where->crash(below(2) == 0 ? 0 : below(2000));
  later(below(4) == 0 ? up_to(20s) : up_to(2s), [this, &victim] {
    if (victim.where->is_up())
      return;
    tell(name_of(victim) + " starts again");
    victim.where->restart();
  });
}

void scenario::break_a_disk(stay& victim) {
  auto& disk = victim.where->disk();
  tell(name_of(victim) + " has a bad disk");
  if (below(2) == 0)
    disk.tear_failed_appends(below(100));
  switch (below(4)) {
  case 0:
    disk.fail_after(1 + below(10));
    break;
  case 1:
    disk.fill_up(below(20'000));
    break;
  case 2:
    disk.fail_kind("sync");
    break;
  default:
    disk.fail_once(1 + below(10));
    break;
  }
  later(up_to(5s), [this, &victim] {
    tell(name_of(victim) + " has a good disk again");
    victim.where->disk().heal();
  });
}

void scenario::kill_an_actor(stay& victim) {
  auto roles = roles_of(victim.is_archive, all_.homes[victim.home]->user);
  if (below(5) == 0) {
    auto* group = below(2) == 0 ? "chum" : "ipc";
    tell(name_of(victim) + ": its " + group + " connections die");
    victim.where->kill_connections(group);
    return;
  }
  auto role = roles[below(roles.size())];
  tell(name_of(victim) + ": " + role + " dies");
  victim.where->kill(role);
}

void scenario::jump_a_clock(stay& victim) {
  auto by = static_cast<int64_t>(below(below(4) == 0 ? 5 * 86'400'000u : 3'600'000u));
  if (below(2) == 0)
    by = -by;
  tell(name_of(victim) + ": the clock jumps by " + std::to_string(by / 1000) + " s");
  victim.where->clock().jump(by);
}

} // namespace lama::simulator
