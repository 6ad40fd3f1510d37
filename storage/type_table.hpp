#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lama::storage {

/// Types as they are numbered in this store: two bytes in a key, not a name. 0 stands for no type.
class type_table {
public:
  std::optional<uint16_t> find(std::string_view type) const {
    auto i = numbers_.find(type);
    return i == numbers_.end() ? std::nullopt : std::optional{i->second};
  }
  /// Empty for 0 and for numbers that were never given.
  const std::string& name(uint16_t number) const {
    return names_[number < names_.size() ? number : 0];
  }
  uint16_t add(std::string_view type) {
    auto number = static_cast<uint16_t>(names_.size());
    names_.emplace_back(type);
    numbers_.emplace(type, number);
    return number;
  }
  /// Numbers given so far, 0 included; the next one is this.
  std::size_t size() const {
    return names_.size();
  }

private:
  std::vector<std::string> names_{std::string{}};
  std::map<std::string, uint16_t, std::less<>> numbers_;
};

} // namespace lama::storage
