#include "protocol/versions/history.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <charconv>
#include <queue>
#include <unordered_set>

namespace lama::protocol {

namespace {

constexpr std::size_t shortest_beginning = 4;

/// The deepest first, then the latest.
struct by_depth {
  bool operator()(const listed_version& a, const listed_version& b) const {
    if (a.content.depth != b.content.depth)
      return a.content.depth < b.content.depth;
    return a.content.creation_time != b.content.creation_time ? a.content.creation_time < b.content.creation_time : a.node < b.node;
  }
};

/// Which version a number means; nothing where the text is none.
std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  auto outcome = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = outcome.ec == std::errc{} && outcome.ptr == text.data() + text.size();
  // Four digits and more are the beginning of a name.
  return whole && text.size() < shortest_beginning ? std::optional{number} : std::nullopt;
}

} // namespace

result<version_list> list_versions(const object_source& from, const hash& id, std::size_t limit) {
  auto head = from.head(id);
  if (!head)
    return fail(errc::not_found, id.hex() + " has no versions here; it must be the id of a versioned object");
  std::priority_queue<listed_version, std::vector<listed_version>, by_depth> waiting;
  std::unordered_set<hash> met{*head};
  LAMA_TRY(first, load_version_node(from, *head));
  waiting.push({*head, std::move(first), true});
  version_list found;
  while (!waiting.empty()) {
    if (found.versions.size() == limit) {
      found.complete = false;
      break;
    }
    auto next = waiting.top();
    waiting.pop();
    for (const auto& previous : next.content.previous) {
      if (!met.insert(previous).second)
        continue;
      auto node = load_version_node(from, previous);
      if (!node && node.failure().code == errc::not_found) { // evicted, or never fetched
        found.complete = false;
        continue;
      }
      LAMA_CHECK(node);
      waiting.push({previous, std::move(*node), false});
    }
    found.versions.push_back(std::move(next));
  }
  return found;
}

result<listed_version> find_version(const object_source& from, const hash& id, std::string_view meant) {
  LAMA_TRY(all, list_versions(from, id, limits::merge_nodes));
  if (auto number = number_in(meant)) {
    if (*number < all.versions.size())
      return all.versions[*number];
    return fail(errc::not_found, "there are " + std::to_string(all.versions.size()) + " versions here, so there is no version " + std::to_string(*number));
  }
  if (meant.size() < shortest_beginning)
    return fail(errc::bad_input, "a version is named by its hash, by the first digits of it (at least four), or by a number: 0 is the current one");
  const listed_version* found = nullptr;
  for (const auto& x : all.versions) {
    // Several versions may have the same data; the newest of them stands for it.
    bool fits = x.node.hex().starts_with(meant) || x.content.data.hex().starts_with(meant);
    if (fits && found && found->content.data != x.content.data)
      return fail(errc::conflict, "several versions begin with " + std::string{meant} + "; give more digits");
    if (fits && !found)
      found = &x;
  }
  if (!found)
    return fail(errc::not_found, "no version of " + id.hex() + " here is called " + std::string{meant.substr(0, 64)});
  return *found;
}

result<stored_version> restore_version(object_space& space, const hash& id, const hash& node, int64_t now_ms) {
  auto head = space.head(id);
  if (!head || !space.in_history(id, node))
    return fail(errc::not_found, node.hex() + " is no version of " + id.hex() + " here");
  LAMA_TRY(old, load_version_node(space, node));
  if (current_data(space, id) == old.data)
    return fail(errc::conflict, "that version is the current one");
  auto text = space.read(old.data);
  if (!text)
    return fail(errc::not_found, "the data " + old.data.hex() + " of that version is not here");
  LAMA_TRY(facts, examine(*text, space.recipes()));
  if (facts.is_id_object || facts.id_hash != id)
    return fail(errc::corrupt, "version node " + node.hex() + " holds the data of another object");
  return store_version(space, *text, now_ms);
}

} // namespace lama::protocol
