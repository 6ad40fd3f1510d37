#include "protocol/versions/merge_memory.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace lama::protocol {

std::optional<line_history> merge_memory::take(const hash& node) {
  auto found = recent_.extract(node);
  if (!found.empty())
    recent_places_ -= found.mapped().places;
  else
    found = earlier_.extract(node);
  return found.empty() ? std::nullopt : std::optional{std::move(found.mapped().history)};
}

void merge_memory::keep(const hash& node, line_history what) {
  auto places = what.size();
  if (places > limits::merge_memory_places)
    return;
  (void)take(node);
  if (recent_places_ + places > limits::merge_memory_places) {
    earlier_ = std::exchange(recent_, {});
    recent_places_ = 0;
  }
  recent_places_ += places;
  recent_.insert_or_assign(node, entry{std::move(what), places});
}

} // namespace lama::protocol
