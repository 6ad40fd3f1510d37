#pragma once

#include "actors/ui_gateway/calls.hpp"
#include "protocol/models/channel_index.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

/// Where pages of messages far back begin (protocol/models/channel_index.hpp). The indexes are made when somebody looks back, and kept as notes.
namespace lama::actors {

class page_starts {
public:
  using positions = std::vector<models::channel_position>;

  /// @param walk  entries that may be new to each index; beyond that it is not `complete`
  page_starts(const storage::snapshot& from, const std::vector<hash>& channels, std::size_t walk);

  bool complete() const {
    return complete_;
  }
  /// Above everything that is older than `time`.
  positions before(const storage::snapshot& from, int64_t time) const;
  /// Above the oldest `count` entries after `time`.
  positions after(const storage::snapshot& from, int64_t time, std::size_t count) const;

  /// What is new of the indexes, into the user's store.
  void keep(gateway_pointer self, const user_context_ptr& user) const;

private:
  struct channel {
    hash name;
    models::channel_index index;
    bool changed = false;
  };
  template <class Find>
  positions begin(const storage::snapshot& from, Find find) const;

  std::vector<channel> channels_;
  bool complete_ = true;
};

/// Makes them, apart where that is a long walk; `then` is told once, with null where other long jobs are under way.
void find_page_starts(gateway_pointer self, const user_context_ptr& user, const std::vector<hash>& channels,
                      std::function<void(std::shared_ptr<const page_starts>)> then);

} // namespace lama::actors
