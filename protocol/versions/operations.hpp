#pragma once

#include "protocol/objects/object_space.hpp"
#include "protocol/versions/algorithm.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// What each version node changed, by place in the object (docs/protocol/01 §5.3, "Operations of a node").
namespace lama::protocol::detail {

/// Objects by name, read and parsed once while they are held. Answers stay valid until forgotten.
class object_cache {
public:
  explicit object_cache(const object_source& from) : from_{from} {
    // nop
  }

  const object_source& source() const {
    return from_;
  }
  result<const object*> find(const hash& name);
  void forget(const hash& name) {
    objects_.erase(name);
  }

private:
  const object_source& from_;
  std::unordered_map<hash, object> objects_;
};

/// The text of an item, map key or register as far as comparing goes: equal for equal values of one type, and only for these.
std::string comparable_text(const value& x);

/// Entry of a map by the comparable text of its key; null for none.
const value* find_entry(const map& entries, std::string_view key);

/// A place in the object, with what each node did there. Nodes are indexes in the order of the graph, and record in that order.
struct operation_site {
  struct at_node {
    bool appeared = false; ///< `set` of an optional field or map entry
    bool vanished = false; ///< `delete` of the same
    bool value_set = false;
  };
  struct item_operation {
    std::size_t node;
    bool added; ///< else removed
  };

  std::unordered_map<std::size_t, at_node> nodes;
  std::unordered_map<std::string, std::vector<item_operation>> items;
  std::vector<std::size_t> touched_by; ///< nodes with an operation here or below, ascending
  /// (node, child) in the order of the first operation of that node at or below that child.
  std::vector<std::pair<std::size_t, std::string>> order;
  std::map<std::string, operation_site, std::less<>> children;
  value key; ///< of a map entry, as it stands in the map

  const operation_site* child(std::string_view name) const;
  /// Null where `node` has none on `item`.
  const item_operation* item(std::string_view item, std::size_t node) const;
};

/// Compares versions and records what changed.
class operation_recorder {
public:
  operation_recorder(object_cache& objects, const recipe& type, operation_site& root)
      : objects_{objects}, type_{type}, root_{root}, is_own_type_{is_own_type(type.name)} {
    // nop
  }

  /// `before` is null for an Edge.
  result<done> record(std::size_t node, const object* before, const object& after);

private:
  result<done> compare_fields(const std::vector<rule>& rules, const object* before, const object& after);
  result<done> compare_optional(const item_type& type, const value* before, const value* after);
  result<done> compare_values(const item_type& type, const value* before, const value& after);
  void compare_items(const value* before, const value& after);
  result<done> compare_maps(const item_type& type, const value* before, const value& after);
  result<done> compare_references(const value* before, const value& after);
  result<done> check_depth() const;
  /// The site of the path, made if need be.
  operation_site& here();
  /// Null where there were no operations yet.
  operation_site* touched_here();
  operation_site::at_node& operation() {
    return here().nodes[node_];
  }

  object_cache& objects_;
  const recipe& type_;
  operation_site& root_;
  bool is_own_type_;
  std::size_t node_ = 0;
  std::vector<std::string> path_;
  int references_ = 0; ///< how many of them the path goes through
};

} // namespace lama::protocol::detail
