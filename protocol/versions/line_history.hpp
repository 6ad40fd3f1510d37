#pragma once

#include "protocol/hash.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What the versions below a head did to each place of their object, as far as a merge of that head with an Edge asks for it (docs/protocol/01 §5.3).
///
/// The nodes of a history that grew here stand in one line: changes, and merges with an Edge, down to a first Edge. There each further node changes what is
/// to be known in one step, so that a merge need not walk the line: `detail::line_follower` takes these steps, `detail::merge_along_line` uses the outcome.
namespace lama::protocol {

/// The version that a value comes from.
struct value_origin {
  double time = 0;
  hash node{};
};

/// A field, or an entry of a map, within the nodes that count there: those from the nearest optional place above on that rest on what brought it.
struct place_history {
  /// The nodes that an optional place rests on: the change that last brought it, or the first Edge, and the Edges since that have it.
  enum class starts_count : uint8_t { none, one, many };
  using entry_histories = std::map<std::string, place_history, std::less<>>;

  value_origin origin; ///< of a register, or a reference to an object: who set it last
  starts_count starts = starts_count::none;
  bool lost = false;                        ///< while there was one start, a change removed an optional place within; a merge without us may bring it back
  bool moved = false;                       ///< a map: its keys, or their order, are no longer those of the start
  bool dropped = false;                     ///< a map: a change removed a key
  bool blind = false;                       ///< a map: a change did what its operations do not say ("Map walk")
  std::vector<place_history> fields;        ///< of a nested object, by the rules of its type
  std::unique_ptr<entry_histories> entries; ///< of a map, by the comparable text of the key; those that are not there are left out

  const place_history* entry(std::string_view key) const;
  entry_histories& all_entries();
};

struct line_history {
  std::vector<place_history> fields; ///< by the rules of the type

  /// Places within, for limits.
  std::size_t size() const;
};

} // namespace lama::protocol
