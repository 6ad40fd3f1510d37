#include "storage/digest.hpp"

#include "protocol/sync/grants.hpp"
#include "storage/states.hpp"
#include "storage/sync_adapter.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace lama::storage {

namespace {

using leaf_span = std::span<const std::string>;

digest_node node_of(leaf_span leaves, std::size_t depth);

/// The runs of leaves with the same next byte.
template <class F>
void each_child(leaf_span leaves, std::size_t depth, F each) {
  for (std::size_t begin = 0; begin < leaves.size();) {
    auto byte = leaves[begin][depth];
    auto end = begin;
    while (end < leaves.size() && leaves[end][depth] == byte)
      ++end;
    each(static_cast<uint8_t>(byte), leaves.subspan(begin, end - begin));
    begin = end;
  }
}

digest_node joined(const std::vector<std::pair<uint8_t, digest_node>>& children) {
  sha256_stream digest;
  digest.update("N");
  digest_node made;
  for (const auto& [byte, child] : children) {
    digest.update({reinterpret_cast<const char*>(&byte), 1});
    digest.update(child.value.raw());
    made.count += child.count;
  }
  made.value = digest.finish();
  return made;
}

digest_node few(leaf_span leaves) {
  if (leaves.empty())
    return {};
  sha256_stream digest;
  digest.update("L");
  for (const auto& leaf : leaves)
    digest.update(leaf);
  return {digest.finish(), leaves.size()};
}

digest_node node_of(leaf_span leaves, std::size_t depth) {
  if (leaves.size() <= leaves_a_node)
    return few(leaves);
  std::vector<std::pair<uint8_t, digest_node>> children;
  each_child(leaves, depth, [&](uint8_t byte, leaf_span below) { children.emplace_back(byte, node_of(below, depth + 1)); });
  return joined(children);
}

class leaf_reader {
public:
  leaf_reader(const snapshot& from, digest_tree tree, const digest_scope& scope) : from_{from}, inside_{inside::of(from)}, tree_{tree}, scope_{scope} {
    // nop
  }

  /// Sorted, as keys are.
  result<std::vector<std::string>> read(std::string_view prefix) {
    std::vector<std::string> leaves;
    auto start = (tree_ == digest_tree::objects ? "o" : "h") + std::string{prefix};
    inside_.scan(start, start, [&](std::string_view key, std::string_view value) {
      add(leaves, key.substr(1), value);
      return !from_.in_the_way();
    });
    if (from_.in_the_way())
      return fail(errc::overloaded, "The store waits to open its files again after a failed write. Try again.");
    if (auto trouble = from_.trouble())
      return *std::move(trouble);
    return leaves;
  }

private:
  void add(std::vector<std::string>& leaves, std::string_view name, std::string_view value) const {
    if (tree_ == digest_tree::objects) {
      auto record = decode_record(std::string{value.substr(0, std::min<std::size_t>(value.size(), most_head_bytes))});
      if (record && record->head.here())
        leaves.emplace_back(name);
      return;
    }
    auto id = hash::from_bytes(name);
    auto node = hash::from_bytes(value);
    if (!id || !node || (scope_.granted_to && !protocol::sync::id_granted(from_, *id, *scope_.granted_to)))
      return;
    if (scope_.received_from && !was_brought_by(from_, *scope_.received_from, *id))
      return;
    auto data = inside_.data_of(*node);
    leaves.push_back(std::string{name}.append(data.value_or(hash{}).raw()));
  }

  /// Of a record, before its payload; with what tells of a large blob.
  static constexpr std::size_t most_head_bytes = 96;

  const snapshot& from_;
  const inside::snapshot_state& inside_;
  digest_tree tree_;
  const digest_scope& scope_;
};

} // namespace

digest_level digest_level_of(const std::vector<std::string>& leaves, std::size_t depth) {
  digest_level made;
  if (leaves.size() <= leaves_a_node) {
    made.self = few(leaves);
    made.leaves = leaves;
    return made;
  }
  each_child(leaves, depth, [&](uint8_t byte, leaf_span below) { made.children.emplace_back(byte, node_of(below, depth + 1)); });
  made.self = joined(made.children);
  return made;
}

result<digest_level> digest_below(const snapshot& from, digest_tree tree, std::string_view prefix, const digest_scope& scope) {
  leaf_reader reader{from, tree, scope};
  if (!prefix.empty()) {
    LAMA_TRY(leaves, reader.read(prefix));
    return digest_level_of(leaves, prefix.size());
  }
  // One first byte at a time: never all names in memory.
  digest_level made;
  for (int byte = 0; byte < 256; ++byte) {
    const char first = static_cast<char>(byte);
    LAMA_TRY(leaves, reader.read({&first, 1}));
    if (leaves.empty())
      continue;
    made.children.emplace_back(static_cast<uint8_t>(byte), node_of(leaves, 1));
    if (made.leaves.size() <= leaves_a_node)
      made.leaves.insert(made.leaves.end(), leaves.begin(), leaves.end());
  }
  if (made.leaves.size() <= leaves_a_node)
    return digest_level_of(made.leaves, 0);
  made.leaves.clear();
  made.self = joined(made.children);
  return made;
}

hash joined_digest(const digest_node& objects, const digest_node& heads) {
  sha256_stream digest;
  digest.update("lama digest 1");
  digest.update(objects.value.raw());
  digest.update(heads.value.raw());
  return digest.finish();
}

result<hash> digest_of(const snapshot& from) {
  LAMA_TRY(objects, digest_below(from, digest_tree::objects));
  LAMA_TRY(heads, digest_below(from, digest_tree::heads));
  return joined_digest(objects.self, heads.self);
}

} // namespace lama::storage
