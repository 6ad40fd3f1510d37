#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Everything that hangs below an object (docs/protocol/03 §5.5).
namespace lama::protocol::chum {

enum class child_type : uint8_t { object, id, blob, clob };

struct child {
  child_type type = child_type::object;
  hash name;

  friend bool operator==(const child&, const child&) = default;
};

struct child_list {
  std::vector<child> entries; ///< parents before what they refer to; reading backwards gives dependencies first
  /// Something below is held elsewhere (`object_source::elsewhere`) and left out; the answer changes when it comes back.
  bool is_partial = false;
};

/// Walks all references below `name`, an id object if `is_id_object`, with a stack of its own. `known_text` is its text where it is not stored.
/// Blobs and clobs are listed whether they are here or not, non-objects under an object reference as blobs (docs/protocol/03 §4.3, 04 §4.6).
/// Errors, with the peer's code in `detail`: `not_found` (SB-READ2) for anything else that is missing, `bad_input` (M2O-PH1) for what is no
/// object, `unsupported` (OR-ET1) for an unknown type, `too_large` beyond limits::chum_list_entries.
result<child_list> children_of(const object_source& from, const hash& name, bool is_id_object, std::optional<std::string_view> known_text = std::nullopt);

/// The list as it travels.
std::string write_children(const std::vector<child>& entries);
/// Errors as the peer's: DC-PC2 to DC-PC4 in `detail`.
result<std::vector<child>> read_children(std::string_view text);

/// Lists that were sent, since the walk of a long channel costs. The oldest go when `max_bytes` are reached.
class children_cache {
public:
  explicit children_cache(std::size_t max_bytes) : max_bytes_(max_bytes) {
    // nop
  }

  /// Null where it is not here.
  const std::string* find(const hash& name) const;
  void add(const hash& name, std::string list);

private:
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<hash, std::string> lists_;
  std::deque<hash> order_;
};

} // namespace lama::protocol::chum
