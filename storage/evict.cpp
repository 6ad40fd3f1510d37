#include "storage/evict.hpp"

#include "protocol/limits.hpp"
#include "protocol/models/channels.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "storage/states.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace lama::storage {

namespace {

using protocol::reference_kind;

/// What one entry reaches: message, signature, certificate, attachments; an honest one stays under 600.
constexpr std::size_t most_in_tree = limits::sync_proof_objects;
/// A blob of this size goes before the entries do: the text of a conversation is small and is looked for first.
constexpr uint64_t large_blob_bytes = 16u << 10;

/// What the text `name` refers to, by its recipe or without one, but for the list below an entry; nothing for a blob or what is not here.
std::vector<protocol::reference> parts_of(const snapshot& from, const hash& name) {
  auto text = from.read(name);
  if (!text)
    return {};
  auto facts = protocol::examine(*text, from.recipes());
  if (!facts) {
    auto unknown = protocol::references_of(*text, from.recipes());
    return unknown ? std::move(*unknown) : std::vector<protocol::reference>{};
  }
  if (facts->type->name == "LinkedListEntry")
    std::erase_if(facts->references, [&](const auto& x) { return x.field < facts->type->rules.size() && facts->type->rules[x.field].name == "previous"; });
  return std::move(facts->references);
}

/// All that `root` refers to and that is here, itself included: not the list below it, no ids (they are never evicted).
std::vector<hash> tree_of(const snapshot& from, const hash& root) {
  std::vector<hash> found{root};
  std::unordered_set<hash> seen{root};
  for (std::size_t i = 0; i < found.size() && found.size() < most_in_tree; ++i)
    for (const auto& x : parts_of(from, found[i]))
      if (x.kind != reference_kind::id && from.contains(x.target) && seen.insert(x.target).second)
        found.push_back(x.target);
  return found;
}

/// Is `target` in the tree of `root`? Blobs are not read for that.
bool mentions(const snapshot& from, const hash& root, const hash& target) {
  std::vector<hash> texts{root};
  for (std::size_t i = 0; i < texts.size() && i < most_in_tree; ++i)
    for (const auto& x : parts_of(from, texts[i])) {
      if (x.target == target)
        return true;
      if (x.kind == reference_kind::object && std::ranges::find(texts, x.target) == texts.end())
        texts.push_back(x.target);
    }
  return false;
}

/// Calls `each` for the entries that are here, newest first.
void each_entry(const snapshot& from, const hash& channel, const std::function<bool(const models::channel_entry&)>& each) {
  auto head = models::channel_head(from, channel);
  auto next = head ? *head : std::nullopt;
  for (std::size_t walked = 0; next && walked < limits::channel_walk; ++walked) {
    auto entry = models::read_entry(from, channel, *next);
    if (!entry || !each(*entry))
      return;
    next = entry->previous;
  }
}

struct candidate {
  uint64_t used = 0; ///< of it and all that is older in its channel: so these go before it
  int64_t time = 0;
  hash name{};
  uint64_t bytes = 0; ///< of blobs

  friend bool operator<(const candidate& a, const candidate& b) {
    return std::tie(a.used, a.time, a.name) < std::tie(b.used, b.time, b.name);
  }
};

class planner {
public:
  planner(const store& from, const eviction_rules& rules, uint64_t wanted) : used_{inside::of(from).used}, view_{from.read()}, rules_{rules}, wanted_{wanted} {
    // nop
  }

  result<eviction_plan> run() {
    for (const auto& name : rules_.kept_objects)
      keep(name);
    for (const auto& channel : rules_.kept_channels)
      each_entry(*view_, channel, [&](const models::channel_entry& x) {
        reached_.insert(x.entry);
        keep(x.entry);
        return true;
      });
    for (const auto& channel : rules_.channels)
      look_at(channel);
    std::sort(blobs_.begin(), blobs_.end());
    for (const auto& x : blobs_)
      take(x.name, x.bytes);
    std::sort(entries_.begin(), entries_.end());
    for (const auto& x : entries_) {
      if (plan_.bytes >= wanted_)
        break;
      for (const auto& name : tree_of(*view_, x.name))
        if (--needed_[name] == 0)
          take(name, view_->size_of(name).value_or(0));
    }
    if (plan_.bytes < wanted_)
      take_islands();
    if (auto trouble = view_->trouble())
      return *std::move(trouble);
    return std::move(plan_);
  }

private:
  void keep(const hash& root) {
    for (const auto& name : tree_of(*view_, root))
      kept_.insert(name);
  }

  void look_at(const hash& channel) {
    if (is_among(rules_.kept_channels, channel))
      return;
    std::vector<candidate> old;
    std::size_t count = 0;
    each_entry(*view_, channel, [&](const models::channel_entry& x) {
      reached_.insert(x.entry);
      if (++count <= rules_.kept_entries)
        keep(x.entry);
      else
        old.push_back({used_.last_use(x.creation_time), x.timestamp, x.entry, 0});
      return !view_->in_the_way();
    });
    uint64_t below = 0;
    for (auto x = old.rbegin(); x != old.rend(); ++x) {
      x->used = below = std::max(below, x->used);
      look_at_tree(*x);
      entries_.push_back(*x);
    }
  }

  /// Entries that no list leads to: a page that came below a part which had gone meanwhile, and what a merge rebuilt. Nobody is shown them as they are.
  void take_islands() {
    for (const auto& channel : all_of("ChannelInfo"))
      if (!is_among(rules_.channels, channel) && !is_among(rules_.kept_channels, channel))
        each_entry(*view_, channel, [&](const models::channel_entry& x) {
          reached_.insert(x.entry);
          keep(x.entry);
          return !view_->in_the_way();
        });
    for (const auto& entry : all_of("LinkedListEntry"))
      if (plan_.bytes < wanted_ && !reached_.contains(entry) && view_->contains(entry))
        for (const auto& name : tree_of(*view_, entry))
          take(name, view_->size_of(name).value_or(0));
  }

  std::vector<hash> all_of(std::string_view type) const {
    constexpr std::size_t a_page = 10'000;
    std::vector<hash> all;
    std::string next;
    do {
      auto page = view_->objects_of_type(type, a_page, next);
      all.insert(all.end(), page.names.begin(), page.names.end());
      next = std::move(page.next);
    } while (!next.empty() && !view_->in_the_way());
    return all;
  }

  static bool is_among(const std::vector<hash>& names, const hash& name) {
    return std::ranges::find(names, name) != names.end();
  }

  /// The same text of the same person is one object, whatever entries it stands in: it goes with the last of them.
  void look_at_tree(const candidate& entry) {
    for (const auto& name : tree_of(*view_, entry.name)) {
      ++needed_[name];
      if (auto size = view_->size_of(name).value_or(0); size >= large_blob_bytes && name != entry.name)
        blobs_.push_back({std::max(entry.used, used_.last_use(name)), entry.time, name, size});
    }
  }

  void take(const hash& name, uint64_t bytes) {
    if (plan_.bytes >= wanted_ || bytes == 0 || kept_.contains(name) || !taken_.insert(name).second)
      return;
    plan_.names.push_back(name);
    plan_.bytes += bytes;
  }

  const usage_log& used_;
  std::unique_ptr<snapshot> view_;
  const eviction_rules& rules_;
  uint64_t wanted_;
  std::unordered_set<hash> kept_;
  std::unordered_set<hash> reached_; ///< entries that stand in a list
  std::unordered_set<hash> taken_;
  std::unordered_map<hash, uint32_t> needed_; ///< by so many entries that may go
  std::vector<candidate> blobs_;
  std::vector<candidate> entries_;
  eviction_plan plan_;
};

} // namespace

result<eviction_plan> plan_eviction(const store& from, const eviction_rules& rules, uint64_t bytes) {
  return planner{from, rules, bytes}.run();
}

result<std::size_t> evict_all(transaction& in, const std::vector<hash>& names) {
  std::size_t gone = 0;
  for (const auto& name : names)
    if (in.contains(name)) {
      LAMA_CHECK(in.evict(name));
      ++gone;
    }
  return gone;
}

std::optional<attachment_place> find_attachment(const snapshot& from, const std::vector<hash>& channels, const hash& blob) {
  std::optional<attachment_place> found;
  for (const auto& channel : channels)
    each_entry(from, channel, [&](const models::channel_entry& x) {
      if (mentions(from, x.entry, blob))
        found = attachment_place{channel, x.entry, x.timestamp};
      return !found;
    });
  return found;
}

} // namespace lama::storage
