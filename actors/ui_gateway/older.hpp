#pragma once

#include "actors/chum_session/fetching.hpp"
#include "actors/ui_gateway/calls.hpp"
#include "protocol/models/channels.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

/// What the device's side does when somebody looks for what it does not keep (docs/chum-extension.md §8).
namespace lama::actors {

/// What is said of what is the archive's alone while that is away.
lama::error not_here_now();

/// Where a channel breaks off here.
struct channel_gap {
  hash channel;
  std::optional<int64_t> oldest; ///< time of the last entry that is here; absent: none is
};
std::vector<channel_gap> gaps_of(const models::channel_page& page);

/// Fetches the next `count` entries below each gap from the archive; `then` is told when they are stored, or why they are not. Offline it is
/// remembered what was looked for, and the next session with the archive asks for it.
void fetch_older(gateway_pointer self, const user_context_ptr& user, const std::vector<channel_gap>& gaps, std::size_t count,
                 std::function<void(result<done>)> then);

/// What to ask the archive for, to have a blob that is not here; nothing where no message that is here has it. Walks through messages: not
/// on the gateway's thread.
std::optional<fetch_objects> place_of_blob(const user_context& user, const hash& blob);

/// Fetches a blob that is not here: by a message that has it attached, of this side or else of the archive's. `then` likewise; `not_found` where no
/// message has it.
void fetch_blob(gateway_pointer self, const user_context_ptr& user, const hash& blob, std::function<void(result<done>)> then);

} // namespace lama::actors
