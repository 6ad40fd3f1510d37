#pragma once

#include "protocol/versions/operations.hpp"
#include "protocol/versions/version_node.hpp"

#include <cstddef>
#include <optional>
#include <vector>

/// The version nodes that two versions to be merged rest on (docs/protocol/01 §5.3, "Graph").
namespace lama::protocol::detail {

/// Nodes are indexes, the deepest first; whatever a node rests on has a greater index.
struct history_graph {
  struct entry {
    hash name;
    version_node node;
    std::vector<std::size_t> previous;
  };

  std::vector<entry> nodes;
  std::size_t first = 0;
  std::size_t second = 0;

  /// Loads each node once, and the two that are given not at all.
  static result<history_graph> load(const object_source& from, const named_version_node& first, const named_version_node& second);
};

/// A part of the graph, closed against what lies outside. The peer's empty node, which precedes every edge, stands for nothing: no `common`.
class history_view {
public:
  explicit history_view(const history_graph& whole);

  const history_graph& graph() const {
    return *graph_;
  }
  bool contains(std::size_t node) const {
    return members_[node];
  }
  std::size_t first() const {
    return first_;
  }
  /// The same as `first` where only one of the two versions is left.
  std::size_t second() const {
    return second_;
  }
  bool one_top() const {
    return first_ == second_;
  }
  /// The one node that all others here rest on, if there is one.
  std::optional<std::size_t> common() const {
    return common_;
  }

  /// `starts`, which are members, and all that rests on them. Not empty.
  history_view restricted_to(const std::vector<std::size_t>& starts) const;

  /// The nearest nodes at or below `top` that match; merge nodes never do.
  template <class Match>
  std::vector<std::size_t> find(std::size_t top, Match&& match) const;
  /// Of both tops, each node once.
  template <class Match>
  std::vector<std::size_t> find_in_both(Match&& match) const;

private:
  template <class Match>
  void find_below(std::vector<std::size_t> to_visit, std::vector<std::size_t>& found, Match&& match) const;

  const history_graph* graph_;
  std::vector<bool> members_;
  std::size_t first_;
  std::size_t second_;
  std::optional<std::size_t> common_;
};

template <class Match>
std::vector<std::size_t> history_view::find(std::size_t top, Match&& match) const {
  std::vector<std::size_t> found;
  find_below({top}, found, match);
  return found;
}

template <class Match>
std::vector<std::size_t> history_view::find_in_both(Match&& match) const {
  std::vector<std::size_t> found;
  find_below({first_, second_}, found, match);
  return found;
}

template <class Match>
void history_view::find_below(std::vector<std::size_t> to_visit, std::vector<std::size_t>& found, Match&& match) const {
  std::vector<bool> seen(graph_->nodes.size());
  while (!to_visit.empty()) {
    auto node = to_visit.back();
    to_visit.pop_back();
    if (seen[node])
      continue;
    seen[node] = true;
    auto& entry = graph_->nodes[node];
    if (entry.node.kind != version_node_kind::merge && match(node)) {
      found.push_back(node);
      continue;
    }
    for (auto previous : entry.previous)
      if (members_[previous])
        to_visit.push_back(previous);
  }
}

} // namespace lama::protocol::detail
