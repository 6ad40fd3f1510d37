#include "storage/overlay.hpp"

#include <utility>

namespace lama::storage {

void overlay::put(std::string_view key, std::string value, bool ranged) {
  add(key, std::move(value));
  if (ranged)
    ranged_.insert(operations_.back().key);
}

void overlay::erase(std::string_view key) {
  add(key, std::nullopt);
}

const overlay::operation* overlay::find(std::string_view key) const {
  auto i = latest_.find(key);
  return i == latest_.end() ? nullptr : i->second;
}

void overlay::roll_back(std::size_t count) {
  while (operations_.size() > count) {
    const auto& last = operations_.back();
    auto i = latest_.find(last.key);
    const auto* before = last.replaced;
    // The views of both indexes may point into the operation that goes: they are made anew.
    latest_.erase(i);
    auto is_ranged = ranged_.erase(last.key) > 0;
    if (before)
      latest_.emplace(before->key, before);
    if (before && is_ranged)
      ranged_.insert(before->key);
    operations_.pop_back();
  }
}

void overlay::add(std::string_view key, std::optional<std::string> value) {
  const auto* before = find(key);
  operations_.push_back({std::string{key}, std::move(value), before});
  const auto& added = operations_.back();
  if (before)
    latest_[before->key] = &added; // the view stays on the first operation of the key
  else
    latest_.emplace(added.key, &added);
}

} // namespace lama::storage
