#include "protocol/versions/line_follower.hpp"

#include "protocol/limits.hpp"
#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/merge_memory.hpp"
#include "protocol/versions/operations.hpp"

#include <algorithm>
#include <unordered_map>

namespace lama::protocol::detail {

namespace {

using starts_count = place_history::starts_count;

bool is_later(const value_origin& a, const value_origin& b) {
  return a.time != b.time ? a.time > b.time : a.node > b.node;
}

bool differ(const value& a, const value& b) {
  return !(a == b) && comparable_text(a) != comparable_text(b);
}

std::unordered_map<std::string, const value*> by_key(const map& entries) {
  std::unordered_map<std::string, const value*> found;
  for (const auto& [key, entry] : entries)
    found.emplace(comparable_text(key), &entry);
  return found;
}

bool can_follow(const recipe& type, const std::vector<rule>& rules);

bool can_follow(const recipe& type, const item_type& x) {
  auto how = algorithm_for(&type, {}, x.kind);
  if (!how || *how == algorithm::linked_list)
    return false;
  if (*how == algorithm::map_entries)
    return can_follow(type, *x.item);
  return *how != algorithm::fields || can_follow(type, x.rules);
}

bool can_follow(const recipe& type, const std::vector<rule>& rules) {
  return std::ranges::all_of(rules, [&](const rule& field) { return !field.inherited && can_follow(type, field.type); });
}

} // namespace

bool merges_along_line(const recipe& type) {
  return type.crdt_config.empty() && can_follow(type, type.rules);
}

// ---- an Edge: sets and adds all that it has ----

void line_follower::join(line_history& history, const version_node& edge, const hash& name, const object& data) {
  here_ = {edge.creation_time, name};
  join_fields(type_.rules, history.fields, data);
}

void line_follower::join_fields(const std::vector<rule>& rules, places& at, const object& data) {
  at.resize(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (const auto* content = data.find(rules[i].name)) {
      if (rules[i].optional)
        join_optional(rules[i].type, at[i], *content);
      else
        join_value(rules[i].type, at[i], *content);
    }
}

void line_follower::join_optional(const item_type& type, place_history& at, const value& content) {
  at.starts = at.starts == starts_count::none ? starts_count::one : starts_count::many;
  join_value(type, at, content);
}

void line_follower::join_value(const item_type& type, place_history& at, const value& content) {
  switch (*algorithm_for(&type_, {}, type.kind)) {
  case algorithm::newest:
  case algorithm::reference:
    if (is_later(here_, at.origin))
      at.origin = here_;
    break;
  case algorithm::map_entries:
    for (const auto& [key, entry] : std::get<map>(content))
      join_optional(*type.item, at.all_entries()[comparable_text(key)], entry);
    break;
  case algorithm::fields:
    join_fields(type.rules, at.fields, std::get<object>(content));
    break;
  default: // items: those of the head's data are all there is to know
    break;
  }
}

// ---- a change: what differs ----

bool line_follower::change(line_history& history, const named_version_node& node, const object& before, const object& after) {
  here_ = {node.node.creation_time, node.name};
  all_found_ = true;
  change_fields(type_.rules, history.fields, &before, after, nullptr);
  return all_found_;
}

void line_follower::change_fields(const std::vector<rule>& rules, places& at, const object* before, const object& after, place_history* view) {
  at.resize(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto* old_value = before ? before->find(rules[i].name) : nullptr;
    const auto* new_value = after.find(rules[i].name);
    if (rules[i].optional)
      change_optional(rules[i].type, at[i], old_value, new_value, view);
    else if (new_value)
      change_value(rules[i].type, at[i], old_value, *new_value, view);
  }
}

void line_follower::change_optional(const item_type& type, place_history& at, const value* before, const value* after, place_history* view) {
  if (before && !after) {
    at = {};
    if (view && view->starts == starts_count::one)
      view->lost = true;
  } else if (!before && after) {
    at = {};
    at.starts = starts_count::one;
    change_value(type, at, nullptr, *after, &at);
  } else if (before && at.starts != starts_count::none) {
    change_value(type, at, before, *after, &at);
  }
}

void line_follower::change_value(const item_type& type, place_history& at, const value* before, const value& after, place_history* view) {
  static const map none;
  switch (*algorithm_for(&type_, {}, type.kind)) {
  case algorithm::newest:
    if (!before || differ(*before, after))
      at.origin = here_;
    break;
  case algorithm::reference:
    change_reference(at, before, after);
    break;
  case algorithm::map_entries:
    change_entries(type, at, before ? std::get<map>(*before) : none, std::get<map>(after), view);
    at.moved = before && at.moved;
    break;
  case algorithm::fields:
    change_fields(type.rules, at.fields, before ? std::get_if<object>(before) : nullptr, std::get<object>(after), view);
    break;
  default:
    break;
  }
}

void line_follower::change_reference(place_history& at, const value* before, const value& after) {
  if (!before || (*before != after && is_of_another_type(*before, after)))
    at.origin = here_;
}

bool line_follower::is_of_another_type(const value& before, const value& after) {
  auto old_target = load(space_, std::get<hash>(before));
  auto new_target = load(space_, std::get<hash>(after));
  all_found_ = all_found_ && old_target && new_target;
  return old_target && new_target && old_target->type != new_target->type;
}

void line_follower::change_entries(const item_type& type, place_history& at, const map& before, const map& after, place_history* view) {
  auto& entries = at.all_entries();
  auto old_entries = by_key(before);
  auto new_entries = by_key(after);
  // The stock peer's walk ends at the first key that is gone: what else happened is then not among the operations.
  bool ended = false;
  auto compare = [&](const value& key, const value* old_entry, const value* new_entry) {
    auto text = comparable_text(key);
    if (ended) {
      at.blind = at.blind || !old_entry || !new_entry || differ(*old_entry, *new_entry);
    } else {
      auto& entry = entries[text];
      change_optional(*type.item, entry, old_entry, new_entry, view);
      if (entry.starts == starts_count::none)
        entries.erase(text);
    }
    at.dropped = at.dropped || !new_entry;
    ended = ended || (!new_entry && !is_own_type(type_.name));
  };
  for (const auto& [key, entry] : before) {
    auto found = new_entries.find(comparable_text(key));
    compare(key, &entry, found == new_entries.end() ? nullptr : found->second);
  }
  for (const auto& [key, entry] : after)
    if (!old_entries.contains(comparable_text(key)))
      compare(key, nullptr, &entry);
  at.moved = at.moved || !std::ranges::equal(before, after, {}, &map::value_type::first, &map::value_type::first);
}

// ---- a line ----

namespace {

/// From the newest node down to one whose history is remembered, or to the first one; then up again.
class line_walk {
public:
  line_walk(const object_space& space, const recipe& type) : space_{space}, type_{type} {
    // nop
  }

  std::optional<line_history> below(const named_version_node& head) {
    line_history history;
    if (!find_line(head, history))
      return std::nullopt;
    for (; !line_.empty(); line_.pop_back())
      if (!add(history, line_.back()))
        return std::nullopt;
    return history;
  }

private:
  struct step {
    named_version_node node;
    std::optional<named_version_node> joined; ///< of a merge: the Edge
    hash data_before{};                       ///< of a change
  };

  bool find_line(named_version_node next, line_history& history) {
    while (line_.size() < limits::merge_nodes) {
      if (auto* memory = space_.remembered())
        if (auto known = memory->take(next.name)) {
          history = *std::move(known);
          return true;
        }
      auto& added = line_.emplace_back(step{std::move(next), {}});
      const auto& node = added.node.node;
      if (node.kind == version_node_kind::edge) {
        added.joined = added.node;
        return true;
      }
      auto below = load_node(node.previous.front());
      if (!below)
        return false;
      if (node.kind == version_node_kind::merge) {
        auto other = node.previous.size() == 2 ? load_node(node.previous.back()) : std::nullopt;
        if (other && other->node.kind != version_node_kind::edge)
          std::swap(*below, *other);
        if (!other || other->node.kind != version_node_kind::edge)
          return false;
        added.joined = std::move(other);
      }
      added.data_before = below->node.data;
      next = *std::move(below);
    }
    return false;
  }

  std::optional<named_version_node> load_node(const hash& name) const {
    auto node = load_version_node(space_, name);
    return node ? std::optional{named_version_node{name, *std::move(node)}} : std::nullopt;
  }

  bool add(line_history& history, const step& next) {
    if (next.joined) {
      auto data = load_data(next.joined->node.data);
      if (data)
        follower_.join(history, next.joined->node, next.joined->name, *data);
      return data.has_value();
    }
    // What a change was made on is mostly what was made before it.
    auto before = last_ && last_->first == next.data_before ? std::move(last_->second) : load_data(next.data_before);
    last_.emplace(next.node.node.data, load_data(next.node.node.data));
    return before && last_->second && follower_.change(history, next.node, *before, *last_->second);
  }

  std::optional<object> load_data(const hash& name) const {
    auto loaded = load(space_, name);
    return loaded && loaded->type == type_.name ? std::optional{*std::move(loaded)} : std::nullopt;
  }

  const object_space& space_;
  const recipe& type_;
  line_follower follower_{space_, type_};
  std::vector<step> line_;
  std::optional<std::pair<hash, std::optional<object>>> last_;
};

} // namespace

std::optional<line_history> history_below(const object_space& space, const recipe& type, const named_version_node& head) {
  return line_walk{space, type}.below(head);
}

void remember_change(const object_space& space, const named_version_node& before, const named_version_node& now, std::string_view text) {
  auto* memory = space.remembered();
  if (!memory)
    return;
  auto history = memory->take(before.name);
  if (!history && before.node.kind != version_node_kind::edge)
    return;
  auto old_data = load(space, before.node.data);
  auto new_data = parse_object(text, space.recipes());
  if (!old_data || !new_data)
    return;
  const auto* type = space.recipes().find(new_data->type);
  if (!type || old_data->type != type->name || !merges_along_line(*type))
    return;
  line_follower follower{space, *type};
  if (!history)
    follower.join(history.emplace(), before.node, before.name, *old_data);
  if (follower.change(*history, now, *old_data, *new_data))
    memory->keep(now.name, *std::move(history));
}

} // namespace lama::protocol::detail
