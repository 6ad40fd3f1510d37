#pragma once

#include "protocol/hash.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace lama::protocol {

/// The version that a register's value comes from.
struct register_origin {
  double time = 0;
  hash node{};
};

/// By the rules of the type; nothing where the field is absent or no register.
using register_origins = std::vector<std::optional<register_origin>>;

/// What merges found out about the histories below version nodes, so that the next one does not walk them again. A history never changes, so nothing
/// here is ever wrong, whatever becomes of the transaction that asked. Bounded: what was not asked for longest is forgotten. One thread at a time.
class merge_memory {
public:
  /// Null where it is not known (any more). Valid until the next `keep` or `find`.
  const register_origins* find(const hash& node);
  void keep(const hash& node, register_origins what);

private:
  using generation = std::unordered_map<hash, register_origins>;

  generation recent_;
  generation earlier_;
  std::size_t recent_registers_ = 0;
};

} // namespace lama::protocol
