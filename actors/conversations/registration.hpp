#pragma once

#include "actors/instance/user_context.hpp"
#include "protocol/models/channels.hpp"

#include <set>
#include <vector>

namespace lama::actors {

/// Channels that came from outside are entered into the registry (docs/protocol/04 §4.1): what is not in it, no room shows.
class channel_registration {
public:
  explicit channel_registration(const protocol::object_source& from) {
    for (const auto& id : models::registered_channels(from))
      known_.insert(id);
  }
  channel_registration() = default;

  /// Channels with a new version in this commit that are not known yet; they are from now on.
  std::vector<hash> take_new(const storage::commit_info& info) {
    std::vector<hash> found;
    for (const auto& change : info.changes)
      if (change.kind == storage::change_kind::head && change.type == "ChannelInfo" && known_.insert(change.id).second)
        found.push_back(change.id);
    return found;
  }

  /// At start: channels that have a version but were not entered before the last end.
  std::vector<hash> take_missed(const storage::snapshot& from) {
    std::vector<hash> found;
    std::string after;
    do {
      auto page = from.objects_of_type("ChannelInfo", 1000, after);
      for (const auto& id : page.names)
        if (from.head(id) && known_.insert(id).second)
          found.push_back(id);
      after = page.next;
    } while (!after.empty());
    return found;
  }

private:
  std::set<hash> known_;
};

inline transact register_channels(const user_context_ptr& user, std::vector<hash> channels) {
  return {"register channels", [user, channels = std::move(channels)](storage::transaction& to) -> result<done> {
            for (const auto& id : channels)
              LAMA_CHECK(models::register_channel(to, id, user->environment->clock->now_ms()));
            return done{};
          }};
}

} // namespace lama::actors
