#pragma once

#include "actors/connection_manager/interface.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lama::actors {

/// Which of our keys are served, and which remote instances each user knows: what a connection must look up before it can ask anybody.
/// Written by the instances, their people and the supervisor, each for what it knows; read by all connections. It outlives them all, so that
/// nothing is lost with a manager that dies: messages to it are hints only.
class connection_directory {
public:
  void open(user_context_ptr context);
  void close(const std::string& user);
  void set_peers(const std::string& user, std::vector<known_peer> peers);

  /// By an encryption key of the person or the instance; null where nobody's.
  user_context_ptr owner_of(const protocol::key32& own_public) const;
  user_context_ptr context_of(const std::string& user) const;
  std::optional<known_peer> peer(const std::string& user, const protocol::key32& instance_key) const;
  /// Any instance of the person.
  std::optional<known_peer> peer_of_person(const std::string& user, const hash& person) const;
  std::vector<known_peer> peers(const std::string& user) const;
  std::vector<std::string> users() const;

private:
  struct entry {
    user_context_ptr context;
    std::vector<known_peer> peers;
  };

  mutable std::mutex mutex_;
  std::map<std::string, entry> entries_; ///< by user
};

} // namespace lama::actors
