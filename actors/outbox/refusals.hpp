#pragma once

#include "protocol/models/outbox.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Messages that the archive refused, as the device shows them until the user has seen enough of them. They stand in its notes, one a message.
namespace lama::actors {

struct refusal {
  std::string conversation;
  hash message{}; ///< its CreationTime
  int64_t time = 0;
  std::string reason;
};

/// Notes those that the newest receipts tell of and that are not noted yet.
result<done> note_refusals(storage::transaction& to, const models::user_persons& who);
/// Of one conversation, in no order.
std::vector<refusal> refusals_in(const storage::snapshot& from, const std::string& conversation);
/// It is shown no more. `not_found` where it is none.
result<done> dismiss_refusal(storage::transaction& to, const hash& message);

} // namespace lama::actors
