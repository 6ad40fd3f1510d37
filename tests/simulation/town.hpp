#pragma once

#include "tests/simulation/household.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::simulator {

/// A message that somebody asked for. Its text is unique in the run: it is how the message is found again.
struct expected_message {
  std::string conversation;
  std::size_t author = 0;            ///< household whose public person signs it
  std::vector<std::size_t> audience; ///< households that are to have it, on both sides
  bool imported = false;             ///< its sender is a made-up contact
  std::optional<hash> attachment;    ///< BlobDescriptor
  bool acknowledged = false;         ///< it was answered: it must be there. Else it may be, but then everywhere
};

struct expected_conversation {
  std::vector<std::size_t> audience; ///< households that are to have it
  bool acknowledged = true;          ///< else it may be there
};

/// What the outside knows: what was asked for, and what was acknowledged.
struct oracle {
  std::map<std::string, expected_message> messages;           ///< by text
  std::map<std::string, expected_conversation> conversations; ///< by id
  std::vector<std::string> groups;                            ///< how ids begin that were asked for without an answer

  std::size_t acknowledged() const;
};

/// Two users' nodes in one world, and what is expected of them.
struct town {
  explicit town(uint64_t seed);

  world all;
  std::array<std::unique_ptr<household>, 2> homes;
  std::array<hash, 2> persons{}; ///< the public ones, once signed up
  std::string direct;            ///< id of their one-to-one conversation, once paired
  oracle expected;

  household& anna() {
    return *homes[0];
  }
  household& bert() {
    return *homes[1];
  }
  std::vector<side*> sides();
  /// Signs both up and pairs them, without faults. Says what went wrong.
  result<done> found();
  /// Sends from the sparse side of `home` and notes what came of it.
  result<hash> send(std::size_t home, const std::string& text);
};

} // namespace lama::simulator
