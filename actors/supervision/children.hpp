#pragma once

#include "actors/common/environment.hpp"
#include "actors/common/message.hpp"
#include "actors/common/roster.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lama::actors {

/// To itself: the time has come to start a child again.
struct restart_child {
  std::string role;
};
LAMA_MESSAGE(restart_child, x.role)

/// One-for-one supervision: a child that dies comes back after a delay that doubles with each death and forgets after a quiet minute.
/// Children are linked to their supervisor, so that they go when it goes. What a child knew is in the store; its messages that were
/// under way are answered with an error to whoever asked.
class children {
public:
  /// Spawns the child; called again after each death.
  using starter = std::function<caf::actor()>;

  /// After so many deaths without a quiet minute between them the supervisor gives up and dies itself, so that its own supervisor may
  /// begin from the store with all of them.
  static constexpr uint32_t most_deaths = 20;

  void start(caf::local_actor* self, roster& members, std::string role, starter spawn) {
    entries_.push_back({std::move(role), std::move(spawn), {}, 0, {}});
    launch(self, members, entries_.back());
  }

  enum class verdict { not_a_child, restart, give_up };
  struct loss {
    verdict what = verdict::not_a_child;
    std::string role;
    std::chrono::milliseconds delay{0};
  };

  /// An exit message came from `source`.
  loss lost(const caf::actor_addr& source, roster& members, caf::actor_clock::time_point now, const timing& times) {
    auto found = std::ranges::find_if(entries_, [&](const entry& x) { return x.address == source; });
    if (found == entries_.end())
      return {};
    members.strike(found->role);
    found->address = nullptr;
    if (now - found->last_death > std::chrono::minutes{1})
      found->deaths = 0;
    found->last_death = now;
    ++restarts_;
    if (++found->deaths > most_deaths)
      return {verdict::give_up, found->role, {}};
    auto delay = std::min(times.restart_most, times.restart_delay * (1u << std::min(found->deaths - 1, 10u)));
    return {verdict::restart, found->role, delay};
  }

  void restart(caf::local_actor* self, roster& members, const std::string& role) {
    auto found = std::ranges::find_if(entries_, [&](const entry& x) { return x.role == role && x.address == nullptr; });
    if (found != entries_.end())
      launch(self, members, *found);
  }

  /// In reverse order of their start.
  void stop_all(caf::local_actor* self, roster& members) {
    for (auto i = entries_.rbegin(); i != entries_.rend(); ++i) {
      // Held until it was told: without the roster's handle it would end as unreachable, and its link would say so to us.
      auto child = caf::actor_cast<caf::strong_actor_ptr>(i->address);
      members.strike(i->role);
      if (child) {
        self->unlink_from(i->address);
        caf::anon_send_exit(child, caf::exit_reason::user_shutdown);
      }
    }
    entries_.clear();
  }

  uint64_t restarts() const {
    return restarts_;
  }

private:
  struct entry {
    std::string role;
    starter spawn;
    caf::actor_addr address;
    uint32_t deaths = 0;
    caf::actor_clock::time_point last_death{};
  };

  void launch(caf::local_actor* self, roster& members, entry& x) {
    auto child = x.spawn();
    x.address = child.address();
    self->link_to(child);
    members.enlist(x.role, child);
  }

  std::vector<entry> entries_;
  uint64_t restarts_ = 0;
};

} // namespace lama::actors
