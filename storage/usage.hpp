#pragma once

#include "protocol/hash.hpp"

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace lama::storage {

/// Who was looked at last, of the most recent names: for eviction. Any thread.
class usage_log {
public:
  void note(const std::vector<hash>& names);
  /// Greater is later; 0: not lately.
  uint64_t last_use(const hash& name) const;

private:
  mutable std::mutex mutex_;
  uint64_t clock_ = 0;
  std::unordered_map<hash, uint64_t> uses_;
};

} // namespace lama::storage
