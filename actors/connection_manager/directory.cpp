#include "actors/connection_manager/directory.hpp"

#include <utility>

namespace lama::actors {

void connection_directory::open(user_context_ptr context) {
  std::lock_guard guard{mutex_};
  entries_[context->user].context = std::move(context);
}

void connection_directory::close(const std::string& user) {
  std::lock_guard guard{mutex_};
  entries_.erase(user);
}

void connection_directory::set_peers(const std::string& user, std::vector<known_peer> peers) {
  std::lock_guard guard{mutex_};
  if (auto found = entries_.find(user); found != entries_.end())
    found->second.peers = std::move(peers);
}

user_context_ptr connection_directory::owner_of(const protocol::key32& own_public) const {
  std::lock_guard guard{mutex_};
  for (const auto& [user, x] : entries_)
    if (x.context->me.instance_public.encryption == own_public || x.context->me.person_public.encryption == own_public)
      return x.context;
  return nullptr;
}

user_context_ptr connection_directory::context_of(const std::string& user) const {
  std::lock_guard guard{mutex_};
  auto found = entries_.find(user);
  return found == entries_.end() ? nullptr : found->second.context;
}

std::optional<known_peer> connection_directory::peer(const std::string& user, const protocol::key32& instance_key) const {
  std::lock_guard guard{mutex_};
  if (auto found = entries_.find(user); found != entries_.end())
    for (const auto& x : found->second.peers)
      if (x.instance_key == protocol::view(instance_key))
        return x;
  return std::nullopt;
}

std::optional<known_peer> connection_directory::peer_of_person(const std::string& user, const hash& person) const {
  std::lock_guard guard{mutex_};
  if (auto found = entries_.find(user); found != entries_.end())
    for (const auto& x : found->second.peers)
      if (x.person == person)
        return x;
  return std::nullopt;
}

std::vector<known_peer> connection_directory::peers(const std::string& user) const {
  std::lock_guard guard{mutex_};
  auto found = entries_.find(user);
  return found == entries_.end() ? std::vector<known_peer>{} : found->second.peers;
}

std::vector<std::string> connection_directory::users() const {
  std::lock_guard guard{mutex_};
  std::vector<std::string> names;
  for (const auto& [user, x] : entries_)
    names.push_back(user);
  return names;
}

} // namespace lama::actors
