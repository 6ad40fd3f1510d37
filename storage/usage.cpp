#include "storage/usage.hpp"

#include "protocol/limits.hpp"

#include <algorithm>

namespace lama::storage {

void usage_log::note(const std::vector<hash>& names) {
  std::lock_guard lock{mutex_};
  ++clock_;
  for (const auto& name : names)
    uses_[name] = clock_;
  if (uses_.size() <= limits::remembered_uses)
    return;
  // The older half goes; what is left is at most one call's worth beyond the limit.
  auto oldest = clock_;
  for (const auto& [name, at] : uses_)
    oldest = std::min(oldest, at);
  auto middle = oldest + (clock_ - oldest) / 2;
  std::erase_if(uses_, [middle](const auto& x) { return x.second <= middle; });
}

uint64_t usage_log::last_use(const hash& name) const {
  std::lock_guard lock{mutex_};
  auto found = uses_.find(name);
  return found == uses_.end() ? 0 : found->second;
}

} // namespace lama::storage
