#include "protocol/objects/pattern.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>

namespace lama::protocol {

void text_pattern::unit_set::add(uint16_t first, uint16_t last) {
  for (uint32_t unit = first; unit <= last && unit < 128; ++unit)
    ascii[unit] = true;
  if (last >= 128)
    others.emplace_back(std::max<uint16_t>(first, 128), last);
}

bool text_pattern::unit_set::contains(uint16_t unit) const {
  if (unit < 128)
    return ascii[unit];
  return std::ranges::any_of(others, [unit](const auto& range) { return unit >= range.first && unit <= range.second; });
}

text_pattern::unit_set text_pattern::unit_set::complement() const {
  unit_set inverse;
  for (std::size_t unit = 0; unit < 128; ++unit)
    inverse.ascii[unit] = !ascii[unit];
  auto sorted = others;
  std::ranges::sort(sorted);
  uint32_t next = 128;
  for (const auto& [first, last] : sorted) {
    if (first > next)
      inverse.others.emplace_back(static_cast<uint16_t>(next), static_cast<uint16_t>(first - 1));
    next = std::max<uint32_t>(next, last + 1u);
  }
  if (next <= 0xFFFF)
    inverse.others.emplace_back(static_cast<uint16_t>(next), uint16_t{0xFFFF});
  return inverse;
}

bool text_pattern::found_in(std::string_view text) const {
  if (text.size() > limits::pattern_text_bytes)
    return false;
  switch (shortcut_) {
  case shortcut::exactly:
    return text == literal_;
  case shortcut::hex_pairs:
    return text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  case shortcut::run: {
    const auto& ascii = sets_[0].ascii;
    return text.size() == length_ &&
           std::ranges::all_of(text, [&](char c) { return static_cast<unsigned char>(c) < 128 && ascii[static_cast<std::size_t>(c)]; });
  }
  case shortcut::none:
    break;
  }
  return run(text);
}

/// Thompson's construction: all ways through the steps at once, one unit after the other.
bool text_pattern::run(std::string_view text) const {
  std::vector<uint32_t> current;
  std::vector<uint32_t> next;
  std::vector<uint32_t> open;
  std::vector<std::size_t> seen(steps_.size(), 0);
  std::size_t round = 1;
  utf16_reader reader{text};
  uint16_t unit = 0;
  bool more = reader.next(unit);
  // Adds the unit steps that are reached from `from` without reading; true where that is the end.
  auto reach = [&](uint32_t from, std::vector<uint32_t>& into) {
    open.push_back(from);
    while (!open.empty()) {
      auto index = open.back();
      open.pop_back();
      if (seen[index] == round)
        continue;
      seen[index] = round;
      const auto& now = steps_[index];
      switch (now.what) {
      case step::kind::unit:
        into.push_back(index);
        break;
      case step::kind::fork:
        open.push_back(now.second);
        [[fallthrough]];
      case step::kind::jump:
        open.push_back(now.first);
        break;
      case step::kind::at_start:
        if (round == 1)
          open.push_back(index + 1);
        break;
      case step::kind::at_end:
        if (!more)
          open.push_back(index + 1);
        break;
      case step::kind::found:
        open.clear();
        return true;
      }
    }
    return false;
  };
  if (reach(0, current))
    return true;
  while (more && !(anchored_ && current.empty())) {
    auto read = unit;
    more = reader.next(unit);
    ++round;
    next.clear();
    for (auto index : current)
      if (sets_[steps_[index].first].contains(read) && reach(index + 1, next))
        return true;
    if (!anchored_ && reach(0, next))
      return true;
    std::swap(current, next);
  }
  return false;
}

} // namespace lama::protocol
