#include "protocol/versions/merger.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::detail {

namespace {

const list& items_of(const value& x) {
  static const list none;
  auto* items = std::get_if<list>(&x);
  return items ? *items : none;
}

std::unordered_set<std::string> texts_of(const list& items) {
  std::unordered_set<std::string> texts;
  for (auto& item : items)
    texts.insert(comparable_text(item));
  return texts;
}

bool touched_in(const history_view& view, const operation_site& at) {
  return std::any_of(at.touched_by.begin(), at.touched_by.end(), [&](auto node) { return view.contains(node); });
}

template <class Flag>
auto has(const operation_site& at, Flag flag) {
  return [&at, flag](std::size_t node) {
    auto found = at.nodes.find(node);
    return found != at.nodes.end() && flag(found->second);
  };
}

constexpr auto value_set = [](const operation_site::at_node& x) { return x.value_set; };
constexpr auto appeared = [](const operation_site::at_node& x) { return x.appeared; };
constexpr auto appeared_or_vanished = [](const operation_site::at_node& x) { return x.appeared || x.vanished; };

std::optional<value> copy_of(const value* x) {
  return x ? std::optional{*x} : std::nullopt;
}

/// Any order will do that depends on nothing but the values; either may be null.
const value* greater(const value* a, const value* b) {
  return !a || (b && comparable_text(*b) > comparable_text(*a)) ? b : a;
}

} // namespace

result<object> merger::run() {
  LAMA_TRY(base, objects_.find(graph_.nodes[graph_.first].node.data));
  type_ = space_.recipes().find(base->type);
  if (!type_)
    return fail(errc::unsupported, "unknown type " + base->type);
  is_ours_ = repairs_ == merge_repairs::on && is_own_type(type_->name);
  auto copy = *base;
  LAMA_CHECK(record_operations(*type_));
  return merge_fields(type_->rules, history_view{graph_}, root_, std::move(copy));
}

/// Holds a version's data only as long as a later comparison needs it: a history may be long and its versions large.
result<done> merger::record_operations(const recipe& type) {
  std::unordered_map<hash, std::size_t> uses;
  for (auto& entry : graph_.nodes) {
    ++uses[entry.node.data];
    if (entry.node.kind == version_node_kind::change)
      ++uses[graph_.nodes[entry.previous.front()].node.data];
  }
  auto release = [&](const hash& data) {
    if (--uses[data] == 0)
      objects_.forget(data);
  };
  operation_recorder recorder{objects_, type, root_};
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    auto& entry = graph_.nodes[i];
    if (entry.node.kind != version_node_kind::merge) {
      LAMA_TRY(after, data_of(i));
      const object* before = nullptr;
      if (entry.node.kind == version_node_kind::change) {
        LAMA_TRY(previous, data_of(entry.previous.front()));
        before = previous;
      }
      LAMA_CHECK(recorder.record(i, before, *after));
    }
    if (entry.node.kind == version_node_kind::change)
      release(graph_.nodes[entry.previous.front()].node.data);
    release(entry.node.data);
  }
  return done{};
}

result<const object*> merger::data_of(std::size_t node) {
  LAMA_TRY(data, objects_.find(graph_.nodes[node].node.data));
  if (data->type != type_->name)
    return fail(errc::corrupt, "version node " + graph_.nodes[node].name.hex() + " is of type " + data->type + " among versions of " + type_->name);
  return data;
}

result<const value*> merger::value_in(std::size_t node) {
  LAMA_TRY(within, data_of(node));
  const value* at = nullptr;
  for (auto& step : path_) {
    if (at) {
      if (auto* target = std::get_if<hash>(at)) {
        LAMA_TRY(referenced, objects_.find(*target));
        within = referenced;
      } else {
        within = std::get_if<object>(at);
      }
    }
    auto* entries = at ? std::get_if<map>(at) : nullptr;
    at = entries ? find_entry(*entries, step) : within ? within->find(step) : nullptr;
    if (!at)
      return nullptr;
  }
  return at;
}

result<object> merger::merge_fields(const std::vector<rule>& rules, const history_view& view, const operation_site& at, object base) {
  for (auto& field : rules) {
    auto* below = at.child(field.name);
    if (!below || !touched_in(view, *below))
      continue;
    path_.push_back(field.name);
    auto merged = field.optional ? merge_optional(field.type, view, *below, place::field) : merge_values(field.type, view, *below, place::field);
    path_.pop_back();
    if (!merged)
      return std::move(merged).failure();
    if (*merged)
      base.set(field.name, std::move(**merged));
    else
      base.remove(field.name);
  }
  return base;
}

result<std::optional<value>> merger::merge_optional(const item_type& type, const history_view& view, const operation_site& at, place where) {
  auto nearest = view.find_in_both(has(at, appeared_or_vanished));
  std::erase_if(nearest, [&](auto node) { return !has(at, appeared)(node); });
  if (!nearest.empty())
    return merge_values(type, view.restricted_to(nearest), at, where);
  if (!view.common())
    return std::optional<value>{};
  LAMA_TRY(inherited, value_in(*view.common()));
  return inherited ? merge_values(type, view, at, where) : std::optional<value>{};
}

result<std::optional<value>> merger::merge_values(const item_type& type, const history_view& view, const operation_site& at, place where) {
  LAMA_TRY(how, algorithm_for(references_ == 0 ? type_ : nullptr, path_, type.kind));
  switch (how) {
  case algorithm::newest:
    return merge_newest(view, at);
  case algorithm::items:
    return merge_items(view, at);
  case algorithm::reference:
    return merge_references(view, at, where);
  case algorithm::linked_list:
    return merge_linked_lists(view);
  case algorithm::map_entries:
    return merge_maps(type, view, at);
  case algorithm::fields:
    return merge_nested(type, view, at);
  }
  return fail(errc::internal, "no such merge algorithm");
}

bool merger::is_later(std::size_t a, std::size_t b) const {
  auto& x = graph_.nodes[a];
  auto& y = graph_.nodes[b];
  return x.node.creation_time != y.node.creation_time ? x.node.creation_time > y.node.creation_time : x.name > y.name;
}

bool merger::is_as_late(std::size_t a, std::size_t b) const {
  return graph_.nodes[a].node.creation_time == graph_.nodes[b].node.creation_time;
}

std::optional<std::size_t> merger::last_by_time(const nodes& candidates) const {
  if (candidates.empty())
    return {};
  return *std::max_element(candidates.begin(), candidates.end(), [this](auto a, auto b) { return is_later(b, a); });
}

result<std::optional<value>> merger::merge_newest(const history_view& view, const operation_site& at) {
  auto candidates = view.find_in_both(has(at, value_set));
  auto winner = last_by_time(candidates);
  LAMA_TRY(newest, value_in(winner ? *winner : view.first()));
  if (is_ours_)
    for (auto candidate : candidates)
      if (is_as_late(candidate, *winner)) {
        LAMA_TRY(other, value_in(candidate));
        newest = greater(newest, other);
      }
  return copy_of(newest);
}

result<const value*> merger::ghost(const value* first, const value* second) const {
  if (repairs_ == merge_repairs::off)
    return fail(errc::conflict, "a value that is to be merged is in one version only: " + (path_.empty() ? type_->name : path_.back()));
  return first ? first : second;
}

result<std::optional<value>> merger::merge_items(const history_view& view, const operation_site& at) {
  LAMA_TRY(first, value_in(view.first()));
  LAMA_TRY(second, value_in(view.second()));
  if (!first || !second) {
    LAMA_TRY(alone, ghost(first, second));
    if (!alone)
      return std::optional<value>{};
    first = second = alone;
  }
  std::unordered_set<std::string> common_texts;
  if (view.common()) {
    LAMA_TRY(common, value_in(*view.common()));
    common_texts = common ? texts_of(items_of(*common)) : common_texts;
  }
  auto first_texts = texts_of(items_of(*first));
  auto second_texts = texts_of(items_of(*second));
  std::unordered_set<std::string> decided;
  list merged;
  auto take = [&](const list& items, const std::unordered_set<std::string>& others) {
    for (auto& item : items) {
      auto text = comparable_text(item);
      if (decided.insert(text).second && (others.contains(text) || keeps_item(view, at, text, common_texts.contains(text))))
        merged.push_back(item);
    }
  };
  take(items_of(*first), second_texts);
  take(items_of(*second), first_texts);
  return std::optional<value>{std::move(merged)};
}

bool merger::keeps_item(const history_view& view, const operation_site& at, const std::string& item, bool was_common) const {
  auto candidates = view.find_in_both([&](auto node) { return at.item(item, node) != nullptr; });
  if (candidates.empty())
    return was_common;
  // Who added it wins over who removed it, whatever the times.
  return std::any_of(candidates.begin(), candidates.end(), [&](auto node) { return at.item(item, node)->added; });
}

result<const value*> merger::base_of(const history_view& view) {
  LAMA_TRY(base, value_in(view.common() ? *view.common() : view.first()));
  if (base)
    return base;
  LAMA_TRY(first, value_in(view.first()));
  LAMA_TRY(second, value_in(view.second()));
  return ghost(first, second);
}

result<std::optional<value>> merger::merge_nested(const item_type& type, const history_view& view, const operation_site& at) {
  LAMA_TRY(base, base_of(view));
  auto* nested = base ? std::get_if<object>(base) : nullptr;
  if (!nested)
    return std::optional<value>{};
  LAMA_TRY(merged, merge_fields(type.rules, view, at, *nested));
  return std::optional<value>{std::move(merged)};
}

result<std::optional<value>> merger::merge_maps(const item_type& type, const history_view& view, const operation_site& at) {
  LAMA_TRY(base, base_of(view));
  auto* entries = base ? std::get_if<map>(base) : nullptr;
  if (!entries)
    return std::optional<value>{};
  auto merged_map = *entries;
  std::unordered_set<std::string> merged_keys;
  for (auto& [node, key] : at.order) {
    if (!view.contains(node) || !merged_keys.insert(key).second)
      continue;
    auto& below = *at.child(key);
    path_.push_back(key);
    auto merged = merge_optional(*type.item, view, below, place::map_entry);
    path_.pop_back();
    if (!merged)
      return std::move(merged).failure();
    auto present = std::find_if(merged_map.begin(), merged_map.end(), [&wanted = key](auto& entry) { return comparable_text(entry.first) == wanted; });
    if (!*merged && present != merged_map.end())
      merged_map.erase(present);
    else if (*merged && present != merged_map.end())
      present->second = std::move(**merged);
    else if (*merged)
      merged_map.emplace_back(below.key, std::move(**merged));
  }
  if (is_ours_)
    std::ranges::stable_sort(merged_map, [](const auto& a, const auto& b) { return compare_text(comparable_text(a.first), comparable_text(b.first)) < 0; });
  return std::optional<value>{std::move(merged_map)};
}

result<std::optional<value>> merger::merge_references(const history_view& view, const operation_site& at, place where) {
  auto a = last_by_time(view.find(view.first(), has(at, value_set)));
  auto b = last_by_time(view.find(view.second(), has(at, value_set)));
  LAMA_TRY(first, value_in(view.first()));
  LAMA_TRY(second, value_in(view.second()));
  if (!view.one_top()) {
    auto* newer = a && (!b || is_later(*a, *b)) ? first : second;
    if (is_ours_ && a && b && is_as_late(*a, *b))
      newer = greater(first, second);
    if (newer)
      return copy_of(newer);
    LAMA_TRY(left, ghost(first, second));
    return copy_of(left);
  }
  if (!a || *a == view.first())
    return copy_of(first);
  if (where == place::field && first)
    return merge_targets(view, at, *a);
  // The peer fails for map entries here (docs/protocol/01 §5.3, "Known failures"); what the version has is what it was meant to keep.
  if (repairs_ == merge_repairs::off)
    return fail(errc::conflict, "the stock peer cannot merge the reference " + path_.back(), "O2M-RTYC1");
  return copy_of(first);
}

result<std::optional<value>> merger::merge_targets(const history_view& view, const operation_site& at, std::size_t start) {
  LAMA_TRY(newest, value_in(view.first()));
  LAMA_TRY(oldest, value_in(start));
  auto* newest_target = std::get_if<hash>(newest);
  auto* oldest_target = oldest ? std::get_if<hash>(oldest) : nullptr;
  if (!newest_target || !oldest_target)
    return copy_of(newest);
  LAMA_TRY(base, objects_.find(*oldest_target));
  auto* type = space_.recipes().find(base->type);
  if (!type)
    return fail(errc::unsupported, "unknown type " + base->type);
  ++references_;
  auto merged = merge_fields(type->rules, view.restricted_to({start}), at, *base);
  --references_;
  if (!merged)
    return std::move(merged).failure();
  LAMA_TRY(text, write_object(*merged, space_.recipes()));
  LAMA_TRY(stored, space_.put(text));
  return std::optional<value>{stored.name};
}

result<std::optional<value>> merger::merge_linked_lists(const history_view& view) {
  auto head_of = [this](std::size_t node) -> result<std::optional<hash>> {
    LAMA_TRY(at, value_in(node));
    auto* head = at ? std::get_if<hash>(at) : nullptr;
    return head ? std::optional{*head} : std::nullopt;
  };
  LAMA_TRY(first, head_of(view.first()));
  LAMA_TRY(second, head_of(view.second()));
  LAMA_TRY(merged, merge_lists(space_, first, second));
  return merged ? std::optional<value>{*merged} : std::nullopt;
}

} // namespace lama::protocol::detail
