#include "protocol/versions/register_merge.hpp"

#include "protocol/limits.hpp"
#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/merge_memory.hpp"
#include "protocol/versions/operations.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::detail {

namespace {

bool is_register(const recipe& type, const rule& field) {
  auto how = algorithm_for(&type, {field.name}, field.type.kind);
  return how && *how == algorithm::newest;
}

bool is_later(const register_origin& a, const register_origin& b) {
  return a.time != b.time ? a.time > b.time : a.node > b.node;
}

/// Follows a history from its first node on, and keeps which node each register's value is from.
class origin_tracker {
public:
  origin_tracker(const object_space& space, const recipe& type) : space_{space}, type_{type} {
    for (const auto& field : type.rules)
      registers_.push_back(is_register(type, field));
  }

  std::optional<register_origins> of(const named_version_node& head) {
    std::optional<register_origins> known;
    if (!find_line(head, known))
      return std::nullopt;
    while (!line_.empty()) {
      auto& next = line_.back();
      if (!(known ? add(*known, next) : begin(known, next)))
        return std::nullopt;
      line_.pop_back();
    }
    if (auto* memory = space_.remembered())
      memory->keep(head.name, *known);
    return known;
  }

private:
  struct line_node {
    named_version_node x;
    std::optional<named_version_node> joined; ///< of a merge: the Edge
    hash data_before{};                       ///< of a change
  };

  /// From the head down to a node that is remembered, or to the first one.
  bool find_line(named_version_node next, std::optional<register_origins>& known) {
    for (;;) {
      auto* memory = space_.remembered();
      if (auto* found = memory ? memory->find(next.name) : nullptr) {
        known = *found;
        return true;
      }
      auto& added = line_.emplace_back(line_node{std::move(next), {}});
      const auto& previous = added.x.node.previous;
      if (line_.size() > limits::merge_nodes)
        return false;
      if (added.x.node.kind == version_node_kind::edge)
        return true;
      auto below = load_node(previous.front());
      if (!below)
        return false;
      if (added.x.node.kind == version_node_kind::merge) {
        auto other = previous.size() == 2 ? load_node(previous.back()) : std::nullopt;
        if (!other)
          return false;
        if (other->node.kind != version_node_kind::edge)
          std::swap(*below, *other);
        if (other->node.kind != version_node_kind::edge)
          return false;
        added.joined = std::move(other);
      }
      added.data_before = below->node.data;
      next = *std::move(below);
    }
  }

  std::optional<named_version_node> load_node(const hash& name) const {
    auto node = load_version_node(space_, name);
    return node ? std::optional{named_version_node{name, *std::move(node)}} : std::nullopt;
  }

  /// Valid until the next call. What a change was made on is mostly what was asked for before it.
  const object* data(const hash& name) {
    if (!last_ || last_->first != name) {
      auto loaded = load(space_, name);
      if (!loaded || loaded->type != type_.name)
        return nullptr;
      last_.emplace(name, *std::move(loaded));
    }
    return &last_->second;
  }

  bool begin(std::optional<register_origins>& known, const line_node& first) {
    known.emplace(type_.rules.size());
    return join(*known, first.x);
  }

  bool add(register_origins& known, const line_node& next) {
    return next.joined ? join(known, *next.joined) : change(known, next);
  }

  bool join(register_origins& known, const named_version_node& edge) {
    const auto* joined = data(edge.node.data);
    if (!joined)
      return false;
    register_origin here{edge.node.creation_time, edge.name};
    auto set = [&](const rule& field, std::optional<register_origin>& origin) {
      if (joined->find(field.name) && (!origin || is_later(here, *origin)))
        origin = here;
    };
    for_each_register(set, known);
    return true;
  }

  bool change(register_origins& known, const line_node& next) {
    const auto* found = data(next.data_before);
    if (!found)
      return false;
    auto before = *found;
    const auto* after = data(next.x.node.data);
    if (!after)
      return false;
    auto set = [&](const rule& field, std::optional<register_origin>& origin) {
      const auto* old_value = before.find(field.name);
      const auto* new_value = after->find(field.name);
      if (!new_value)
        origin.reset();
      else if (!old_value || comparable_text(*old_value) != comparable_text(*new_value))
        origin = register_origin{next.x.node.creation_time, next.x.name};
    };
    for_each_register(set, known);
    return true;
  }

  template <class Each>
  void for_each_register(Each each, register_origins& origins) const {
    for (std::size_t i = 0; i < registers_.size(); ++i)
      if (registers_[i])
        each(type_.rules[i], origins[i]);
  }

  const object_space& space_;
  const recipe& type_;
  std::vector<bool> registers_; ///< by rules
  std::vector<line_node> line_; ///< the newest first
  std::optional<std::pair<hash, object>> last_;
};

/// Each item once, the first's before the second's; either may be null.
list all_items(const value* first, const value* second) {
  list merged;
  std::unordered_set<std::string> taken;
  for (const auto* items : {first, second})
    if (const auto* each = items ? std::get_if<list>(items) : nullptr)
      for (const auto& item : *each)
        if (taken.insert(comparable_text(item)).second)
          merged.push_back(item);
  return merged;
}

} // namespace

bool merges_by_origins(const recipe& type) {
  return std::ranges::all_of(type.rules, [&](const rule& field) {
    auto how = algorithm_for(&type, {field.name}, field.type.kind);
    return !field.inherited && how && (*how == algorithm::newest || *how == algorithm::items);
  });
}

std::optional<object> merge_by_origins(const object_space& space, const recipe& type, const named_version_node& head, const object& head_data,
                                       const named_version_node& edge, merge_repairs repairs) {
  auto edge_data = load(space, edge.node.data);
  if (edge.node.kind != version_node_kind::edge || !edge_data || edge_data->type != type.name)
    return std::nullopt;
  auto origins = origin_tracker{space, type}.of(head);
  if (!origins)
    return std::nullopt;
  bool is_ours = repairs == merge_repairs::on && is_own_type(type.name);
  register_origin here{edge.node.creation_time, edge.name};
  auto merged = head_data;
  for (std::size_t i = 0; i < type.rules.size(); ++i) {
    const auto& field = type.rules[i];
    auto* first = head_data.find(field.name);
    auto* second = edge_data->find(field.name);
    if (!first && !second)
      continue;
    if (!is_register(type, field)) {
      merged.set(field.name, all_items(first, second));
      continue;
    }
    const auto& origin = (*origins)[i];
    if (first && !origin)
      return std::nullopt;
    bool as_late = is_ours && first && second && origin->time == here.time; // then the greater value, not the greater node (docs/protocol/01 §5.6)
    if (!first || (second && (as_late ? comparable_text(*second) > comparable_text(*first) : is_later(here, *origin))))
      merged.set(field.name, *second);
  }
  return merged;
}

} // namespace lama::protocol::detail
