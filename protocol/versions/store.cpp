#include "protocol/limits.hpp"
#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/line_follower.hpp"
#include "protocol/versions/merge.hpp"
#include "protocol/versions/merge_memory.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <algorithm>

/// Storing, joining and listing versions (docs/protocol/01 §5.1, §5.2).
namespace lama::protocol {

namespace {

using current_version = std::optional<named_version_node>;

result<current_version> current_of(const object_source& from, const hash& id) {
  auto head = from.head(id);
  if (!head)
    return current_version{};
  LAMA_TRY(node, load_version_node(from, *head));
  return current_version{{*head, std::move(node)}};
}

/// Stores a text and tells its id; refuses what has no versions before anything is stored.
result<put_result> put_versioned(object_space& space, std::string_view text) {
  auto content = classify(text);
  auto* type = space.recipes().find(content.type);
  if (content.kind != content_kind::object || !type)
    return fail(errc::bad_input, "a version must be an object of a known type");
  if (!type->versioned)
    return fail(errc::bad_input, "objects of type " + type->name + " have no versions: no field of it is an id");
  LAMA_TRY(stored, space.put(text));
  if (!stored.id)
    return fail(errc::internal, "a stored version of type " + type->name + " without an id");
  return stored;
}

result<hash> put_node(object_space& space, const version_node& node) {
  LAMA_TRY(stored, space.put(write_version_node(node)));
  return stored.name;
}

bool is_history(const object_source& from, const hash& id, const current_version& current, const hash& node) {
  return current && (node == current->name || from.in_history(id, node));
}

stored_version unchanged(const hash& id, const named_version_node& current) {
  return {current.node.data, id, current.name, false};
}

/// An edge becomes part of the history of `id` (docs/protocol/01 §5.2 join); one that is part of it changes nothing.
result<stored_version> join(object_space& space, const hash& id, const current_version& current, const version_node& edge, merge_repairs repairs) {
  LAMA_TRY(name, put_node(space, edge));
  if (is_history(space, id, current, name))
    return unchanged(id, *current);
  if (!current) {
    space.set_head(id, name, {name});
    return stored_version{edge.data, id, name, true};
  }
  LAMA_TRY(data, detail::merge_data(space, *current, {name, edge}, repairs));
  version_node merge{version_node_kind::merge, data.name, {current->name, name}};
  merge.depth = std::max(current->node.depth, edge.depth) + 1;
  merge.creation_time = std::max(current->node.creation_time, edge.creation_time);
  LAMA_TRY(head, put_node(space, merge));
  space.set_head(id, head, {name, head});
  if (auto* memory = data.history ? space.remembered() : nullptr)
    memory->keep(head, *std::move(data.history));
  return stored_version{data.name, id, head, true};
}

struct received_version {
  hash id;
  version_node edge;
};

/// What joins in place of a received node: its data and time, without its history.
result<received_version> receive(object_space& space, const hash& node) {
  LAMA_TRY(remote, load_version_node(space, node));
  auto text = space.read(remote.data);
  if (!text)
    return fail(errc::not_found, "the data " + remote.data.hex() + " of version node " + node.hex() + " is not here");
  LAMA_TRY(stored, put_versioned(space, *text));
  return received_version{*stored.id, edge_to(remote.data, remote.creation_time)};
}

} // namespace

result<stored_version> store_version(object_space& space, std::string_view text, int64_t now_ms, store_mode mode, merge_repairs repairs) {
  LAMA_TRY(stored, put_versioned(space, text));
  auto id = *stored.id;
  LAMA_TRY(current, current_of(space, id));
  if (current && current->node.data == stored.name)
    return unchanged(id, *current);
  if (mode == store_mode::no_version)
    return stored_version{stored.name, id, hash{}, false};
  auto now = static_cast<double>(now_ms);
  if (mode == store_mode::merge || !current)
    return join(space, id, current, edge_to(stored.name, now), repairs);
  version_node change{version_node_kind::change, stored.name, {current->name}, current->node.depth + 1, now};
  // Whoever changes what they have seen means to replace it, even with a clock that is behind. Stock types keep the peer's times.
  if (repairs == merge_repairs::on && detail::is_own_type(classify(text).type))
    change.creation_time = std::max(now, current->node.creation_time + 1);
  LAMA_TRY(head, put_node(space, change));
  space.set_head(id, head, {head});
  detail::remember_change(space, *current, {head, change}, text);
  return stored_version{stored.name, id, head, true};
}

result<stored_version> import_version(object_space& space, const hash& node, merge_repairs repairs) {
  LAMA_TRY(received, receive(space, node));
  LAMA_TRY(current, current_of(space, received.id));
  return join(space, received.id, current, received.edge, repairs);
}

result<stored_version> adopt_version(object_space& space, const hash& node) {
  LAMA_TRY(received, receive(space, node));
  LAMA_TRY(current, current_of(space, received.id));
  LAMA_TRY(name, put_node(space, received.edge));
  if (is_history(space, received.id, current, name))
    return unchanged(received.id, *current);
  space.set_head(received.id, name, {name});
  return stored_version{received.edge.data, received.id, name, true};
}

std::vector<hash> listed_version_nodes(const object_source& from, const hash& id) {
  std::vector<hash> listed;
  std::vector<hash> to_visit;
  if (auto head = from.head(id))
    to_visit.push_back(*head);
  while (!to_visit.empty() && listed.size() < limits::chum_list_entries) {
    auto name = to_visit.back();
    to_visit.pop_back();
    auto node = load_version_node(from, name);
    if (!node)
      continue;
    if (node->kind != version_node_kind::merge)
      listed.push_back(name);
    to_visit.insert(to_visit.end(), node->previous.rbegin(), node->previous.rend());
  }
  std::reverse(listed.begin(), listed.end());
  return listed;
}

std::optional<std::string> edge_text_of_head(const object_source& from, const hash& id) {
  auto current = current_of(from, id);
  if (!current || !*current)
    return {};
  auto& node = (*current)->node;
  return write_version_node(edge_to(node.data, node.creation_time));
}

result<std::optional<hash>> edge_of_head(object_space& space, const hash& id) {
  LAMA_TRY(current, current_of(space, id));
  if (!current)
    return std::optional<hash>{};
  LAMA_TRY(edge, put_node(space, edge_to(current->node.data, current->node.creation_time)));
  return std::optional{edge};
}

} // namespace lama::protocol
