#pragma once

#include "actors/chum_session/healing.hpp"
#include "actors/common/environment.hpp"
#include "actors/common/roster.hpp"
#include "actors/object_store/interface.hpp"
#include "protocol/models/instance.hpp"
#include "protocol/models/keychain.hpp"

#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

/// The user's other instance: the sparse one as the archive pinned it at provisioning, the archive as the sparse one was told.
struct partner_identity {
  hash person{};
  hash instance{};
  protocol::key32 person_sign_key{}; ///< outbox entries are checked against it
  protocol::key32 instance_key{};    ///< chum connections of this key, and no other, get the partner's rights
  std::string url;                   ///< of the archive's listener; empty for a sparse one

  std::string to_note() const;
  static std::optional<partner_identity> from_note(std::string_view text);
};

/// Under which the partner stands in the store's notes.
inline constexpr const char* partner_note = "partner";

class connection_directory;

/// What every actor of an unlocked user shares. The actors come and go (supervision); this stays until logout.
struct user_context {
  std::string user;
  environment_ptr environment;
  std::shared_ptr<roster> members;
  std::shared_ptr<storage::store> store;
  std::shared_ptr<commit_listeners> commits;
  std::shared_ptr<loss_listeners> losses = std::make_shared<loss_listeners>();
  std::weak_ptr<connection_directory> directory; ///< holds this context in turn, until logout
  std::shared_ptr<const models::key_ring> keys;
  models::identity me;
  std::optional<partner_identity> partner;

  /// The person that the world sees: the archive's (design: "Who am I to others?").
  hash public_person() const;

  std::string role(std::string_view piece) const {
    return std::string{piece} + '/' + user;
  }
  object_store_actor writer() const {
    return members->find<object_store_actor>(role("object-store"));
  }
};

using user_context_ptr = std::shared_ptr<const user_context>;

} // namespace lama::actors
