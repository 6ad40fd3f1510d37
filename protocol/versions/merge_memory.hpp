#pragma once

#include "protocol/versions/line_history.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>

namespace lama::protocol {

/// What is known of the histories below heads, so that the next merge does not walk them again. A history never changes, so nothing here is ever wrong,
/// whatever becomes of the transaction that asked. Bounded: what was not asked for longest is forgotten. One thread at a time.
class merge_memory {
public:
  /// Takes it out: whoever adds a node to it keeps it again, below that node.
  std::optional<line_history> take(const hash& node);
  void keep(const hash& node, line_history what);

private:
  struct entry {
    line_history history;
    std::size_t places;
  };
  using generation = std::unordered_map<hash, entry>;

  generation recent_;
  generation earlier_;
  std::size_t recent_places_ = 0;
};

} // namespace lama::protocol
