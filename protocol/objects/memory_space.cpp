#include "protocol/objects/object_space.hpp"
#include "protocol/objects/unknown_object.hpp"
#include "protocol/versions/merge_memory.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace lama::protocol {

struct memory_space::state {
  const recipe_table* recipes = nullptr;
  std::map<hash, std::string> contents;
  std::set<hash> elsewhere;
  std::map<hash, text_origin> kept;
  std::map<hash, hash> heads;
  std::map<hash, std::set<hash>> history;
  merge_memory merges;

  using referrer_map = std::map<std::pair<hash, std::string>, std::vector<hash>, std::less<>>;
  referrer_map objects;
  referrer_map ids;

  bool keep(const hash& name, std::string_view bytes) {
    elsewhere.erase(name);
    return contents.try_emplace(name, bytes).second;
  }

  static void index(referrer_map& into, const hash& name, const object_facts& facts) {
    for (const auto& x : facts.references) {
      auto& known = into[{x.target, facts.type->name}];
      if (known.empty() || known.back() != name) // only new objects come here, so a repeated one is the last
        known.push_back(name);
    }
  }

  void keep_id_object(const hash& id, std::string_view text) {
    if (!keep(id, text))
      return;
    if (auto facts = examine(text, *recipes))
      index(ids, id, *facts);
  }

  static std::vector<hash> lookup(const referrer_map& in, const hash& target, std::string_view type) {
    auto found = in.find(std::pair{target, std::string{type}});
    return found == in.end() ? std::vector<hash>{} : found->second;
  }
};

memory_space::memory_space(const recipe_table& recipes) : state_(std::make_unique<state>()) {
  state_->recipes = &recipes;
}

memory_space::~memory_space() = default;

const recipe_table& memory_space::recipes() const {
  return *state_->recipes;
}

std::optional<std::string> memory_space::read(const hash& name) const {
  auto found = state_->contents.find(name);
  return found == state_->contents.end() ? std::nullopt : std::optional{found->second};
}

bool memory_space::contains(const hash& name) const {
  return state_->contents.contains(name);
}

bool memory_space::elsewhere(const hash& name) const {
  return state_->elsewhere.contains(name);
}

std::optional<hash> memory_space::head(const hash& id) const {
  auto found = state_->heads.find(id);
  return found == state_->heads.end() ? std::nullopt : std::optional{found->second};
}

bool memory_space::in_history(const hash& id, const hash& node) const {
  auto found = state_->history.find(id);
  return found != state_->history.end() && found->second.contains(node);
}

std::vector<hash> memory_space::referrers(const hash& target, std::string_view type) const {
  return state::lookup(state_->objects, target, type);
}

std::vector<hash> memory_space::referring_ids(const hash& target, std::string_view type) const {
  return state::lookup(state_->ids, target, type);
}

result<put_result> memory_space::put(std::string_view text) {
  LAMA_TRY(facts, examine(text, *state_->recipes));
  state_->kept.erase(sha256(text));
  if (facts.is_id_object) {
    auto is_new = !state_->contents.contains(*facts.id_hash);
    state_->keep_id_object(*facts.id_hash, text);
    return put_result{*facts.id_hash, facts.id_hash, is_new};
  }
  if (facts.id_hash)
    state_->keep_id_object(*facts.id_hash, facts.id_text);
  put_result stored{sha256(text), facts.id_hash, false};
  stored.is_new = state_->keep(stored.name, text);
  if (stored.is_new)
    state::index(state_->objects, stored.name, facts);
  return stored;
}

result<put_result> memory_space::put_blob(std::string_view bytes) {
  put_result stored{sha256(bytes), std::nullopt, false};
  stored.is_new = state_->keep(stored.name, bytes);
  return stored;
}

result<put_result> memory_space::keep_text(std::string_view text, text_origin origin) {
  LAMA_CHECK(examine_without_recipe(text));
  if (origin == text_origin::own && examine(text, *state_->recipes))
    return put(text);
  LAMA_TRY(stored, put_blob(text));
  auto& kept = state_->kept.try_emplace(stored.name, origin).first->second;
  kept = std::min(kept, origin);
  return stored;
}

std::optional<text_origin> memory_space::kept_text(const hash& name, std::string_view type) const {
  auto found = state_->kept.find(name);
  auto is_it = found != state_->kept.end() && classify(state_->contents.at(name)).type == type;
  return is_it ? std::optional{found->second} : std::nullopt;
}

kept_texts memory_space::kept_texts() const {
  protocol::kept_texts sum;
  for (const auto& [name, origin] : state_->kept) {
    auto own = origin == text_origin::own;
    ++(own ? sum.own : sum.foreign);
    (own ? sum.own_bytes : sum.foreign_bytes) += state_->contents.at(name).size();
  }
  return sum;
}

void memory_space::set_head(const hash& id, const hash& node, const std::vector<hash>& joined) {
  state_->heads[id] = node;
  auto& history = state_->history[id];
  history.insert(node);
  history.insert(joined.begin(), joined.end());
}

void memory_space::mark_elsewhere(const hash& name) {
  if (!contains(name))
    state_->elsewhere.insert(name);
}

merge_memory* memory_space::remembered() const {
  return &state_->merges;
}

std::vector<hash> memory_space::names() const {
  std::vector<hash> all;
  for (const auto& [name, bytes] : state_->contents)
    all.push_back(name);
  return all;
}

} // namespace lama::protocol
