#include "protocol/versions/line_merge.hpp"

#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/operations.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace lama::protocol::detail {

namespace {

using starts_count = place_history::starts_count;

value* find_in(object& x, std::string_view name) {
  auto found = std::ranges::find(x.fields, name, &field::name);
  return found == x.fields.end() ? nullptr : &found->content;
}

/// Each item once, those of `into` before those of `more`, which may be null.
void unite(value& into, const value* more) {
  list united;
  std::unordered_set<std::string> taken;
  for (const auto* items : {static_cast<const value*>(&into), more})
    if (const auto* each = items ? std::get_if<list>(items) : nullptr)
      for (const auto& item : *each)
        if (taken.insert(comparable_text(item)).second)
          united.push_back(item);
  into = std::move(united);
}

/// A value is in both versions, in the head alone, or in the Edge alone; and so is, in the last two, all that is within.
class line_merger {
public:
  line_merger(const recipe& type, const hash& head, const named_version_node& edge, merge_repairs repairs)
      : type_{type}, head_{head}, edge_{edge.node.creation_time, edge.name}, repairs_{repairs}, is_ours_{repairs == merge_repairs::on &&
                                                                                                         is_own_type(type.name)} {
    // nop
  }

  std::optional<object> run(const line_history& history, object head, const object& edge) {
    merge_fields(type_.rules, history.fields, head, edge);
    return decided_ ? std::optional{std::move(head)} : std::nullopt;
  }

private:
  // ---- in both ----

  void merge_fields(const std::vector<rule>& rules, const std::vector<place_history>& at, object& into, const object& edge) {
    for (std::size_t i = 0; i < rules.size() && decided_; ++i) {
      const auto& field = rules[i];
      auto* here = find_in(into, field.name);
      const auto* there = edge.find(field.name);
      bool was_here = field.optional ? at[i].starts != starts_count::none : here != nullptr;
      if (was_here && !here) {
        decided_ = false;
      } else if (was_here && there) {
        merge_values(field.type, at[i], *here, *there);
      } else if (was_here) {
        decided_ = decided_ && field.optional;
        settle_here(field.type, at[i], *here, at[i], false);
      } else if (there) {
        auto content = *there;
        settle_there(field.type, content);
        into.set(field.name, std::move(content));
      } else if (here) {
        into.remove(field.name);
      }
    }
  }

  void merge_values(const item_type& type, const place_history& at, value& into, const value& edge) {
    switch (*algorithm_for(&type_, {}, type.kind)) {
    case algorithm::newest:
      // Of one time: of types of ours the greater value, not the greater node (docs/protocol/01 §5.6).
      if (is_ours_ && at.origin.time == edge_.time ? comparable_text(edge) > comparable_text(into) : edge_is_later(at))
        into = edge;
      break;
    case algorithm::reference:
      if (edge_is_later(at))
        into = edge;
      break;
    case algorithm::map_entries:
      merge_entries(*type.item, at, std::get<map>(into), std::get<map>(edge));
      break;
    case algorithm::fields:
      merge_fields(type.rules, at.fields, std::get<object>(into), std::get<object>(edge));
      break;
    default:
      unite(into, &edge);
      break;
    }
  }

  bool edge_is_later(const place_history& at) const {
    return at.origin.time != edge_.time ? edge_.time > at.origin.time : edge_.node > at.origin.node;
  }

  void merge_entries(const item_type& type, const place_history& at, map& into, const map& edge) {
    decided_ = decided_ && !at.blind;
    std::unordered_map<std::string, const value*> there;
    for (const auto& [key, entry] : edge)
      there.emplace(comparable_text(key), &entry);
    map merged;
    for (auto& [key, entry] : into) {
      auto text = comparable_text(key);
      auto found = there.extract(text);
      if (const auto* known = at.entry(text)) {
        if (found.empty())
          settle_here(type, *known, entry, *known, true);
        else
          merge_values(type, *known, entry, *found.mapped());
      } else if (!found.empty()) {
        entry = *found.mapped();
        settle_there(type, entry);
      } else {
        continue;
      }
      merged.emplace_back(std::move(key), std::move(entry));
    }
    // New keys come in the order of the operations on them, of which a removal is one too.
    decided_ = decided_ && (is_ours_ || !at.dropped || there.size() < 2);
    for (const auto& [key, entry] : edge) {
      auto text = comparable_text(key);
      if (!there.contains(text))
        continue;
      decided_ = decided_ && !at.entry(text);
      auto& added = merged.emplace_back(key, entry);
      settle_there(type, added.second);
    }
    into = std::move(merged);
    settle_order(into);
  }

  void settle_order(map& entries) const {
    auto before = [](const auto& a, const auto& b) { return compare_text(comparable_text(a.first), comparable_text(b.first)) < 0; };
    if (is_ours_ && !std::ranges::is_sorted(entries, before))
      std::ranges::stable_sort(entries, before);
  }

  // ---- in the head alone ----

  /// `view` is the nearest optional place above, or this place.
  void settle_here(const item_type& type, const place_history& at, value& into, const place_history& view, bool is_entry) {
    bool one_start = view.starts == starts_count::one;
    decided_ = decided_ && !(one_start && view.lost);
    switch (*algorithm_for(&type_, {}, type.kind)) {
    case algorithm::newest:
      break;
    case algorithm::reference:
      // One that an older version set is merged by what it refers to, except in maps, where the stock peer fails.
      decided_ = decided_ && (at.origin.node == head_ || (is_entry && repairs_ == merge_repairs::on));
      break;
    case algorithm::map_entries:
      decided_ = decided_ && !at.blind && !(one_start && at.moved && !is_ours_);
      settle_entries_here(*type.item, at, std::get<map>(into));
      break;
    case algorithm::fields:
      settle_fields_here(type.rules, at.fields, std::get<object>(into), view);
      break;
    default:
      unite(into, nullptr);
      break;
    }
  }

  void settle_fields_here(const std::vector<rule>& rules, const std::vector<place_history>& at, object& into, const place_history& view) {
    for (std::size_t i = 0; i < rules.size() && decided_; ++i) {
      auto* here = find_in(into, rules[i].name);
      bool was_here = rules[i].optional ? at[i].starts != starts_count::none : here != nullptr;
      if (was_here && !here)
        decided_ = false;
      else if (was_here)
        settle_here(rules[i].type, at[i], *here, rules[i].optional ? at[i] : view, false);
      else if (here)
        into.remove(rules[i].name);
    }
  }

  void settle_entries_here(const item_type& type, const place_history& at, map& into) {
    std::erase_if(into, [&](const auto& entry) { return !at.entry(comparable_text(entry.first)); });
    for (auto& [key, entry] : into) {
      const auto& known = *at.entry(comparable_text(key));
      settle_here(type, known, entry, known, true);
    }
    settle_order(into);
  }

  // ---- in the Edge alone ----

  void settle_there(const item_type& type, value& into) {
    switch (*algorithm_for(&type_, {}, type.kind)) {
    case algorithm::items:
      unite(into, nullptr);
      break;
    case algorithm::map_entries:
      for (auto& [key, entry] : std::get<map>(into))
        settle_there(*type.item, entry);
      settle_order(std::get<map>(into));
      break;
    case algorithm::fields:
      for (const auto& field : type.rules)
        if (auto* content = find_in(std::get<object>(into), field.name))
          settle_there(field.type, *content);
      break;
    default:
      break;
    }
  }

  const recipe& type_;
  const hash& head_;
  value_origin edge_;
  merge_repairs repairs_;
  bool is_ours_;
  bool decided_ = true;
};

} // namespace

std::optional<object> merge_along_line(const recipe& type, const line_history& history, const named_version_node& head, const object& head_data,
                                       const named_version_node& edge, const object& edge_data, merge_repairs repairs) {
  return line_merger{type, head.name, edge, repairs}.run(history, head_data, edge_data);
}

} // namespace lama::protocol::detail
