#pragma once

#include "protocol/hash.hpp"

#include <cstddef>
#include <unordered_map>
#include <utility>

/// What a session remembers of the names that passed: the most recent ones, in bounded memory.
namespace lama::protocol::sync {

/// Keeps at least the `capacity` names used last, and at most twice as many: two generations, of which the older is dropped as a whole.
/// No list to maintain, one look-up in the common case.
template <class Value>
class recent {
public:
  explicit recent(std::size_t capacity) : capacity_{capacity} {
    // nop
  }

  /// Null where it is unknown or forgotten. A hit counts as use; the pointer is good until the next call.
  const Value* find(const hash& name) {
    if (auto i = young_.find(name); i != young_.end())
      return &i->second;
    auto i = old_.find(name);
    if (i == old_.end())
      return nullptr;
    auto content = std::move(i->second);
    old_.erase(i);
    make_room();
    return &young_.insert_or_assign(name, std::move(content)).first->second;
  }
  void set(const hash& name, Value content) {
    make_room();
    young_.insert_or_assign(name, std::move(content));
  }
  void erase(const hash& name) {
    young_.erase(name);
    old_.erase(name);
  }
  void clear() {
    young_.clear();
    old_.clear();
  }

private:
  void make_room() {
    if (young_.size() < capacity_)
      return;
    old_ = std::exchange(young_, {});
  }

  std::size_t capacity_;
  std::unordered_map<hash, Value> young_, old_;
};

class recent_hashes {
public:
  explicit recent_hashes(std::size_t capacity) : names_{capacity} {
    // nop
  }
  bool contains(const hash& name) {
    return names_.find(name) != nullptr;
  }
  void insert(const hash& name) {
    names_.set(name, nothing{});
  }
  void erase(const hash& name) {
    names_.erase(name);
  }
  void clear() {
    names_.clear();
  }

private:
  struct nothing {};
  recent<nothing> names_;
};

} // namespace lama::protocol::sync
