#include "protocol/sync/entries.hpp"

#include "protocol/objects/unknown_object.hpp"

#include <unordered_set>

namespace lama::protocol::sync {

std::optional<entry_links> links_of(const object_facts& facts) {
  if (facts.type == nullptr || facts.type->name != "LinkedListEntry")
    return std::nullopt;
  entry_links links;
  for (const auto& x : facts.references) {
    const auto& field = facts.type->rules[x.field].name;
    if (field == "data")
      links.creation_time = x.target;
    else if (field == "previous")
      links.previous = x.target;
    else
      links.metadata.push_back(x.target);
  }
  return links;
}

result<entry_links> read_entry(const object_source& from, const hash& entry) {
  auto text = from.read(entry);
  if (!text)
    return fail(errc::not_found, "The entry " + entry.hex() + " is not here.");
  LAMA_TRY(facts, examine(*text, from.recipes()));
  auto links = links_of(facts);
  if (!links)
    return fail(errc::bad_input, "The object " + entry.hex() + " is not an entry of a channel.");
  return std::move(*links);
}

result<entry_place> place_of(const object_source& from, const entry_links& entry) {
  LAMA_TRY(time, load(from, entry.creation_time));
  return entry_place{time.number("timestamp"), entry.creation_time};
}

std::optional<hash> list_head(const object_source& from, const hash& data) {
  auto x = load(from, data);
  return x && x->type == "ChannelInfo" ? x->reference("head") : std::nullopt;
}

std::vector<hash> tree_names(const object_source& from, const hash& root, std::size_t limit) {
  std::vector<hash> names{root};
  std::unordered_set<hash> seen{root};
  for (std::size_t next = 0; next < names.size(); ++next) {
    auto text = from.read(names[next]);
    auto facts = text ? examine(*text, from.recipes()) : result<object_facts>{fail(errc::not_found, {})};
    if (!facts && text)
      if (auto unknown = examine_without_recipe(*text))
        facts = object_facts{nullptr, unknown->is_id_object, {}, {}, std::move(unknown->references)};
    if (!facts)
      continue; // a blob, or not here
    auto entry = links_of(*facts);
    if (entry && next > 0)
      continue;
    if (facts->id_hash && seen.insert(*facts->id_hash).second)
      names.push_back(*facts->id_hash);
    for (const auto& x : facts->references) {
      if (names.size() >= limit)
        return names;
      if ((!entry || entry->previous != x.target) && seen.insert(x.target).second)
        names.push_back(x.target);
    }
  }
  return names;
}

} // namespace lama::protocol::sync
