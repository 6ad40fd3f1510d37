#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lama::storage {

/// Writes that are not in the database yet, in order; the last one of a key counts. Any number of the last ones can be taken back.
class overlay {
public:
  struct operation {
    std::string key;
    std::optional<std::string> value; ///< nothing: the key goes away
    const operation* replaced;        ///< the one of the same key before it
  };

  /// `ranged`: `scan` finds it.
  void put(std::string_view key, std::string value, bool ranged = false);
  void erase(std::string_view key);

  /// Null where nothing was written under the key.
  const operation* find(std::string_view key) const;
  /// Calls `each(key, value)` for the ranged entries whose keys begin with `prefix`, in order of keys.
  template <class F>
  void scan(std::string_view prefix, F each) const {
    for (auto i = ranged_.lower_bound(prefix); i != ranged_.end() && i->starts_with(prefix); ++i)
      if (const auto& value = find(*i)->value)
        each(*i, *value);
  }

  const std::deque<operation>& operations() const {
    return operations_;
  }
  /// Forgets all but the first `count` operations.
  void roll_back(std::size_t count);

private:
  void add(std::string_view key, std::optional<std::string> value);

  std::deque<operation> operations_; ///< never moves an element: the views below point into it
  std::unordered_map<std::string_view, const operation*> latest_;
  std::set<std::string_view> ranged_;
};

} // namespace lama::storage
