#include "tests/simulation/scenario.hpp"

#include "protocol/models/chat.hpp"
#include "protocol/models/import.hpp"

#include <algorithm>
#include <cstdio>

namespace lama::simulator {

using namespace std::chrono_literals;

namespace {

/// The longest wait of a route to a contact is two minutes, and up to twice that.
constexpr duration most_settling = 15min;
constexpr duration settling_step = 2s;

} // namespace

std::vector<std::string> roles_of(bool archive, const std::string& user) {
  std::vector<std::string> roles{"keychain", "connection-manager", "bridge"};
  for (const char* piece : {"instance", "object-store", "leute", "pairing-manager"})
    roles.push_back(std::string{piece} + '/' + user);
  roles.push_back((archive ? "conversations/" : "outbox/") + user);
  if (archive)
    roles.push_back("deliveries/" + user);
  return roles;
}

scenario::scenario(scenario_settings settings) : settings_(settings), dice_(settings.seed * 0x9e3779b97f4a7c15u + 1), all_(settings.seed) {
  for (std::size_t i = 0; i < all_.homes.size(); ++i) {
    stays_.push_back({true, i, &all_.homes[i]->archive});
    stays_.push_back({false, i, &all_.homes[i]->sparse});
  }
}

// -- time ----------------------------------------------------------------------------------------------------------------------------

void scenario::later(duration time, std::function<void()> work) {
  due_.emplace_back(all_.all.now() + time, std::move(work));
}

void scenario::pass(duration time) {
  auto end = all_.all.now() + time;
  for (;;) {
    look_after_users();
    auto next = end;
    for (const auto& [when, work] : due_)
      next = std::min(next, when);
    all_.all.run_for(std::max(next - all_.all.now(), duration::zero()));
    take_answers();
    auto ripe = std::stable_partition(due_.begin(), due_.end(), [&](const auto& x) { return x.first > all_.all.now(); });
    std::vector<std::pair<time_point, std::function<void()>>> now(std::make_move_iterator(ripe), std::make_move_iterator(due_.end()));
    due_.erase(ripe, due_.end());
    for (auto& [when, work] : now)
      work();
    if (all_.all.now() >= end)
      return;
  }
}

bool scenario::wait_for(const std::function<bool()>& is_so, duration most) {
  auto end = all_.all.now() + most;
  while (!is_so()) {
    if (all_.all.now() >= end)
      return false;
    pass(250ms);
  }
  return true;
}

void scenario::take_answers() {
  std::erase_if(waiting_, [](const auto& taken) { return taken(); });
}

/// A user who finds the page locked logs in; the archive is unlocked by the sparse side.
void scenario::look_after_users() {
  for (auto& x : stays_) {
    if (x.is_archive || x.logging_in || all_.persons[x.home] == hash{} || !x.where->is_up())
      continue;
    auto& home = *all_.homes[x.home];
    if (x.where->has("instance/" + home.user))
      continue;
    x.logging_in = true;
    tell(home.user + " logs in");
    auto answer = home.log_in_later();
    auto deadline = all_.all.now() + 62s;
    waiting_.push_back([this, answer, deadline, &x] {
      if (!*answer && all_.all.now() < deadline && x.where->is_up())
        return false;
      if (*answer && !**answer)
        tell("logging in failed: " + (**answer).failure().message);
      later(500ms, [&x] { x.logging_in = false; });
      return true;
    });
  }
}

// -- the beginning -------------------------------------------------------------------------------------------------------------------

void scenario::sign_up_all() {
  for (std::size_t i = 0; i < all_.homes.size(); ++i) {
    auto& home = *all_.homes[i];
    auto registering = true;
    auto signed_up = false;
    for (int attempt = 0; attempt < 60 && !signed_up; ++attempt) {
      auto answer = registering ? home.sign_up_later() : home.log_in_later();
      wait_for([&] { return answer->has_value() || !home.sparse.is_up(); }, 62s);
      if (!*answer || !**answer) {
        tell(home.user + (registering ? " cannot register: " : " cannot log in: ") + (*answer ? (**answer).failure().message : "no answer"));
        // A person reads the message: who exists logs in, who does not registers.
        if (*answer)
          registering = (**answer).failure().code == errc::not_found || (registering && (**answer).failure().code != errc::conflict);
        pass(1s);
        continue;
      }
      const auto& state = ***answer;
      signed_up = wait_for([&] { return home.archive.is_up() && home.archive.user(home.user) && home.sparse.is_up() && home.sparse.user(home.user); }, 60s);
      if (signed_up)
        all_.persons[i] = home.archive.user(home.user)->me.person;
      tell(home.user + " is signed up" + (state.paired ? "" : " (archive pending)"));
      registering = false;
    }
  }
}

bool scenario::is_paired() {
  for (std::size_t i = 0; i < all_.homes.size(); ++i) {
    auto& home = *all_.homes[i];
    if (!home.sparse.is_up())
      return false;
    auto shown = home.conversations(home.sparse);
    if (std::ranges::find(shown, all_.direct) == shown.end())
      return false;
  }
  return true;
}

/// One invites and the other accepts, again until both have the conversation. Sometimes the line is cut in the middle.
void scenario::pair_all() {
  all_.direct = models::one_to_one_id(all_.persons[0], all_.persons[1]);
  all_.expected.conversations[all_.direct] = {{0, 1}};
  for (int attempt = 0; attempt < 20 && !is_paired(); ++attempt) {
    auto& from = *all_.homes[attempt % 2];
    auto& to = *all_.homes[1 - attempt % 2];
    auto invitation = from.invite();
    if (!invitation) {
      tell("no invitation: " + invitation.failure().message);
      pass(1s);
      continue;
    }
    auto answer = to.accept_later(*invitation);
    if (settings_.faults && attempt < 2 && below(3) == 0) {
      pass(up_to(150ms));
      tell("pairing is cut");
      all_.all.lines().cut(from.archive.index(), to.archive.index());
      later(up_to(40s), [this, &from, &to] { all_.all.lines().mend(from.archive.index(), to.archive.index()); });
    }
    wait_for([&] { return answer->has_value() || !to.archive.is_up(); }, 62s);
    tell(*answer && **answer ? "paired" : "pairing failed: " + (*answer ? (**answer).failure().message : "no answer"));
    wait_for([&] { return is_paired(); }, 60s);
  }
}

void scenario::begin() {
  if (settings_.faults && settings_.early_faults && below(4) == 0) {
    for (uint64_t i = 0, count = 1 + below(4); i < count; ++i)
      later(up_to(3s), [this] { break_something(); });
  }
  sign_up_all();
  if (all_.persons[0] == hash{} || all_.persons[1] == hash{})
    return;
  pair_all();
}

void scenario::live() {
  if (all_.direct.empty())
    return;
  for (std::size_t i = 0; i < settings_.steps; ++i) {
    if (settings_.faults && below(3) == 0)
      break_something();
    else
      act();
    pass(below(4) == 0 ? up_to(5s) : up_to(300ms));
  }
}

// -- the end -------------------------------------------------------------------------------------------------------------------------

void scenario::heal() {
  tell("everything is healed");
  due_.clear(); // what would have ended a fault, ends now
  for (auto& x : stays_) {
    x.where->disk().heal();
    x.logging_in = false;
    if (!x.where->is_up())
      x.where->restart();
    for (auto& other : stays_) {
      all_.all.lines().mend(x.where->index(), other.where->index());
      all_.all.lines().delay(x.where->index(), other.where->index(), duration::zero());
    }
  }
}

void scenario::settle() {
  heal();
  auto end = all_.all.now() + most_settling;
  auto step = settling_step;
  pass(step);
  while (all_.all.now() < end && !check_contents(all_).empty()) {
    pass(step);
    step = std::min<duration>(step * 3 / 2, most_settling / 10);
  }
  pass(settling_step); // and it stays so
}

scenario_report scenario::finish() {
  scenario_report report;
  report.found = check_contents(all_);
  if (all_.persons[0] == hash{} || all_.persons[1] == hash{})
    report.found.push_back("a user could not sign up");
  for (auto& problem : check_stores(all_))
    report.found.push_back(std::move(problem));
  report.seed = settings_.seed;
  report.steps = all_.all.steps();
  report.trace = all_.all.trace();
  report.seconds = static_cast<double>(all_.all.now().time_since_epoch().count()) / 1e9;
  report.asked = all_.expected.messages.size();
  report.acknowledged = all_.expected.acknowledged();
  report.story = story_;
  return report;
}

std::string scenario::name_of(const stay& x) const {
  return all_.homes[x.home]->user + (x.is_archive ? "'s archive" : "'s sparse instance");
}

void scenario::tell(std::string what) {
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f ", static_cast<double>(all_.all.now().time_since_epoch().count()) / 1e9);
  story_.push_back(time + std::move(what));
}

scenario_report run_scenario(const scenario_settings& settings) {
  scenario run{settings};
  run.begin();
  run.live();
  run.settle();
  return run.finish();
}

} // namespace lama::simulator
