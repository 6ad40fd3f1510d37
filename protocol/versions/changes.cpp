#include "protocol/limits.hpp"
#include "protocol/objects/object_json.hpp"
#include "protocol/versions/history.hpp"
#include "protocol/versions/operations.hpp"

#include <algorithm>
#include <map>

/// What differs between two versions, by path, for people (history.hpp).
namespace lama::protocol {

namespace {

using detail::comparable_text;
using detail::find_entry;

/// Empty where a program gives something else than the recipe says.
template <class T>
const T& as(const value& x) {
  static const T none{};
  auto* content = std::get_if<T>(&x);
  return content ? *content : none;
}

const item_type& type_within(const rule& x) {
  return !x.inherited ? x.type : x.inherits_item ? *x.inherited->type.item : x.inherited->type;
}

class comparison {
public:
  version_changes compare(const std::vector<rule>& rules, const object& before, const object& after) {
    compare_fields(rules, before, after, "");
    return std::move(found_);
  }

private:
  void note(const std::string& path, const item_type& type, const value* before, const value* after) {
    if (found_.changes.size() == limits::version_changes) {
      found_.complete = false;
      return;
    }
    auto shown = [&](const value* x) { return x ? std::optional{json_of(type, *x)} : std::nullopt; };
    found_.changes.push_back({path, shown(before), shown(after)});
  }

  void compare_fields(const std::vector<rule>& rules, const object& before, const object& after, const std::string& prefix) {
    for (const auto& x : rules)
      compare_values(prefix + x.name, type_within(x), before.find(x.name), after.find(x.name));
  }

  void compare_values(const std::string& path, const item_type& type, const value* before, const value* after) {
    if (!before && !after)
      return;
    if (!before || !after)
      return note(path, type, before, after);
    switch (type.kind) {
    case item_kind::object:
      return compare_fields(type.rules, as<object>(*before), as<object>(*after), path + ".");
    case item_kind::map:
      return compare_entries(path, type, as<map>(*before), as<map>(*after));
    case item_kind::bag:
    case item_kind::set:
      return compare_items(path, *type.item, as<list>(*before), as<list>(*after));
    case item_kind::array:
      return compare_in_order(path, *type.item, as<list>(*before), as<list>(*after));
    default:
      if (comparable_text(*before) != comparable_text(*after))
        note(path, type, before, after);
    }
  }

  void compare_entries(const std::string& path, const item_type& type, const map& before, const map& after) {
    std::map<std::string, const value*> later;
    for (const auto& [key, content] : after)
      later.emplace(comparable_text(key), &content);
    auto path_of = [&path](const std::string& key) { return path + "[" + key + "]"; };
    for (const auto& [key, content] : before) {
      auto text = comparable_text(key);
      auto found = later.find(text);
      compare_values(path_of(text), *type.item, &content, found == later.end() ? nullptr : found->second);
      if (found != later.end())
        later.erase(found);
    }
    for (const auto& [key, content] : after) // what is new, in its order
      if (auto text = comparable_text(key); later.contains(text))
        compare_values(path_of(text), *type.item, nullptr, &content);
  }

  /// A bag may hold an item more than once, so they are counted.
  void compare_items(const std::string& path, const item_type& type, const list& before, const list& after) {
    std::map<std::string, std::ptrdiff_t> surplus;
    for (const auto& item : after)
      ++surplus[comparable_text(item)];
    for (const auto& item : before)
      if (--surplus[comparable_text(item)] < 0)
        note(path, type, &item, nullptr);
    for (const auto& item : after)
      if (auto& left = surplus[comparable_text(item)]; left > 0) {
        --left;
        note(path, type, nullptr, &item);
      }
  }

  /// What both begin and end with stays; what lies between is compared place by place.
  void compare_in_order(const std::string& path, const item_type& type, const list& before, const list& after) {
    auto same = [](const value& a, const value& b) { return comparable_text(a) == comparable_text(b); };
    auto shorter = std::min(before.size(), after.size());
    std::size_t head = 0;
    while (head < shorter && same(before[head], after[head]))
      ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && same(before[before.size() - 1 - tail], after[after.size() - 1 - tail]))
      ++tail;
    auto end_before = before.size() - tail;
    auto end_after = after.size() - tail;
    for (auto i = head; i < std::max(end_before, end_after); ++i)
      compare_values(path + "[" + std::to_string(i) + "]", type, i < end_before ? &before[i] : nullptr, i < end_after ? &after[i] : nullptr);
  }

  version_changes found_;
};

} // namespace

result<version_changes> compare_versions(const object& before, const object& after, const recipe_table& recipes) {
  if (before.type != after.type)
    return fail(errc::bad_input, "versions of different types: " + before.type + " and " + after.type);
  auto* type = recipes.find(before.type);
  if (!type)
    return fail(errc::unsupported, "no recipe for type \"" + before.type + '"', "OR-GR1");
  return comparison{}.compare(type->rules, before, after);
}

} // namespace lama::protocol
