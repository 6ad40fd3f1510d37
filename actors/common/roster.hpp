#pragma once

#include <caf/all.hpp>

#include <map>
#include <mutex>
#include <string>

/// Who is there now. An actor that died comes back with a new handle; whoever needs it looks it up by role at each use, so that nobody
/// holds a stale one. Written by supervisors only; one roster a system.
namespace lama::actors {

class roster {
public:
  /// @param role  "keychain/anna", "connection-manager"
  template <class Handle>
  void enlist(const std::string& role, const Handle& handle) {
    std::lock_guard guard{mutex_};
    members_[role] = caf::actor_cast<caf::strong_actor_ptr>(handle);
  }

  void strike(const std::string& role) {
    std::lock_guard guard{mutex_};
    members_.erase(role);
  }

  /// An invalid handle where nobody has the role now; a request to it is answered with an error by `ask`.
  template <class Handle>
  Handle find(const std::string& role) const {
    std::lock_guard guard{mutex_};
    auto found = members_.find(role);
    return found == members_.end() ? Handle{} : caf::actor_cast<Handle>(found->second);
  }

  /// At the end: whoever holds a handle keeps an actor alive.
  void clear() {
    std::lock_guard guard{mutex_};
    members_.clear();
  }

  std::map<std::string, caf::strong_actor_ptr> members() const {
    std::lock_guard guard{mutex_};
    return members_;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, caf::strong_actor_ptr> members_;
};

} // namespace lama::actors
