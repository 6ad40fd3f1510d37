#include "protocol/models/trust.hpp"

#include "protocol/limits.hpp"

#include <algorithm>

namespace lama::models {

namespace {

template <class T>
bool has(const std::vector<T>& items, const T& x) {
  return std::find(items.begin(), items.end(), x) != items.end();
}

/// All signatures over the certificates of one kind that refer to `target`.
template <class Take>
void for_each_statement(const object_source& from, const hash& target, certificate kind, const Take& take) {
  for (const auto& name : from.referrers(target, type_of(kind)))
    for (const auto& signature : from.referrers(name, "Signature"))
      if (auto facts = read_signature(from, signature); facts && facts->data == name)
        take(name, *facts);
}

/// The data of every version that the history of `id` knows, the current one included.
std::vector<hash> versions_of(const object_source& from, const hash& id) {
  std::vector<hash> out;
  for (const auto& node : protocol::listed_version_nodes(from, id))
    if (auto x = protocol::load(from, node))
      if (auto data = x->reference("data"); data && !has(out, *data))
        out.push_back(*data);
  if (auto current = protocol::current_data(from, id); current && !has(out, *current))
    out.push_back(*current);
  return out;
}

} // namespace

std::string_view to_text(trust_reason reason) {
  switch (reason) {
  case trust_reason::root_key:
    return "root key";
  case trust_reason::certified:
    return "";
  case trust_reason::unknown_key:
    return "no profiles contain this key";
  case trust_reason::not_certified:
    return "no certificate found that applies trust";
  case trust_reason::endless_loop:
    return "endless loop";
  }
  return "";
}

trust::trust(const object_source& from, const std::function<bool(const key32& public_sign_key)>& is_local) {
  auto me = load_someone(from, my_someone_id());
  if (!me)
    return;
  if (auto main = load_profile(from, me->main_profile))
    main_ = main->person;
  for (const auto& [person, profiles] : me->identities) {
    add_person(from, person, profiles);
    for (const auto& key : keys_[person])
      if (is_local(key)) {
        roots_.push_back(key);
        if (person == main_)
          main_roots_.push_back(key);
      }
  }
  for (const auto& who : contacts(from))
    if (auto x = load_someone(from, who.someone))
      for (const auto& [person, profiles] : x->identities)
        add_person(from, person, profiles);
  find_rights(from);
}

void trust::add_person(const object_source& from, const hash& person, const std::vector<hash>& profiles) {
  for (const auto& id : profiles)
    for (const auto& version : versions_of(from, id))
      add_version(from, person, version);
}

void trust::add_version(const object_source& from, const hash& person, const hash& version) {
  auto x = protocol::load(from, version);
  auto content = x ? read_profile(*x) : result<profile>{x.failure()};
  if (!content || content->person != person)
    return;
  sighting seen{person, {}};
  for (auto kind : {certificate::affirmation, certificate::trust_keys})
    for_each_statement(from, version, kind, [&](const hash& name, const signature_facts& facts) { seen.statements.push_back({kind, name, facts}); });
  for (const auto& key : sign_keys_in(from, *content)) {
    if (sightings_.size() >= limits::trust_keys && !sightings_.contains(key))
      return;
    if (!has(keys_[person], key))
      keys_[person].push_back(key);
    sightings_[key].push_back(seen);
  }
}

void trust::find_rights(const object_source& from) {
  for (const auto& [person, keys] : keys_)
    for (auto right : {certificate::right_for_self, certificate::right_for_everybody})
      for_each_statement(from, person, right, [&, who = person](const hash&, const signature_facts& facts) {
        // Only my main identity gives rights, and only with a key that is really here.
        auto signed_by_me = [&](const key32& key) { return verify(facts, key); };
        if (facts.issuer == main_ && std::any_of(main_roots_.begin(), main_roots_.end(), signed_by_me) && !has(rights_[who], right))
          rights_[who].push_back(right);
      });
}

bool trust::has_right(certificate right, const hash& person) const {
  auto found = rights_.find(person);
  return found != rights_.end() && has(found->second, right);
}

const key32* trust::key_of(const signature_facts& signature) const {
  auto found = keys_.find(signature.issuer);
  if (found == keys_.end())
    return nullptr;
  for (const auto& key : found->second)
    if (verify(signature, key))
      return &key;
  return nullptr;
}

bool trust::applies(const statement& x, const sighting& where, std::vector<key32>& stack) const {
  const auto& issuer = x.signature.issuer;
  // Stricter than the stock peer: an affirmation counts only for one's own profile, since "self" is what the right says.
  bool entitled = x.kind == certificate::trust_keys ? has_right(certificate::right_for_everybody, issuer)
                                                    : issuer == where.person && has_right(certificate::right_for_self, issuer);
  if (!entitled)
    return false;
  const auto* made_with = key_of(x.signature);
  return made_with && check(*made_with, stack).trusted;
}

trust_info trust::check(const key32& key) const {
  std::vector<key32> stack;
  return check(key, stack);
}

trust_info trust::check(const key32& key, std::vector<key32>& stack) const {
  if (has(roots_, key))
    return {true, trust_reason::root_key, {}, {}};
  if (has(stack, key) || stack.size() >= limits::trust_depth)
    return {false, trust_reason::endless_loop, {}, {}};
  auto found = sightings_.find(key);
  if (found == sightings_.end())
    return {false, trust_reason::unknown_key, {}, {}};
  stack.push_back(key);
  trust_info out{false, trust_reason::not_certified, {}, {}};
  for (const auto& where : found->second)
    for (const auto& x : where.statements)
      if (!out.trusted && applies(x, where, stack))
        out = {true, trust_reason::certified, x.certificate_name, x.signature.issuer};
  stack.pop_back();
  return out;
}

std::vector<hash> trust::affirmed_by(const object_source& from, const hash& data) const {
  std::vector<hash> out;
  for_each_statement(from, data, certificate::affirmation, [&](const hash&, const signature_facts& facts) {
    const auto* key = key_of(facts);
    if (key && check(*key).trusted && !has(out, facts.issuer))
      out.push_back(facts.issuer);
  });
  return out;
}

} // namespace lama::models
