#pragma once

#include "actors/instance/user_context.hpp"
#include "actors/object_store/interface.hpp"

#include <map>
#include <memory>
#include <string>

namespace lama::actors {

/// Turns the commits of one user into what the user's pages are told: new messages, changed lists. Lives while a page is open.
using commit_watcher_actor = commit_listener;

struct commit_watcher_state {
  static inline const char* name = "commit-watcher";

  /// Weak: a watcher must not hold a store open that its user has locked.
  std::weak_ptr<const user_context> user;
  std::shared_ptr<roster> members;
  std::map<hash, hash> told; ///< channel → CreationTime of the newest entry that the pages know; zero: of none
};

/// Messages told one by one for one commit; beyond them the page asks for what it shows.
inline constexpr std::size_t most_told_messages = 50;

/// What a page that asks now knows of all channels: what comes after it is news.
std::map<hash, hash> newest_entries(const storage::snapshot& from);
/// As if all of these channels had changed: for what was committed before the watcher joined.
objects_committed all_changed(const std::map<hash, hash>& channels);

commit_watcher_actor::behavior_type commit_watcher(commit_watcher_actor::stateful_pointer<commit_watcher_state> self, std::weak_ptr<const user_context> user,
                                                   std::shared_ptr<roster> members, std::map<hash, hash> told);

} // namespace lama::actors
