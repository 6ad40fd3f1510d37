#pragma once

#include "tests/simulation/world/side.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lama::simulator {

/// One user's node: archive and sparse instance, two actor systems, one data dir.
struct household {
  household(world& all, const std::string& user_name, uint64_t seed);

  std::string user;
  std::string password = "correct horse";
  std::shared_ptr<memory_files> files = std::make_shared<memory_files>();
  side archive;
  side sparse;

  result<actors::user_state> sign_up();
  result<actors::user_state> log_in();
  /// On the archive, as `lama invite` does: JSON.
  result<std::string> invite();
  result<hash> accept(const std::string& invitation);
  /// On the sparse side, as `lama send` does; the CreationTime.
  result<hash> send(const std::string& conversation, const std::string& text);

  struct line {
    std::string text;
    hash sender;
    hash author; ///< zero: no signature
    bool verified = false;
    int64_t time = 0;
  };
  /// What a side has of a conversation, oldest first, outbox not included.
  std::vector<line> lines(side& where, const std::string& conversation);
  /// Ids of the conversations that the sparse side shows.
  std::vector<std::string> conversations(side& where);
};

} // namespace lama::simulator
