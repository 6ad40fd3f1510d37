#pragma once

#include "actors/connection_manager/interface.hpp"
#include "actors/conversations/interface.hpp"
#include "actors/outbox/interface.hpp"
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

  // The same, answered while the world runs on.
  side::coming<actors::user_state> sign_up_later();
  side::coming<actors::user_state> log_in_later();
  side::coming<actors::paired_with> accept_later(const std::string& invitation);
  side::coming<actors::message_sent> send_later(const std::string& conversation, const std::string& text, std::vector<hash> attachments = {});
  side::coming<actors::message_posted> post_later(const std::string& conversation, const std::string& text);
  side::coming<actors::lines_imported> import_later(const std::string& source, uint64_t first_line, std::vector<std::string> lines);
  side::coming<actors::conversation_created> create_later(const std::string& name, const std::vector<hash>& participants);
  /// Stores a small blob and its descriptor on the sparse side; the descriptor's name. Takes the world's time.
  result<hash> attach(const std::string& name, const std::string& bytes);

  struct line {
    std::string text;
    hash sender;
    hash author; ///< zero: no signature
    bool verified = false;
    int64_t time = 0;
    std::vector<hash> attachments; ///< names of BlobDescriptor objects
  };
  /// What a side has of a conversation, oldest first, outbox not included.
  std::vector<line> lines(side& where, const std::string& conversation);
  /// Ids of the conversations that the sparse side shows.
  std::vector<std::string> conversations(side& where);

private:
  world& all_;
};

} // namespace lama::simulator
