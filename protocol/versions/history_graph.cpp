#include "protocol/versions/history_graph.hpp"

#include "protocol/limits.hpp"

#include <queue>

namespace lama::protocol::detail {

namespace {

/// Takes the deepest node first, and of equally deep ones the one that was met first.
struct waiting_node {
  double depth;
  std::size_t met;
  named_version_node x;

  friend bool operator<(const waiting_node& a, const waiting_node& b) {
    return a.depth != b.depth ? a.depth < b.depth : a.met > b.met;
  }
};

class graph_loader {
public:
  explicit graph_loader(const object_source& from) : from_{from} {
    // nop
  }

  result<done> meet(named_version_node x) {
    index_.try_emplace(x.name, 0);
    if (x.node.kind == version_node_kind::change && x.node.previous.size() != 1)
      return fail(errc::corrupt, "version node " + x.name.hex() + " is a change of nothing");
    waiting_.push({x.node.depth, met_++, std::move(x)});
    return done{};
  }

  result<done> meet(const hash& name, double below_depth) {
    if (index_.contains(name))
      return done{};
    if (index_.size() >= limits::merge_nodes)
      return fail(errc::too_large, "a history of more than " + std::to_string(limits::merge_nodes) + " versions cannot be merged");
    LAMA_TRY(node, load_version_node(from_, name));
    // Depth is what orders the graph: whoever rests on a node must be deeper.
    if (node.depth >= below_depth)
      return fail(errc::corrupt, "version node " + name.hex() + " is not less deep than what rests on it");
    return meet(named_version_node{name, std::move(node)});
  }

  result<done> run(history_graph& graph) {
    while (!waiting_.empty()) {
      auto [depth, met, next] = waiting_.top();
      waiting_.pop();
      index_[next.name] = graph.nodes.size();
      for (auto& previous : next.node.previous)
        LAMA_CHECK(meet(previous, depth));
      graph.nodes.push_back({next.name, std::move(next.node), {}});
    }
    for (auto& entry : graph.nodes)
      for (auto& previous : entry.node.previous)
        entry.previous.push_back(index_[previous]);
    return done{};
  }

  std::size_t index_of(const hash& name) const {
    return index_.at(name);
  }

private:
  const object_source& from_;
  std::priority_queue<waiting_node> waiting_;
  std::unordered_map<hash, std::size_t> index_;
  std::size_t met_ = 0;
};

} // namespace

result<history_graph> history_graph::load(const object_source& from, const named_version_node& first, const named_version_node& second) {
  history_graph graph;
  graph_loader loader{from};
  LAMA_CHECK(loader.meet(first));
  LAMA_CHECK(loader.meet(second));
  LAMA_CHECK(loader.run(graph));
  graph.first = loader.index_of(first.name);
  graph.second = loader.index_of(second.name);
  return graph;
}

history_view::history_view(const history_graph& whole) : graph_{&whole}, members_(whole.nodes.size(), true), first_{whole.first}, second_{whole.second} {
  // nop
}

history_view history_view::restricted_to(const std::vector<std::size_t>& starts) const {
  auto part = *this;
  part.members_.assign(members_.size(), false);
  for (auto start : starts)
    part.members_[start] = true;
  for (auto i = members_.size(); i-- > 0;)
    for (auto previous : graph_->nodes[i].previous)
      if (members_[i] && part.members_[previous])
        part.members_[i] = true;
  if (!part.members_[first_])
    part.first_ = second_;
  if (!part.members_[second_])
    part.second_ = first_;
  part.common_ = starts.size() == 1 ? std::optional{starts.front()} : std::nullopt;
  return part;
}

} // namespace lama::protocol::detail
