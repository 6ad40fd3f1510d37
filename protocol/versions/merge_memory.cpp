#include "protocol/versions/merge_memory.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace lama::protocol {

const register_origins* merge_memory::find(const hash& node) {
  if (auto found = recent_.find(node); found != recent_.end())
    return &found->second;
  auto found = earlier_.extract(node);
  if (found.empty())
    return nullptr;
  keep(node, std::move(found.mapped()));
  return &recent_.at(node);
}

void merge_memory::keep(const hash& node, register_origins what) {
  if (recent_registers_ + what.size() > limits::merge_memory_registers) {
    earlier_ = std::exchange(recent_, {});
    recent_registers_ = 0;
  }
  recent_registers_ += what.size();
  recent_.insert_or_assign(node, std::move(what));
}

} // namespace lama::protocol
