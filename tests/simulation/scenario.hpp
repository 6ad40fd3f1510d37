#pragma once

#include "tests/simulation/checkers.hpp"
#include "tests/simulation/town.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lama::simulator {

struct scenario_settings {
  uint64_t seed = 1;
  std::size_t steps = 40;
  bool faults = true;
  /// May faults strike while the users sign up and pair? Drawn from the seed where faults are on.
  bool early_faults = true;
};

struct scenario_report {
  uint64_t seed = 0;
  uint64_t steps = 0; ///< messages that actors handled
  uint64_t trace = 0;
  double seconds = 0; ///< of the world
  std::size_t asked = 0;
  std::size_t acknowledged = 0;
  std::vector<std::string> story; ///< what was done and broken, with times
  problems found;
};

/// One run: two users sign up, pair, and live through a seeded mix of actions and faults; then everything is healed, and the world comes
/// to rest. All of it follows from the settings.
class scenario {
public:
  explicit scenario(scenario_settings settings);

  /// Signs up and pairs, with retries, as people would.
  void begin();
  /// Actions and faults.
  void live();
  /// Ends all faults and lets the world run until nothing is missing, or for `most_settling` at most.
  void settle();
  /// All checkers; the sides are stopped after it.
  scenario_report finish();

  town& people() {
    return all_;
  }

private:
  struct stay {
    bool is_archive = false;
    std::size_t home = 0;
    side* where = nullptr;
    bool logging_in = false;
  };

  /// Lets the world run, does what is due, and logs users in who are locked out.
  void pass(duration time);
  /// `work` when that time has passed.
  void later(duration time, std::function<void()> work);
  void look_after_users();
  /// Runs until `is_so`, or until `most` has passed.
  bool wait_for(const std::function<bool()>& is_so, duration most);
  void take_answers();

  void sign_up_all();
  void pair_all();
  bool is_paired();
  void act();
  void send_message(std::size_t home);
  void post_message(std::size_t home);
  void import_some(std::size_t home);
  void create_group(std::size_t home);
  void attach_file(std::size_t home);

  void break_something();
  void cut_a_line();
  void slow_a_line();
  void crash_a_side(stay& victim);
  void break_a_disk(stay& victim);
  void kill_an_actor(stay& victim);
  void jump_a_clock(stay& victim);
  void heal();

  std::string some_conversation(std::size_t home);
  void expect(std::size_t home, const std::string& text, const std::string& conversation, bool imported = false, std::optional<hash> attachment = {});
  std::string new_text(std::string_view kind);
  uint64_t below(uint64_t bound) {
    return dice_.below(bound);
  }
  duration up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds{below(static_cast<uint64_t>(most.count()) + 1)};
  }
  stay& any_side() {
    return stays_[below(stays_.size())];
  }
  std::string name_of(const stay& x) const;
  void tell(std::string what);

  scenario_settings settings_;
  chance dice_;
  town all_;
  std::vector<stay> stays_;
  std::vector<std::pair<time_point, std::function<void()>>> due_;
  std::vector<std::function<bool()>> waiting_; ///< true once its answer was taken
  std::size_t numbered_ = 0;
  std::array<uint64_t, 2> imported_lines_{};
  std::vector<std::string> story_;
};

/// Roles that may die on a side of this user.
std::vector<std::string> roles_of(bool archive, const std::string& user);

scenario_report run_scenario(const scenario_settings& settings);

} // namespace lama::simulator
