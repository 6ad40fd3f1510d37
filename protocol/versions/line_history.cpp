#include "protocol/versions/line_history.hpp"

namespace lama::protocol {

namespace {

std::size_t count_places(const place_history& at) {
  std::size_t count = 1;
  for (const auto& field : at.fields)
    count += count_places(field);
  if (at.entries)
    for (const auto& [key, entry] : *at.entries)
      count += count_places(entry);
  return count;
}

} // namespace

const place_history* place_history::entry(std::string_view key) const {
  if (!entries)
    return nullptr;
  auto found = entries->find(key);
  return found == entries->end() ? nullptr : &found->second;
}

place_history::entry_histories& place_history::all_entries() {
  if (!entries)
    entries = std::make_unique<entry_histories>();
  return *entries;
}

std::size_t line_history::size() const {
  std::size_t count = 0;
  for (const auto& field : fields)
    count += count_places(field);
  return count;
}

} // namespace lama::protocol
