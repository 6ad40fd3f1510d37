#pragma once

#include <caf/all.hpp>

#include <algorithm>
#include <mutex>
#include <vector>

namespace lama::actors {

/// Who wants to know of commits. It outlives the store's writer, so that one that dies and comes back still has them all; the listeners
/// are held weakly, so that it keeps nobody alive.
template <class Listener>
class listeners_of {
public:
  void add(const Listener& listener) {
    std::lock_guard guard{mutex_};
    members_.push_back(caf::actor_cast<caf::actor_addr>(listener));
  }

  /// From outside any actor's sending, in the order of joining. Those that are gone are dropped.
  template <class Message>
  void tell(const Message& message) {
    std::lock_guard guard{mutex_};
    std::erase_if(members_, [&message](const caf::actor_addr& member) {
      auto alive = caf::actor_cast<caf::strong_actor_ptr>(member);
      if (!alive)
        return true;
      caf::anon_send(caf::actor_cast<Listener>(alive), message);
      return false;
    });
  }

private:
  std::mutex mutex_;
  std::vector<caf::actor_addr> members_;
};

} // namespace lama::actors
