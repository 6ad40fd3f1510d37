#include "protocol/models/grants.hpp"

#include <algorithm>
#include <set>

namespace lama::models {

namespace {

bool is_object(const grant_target& target) {
  return target.what == grant_target::kind::object;
}

void write_target(object_writer& out, const grant_target& target) {
  if (is_object(target))
    out.object_reference("object", target.name);
  else
    out.id_reference("id", target.name);
}

std::string_view type_of(const grant_target& target) {
  return is_object(target) ? "Access" : "IdAccess";
}

hash id_of(const grant_target& target) {
  object_writer out{type_of(target), true};
  write_target(out, target);
  return sha256(out.finish());
}

std::vector<hash> combine(const std::vector<hash>& present, const std::vector<hash>& given, grant_mode mode) {
  std::set<hash> out{given.begin(), given.end()};
  if (mode == grant_mode::add)
    out.insert(present.begin(), present.end());
  if (mode == grant_mode::remove) {
    std::set<hash> left{present.begin(), present.end()};
    for (const auto& x : given)
      left.erase(x);
    out = std::move(left);
  }
  return {out.begin(), out.end()};
}

void collect(const object_source& from, const hash& person, grant_target::kind what, std::vector<hash>& out) {
  std::set<hash> seen;
  for (const auto& version : from.referrers(person, what == grant_target::kind::object ? "Access" : "IdAccess")) {
    auto x = protocol::load(from, version);
    auto name = x ? x->reference(what == grant_target::kind::object ? "object" : "id") : std::nullopt;
    if (!name)
      continue;
    // The index also finds what is shared *about* the person: an IdAccess whose target is the person.
    auto persons = x->references("person");
    if (std::find(persons.begin(), persons.end(), person) == persons.end())
      continue;
    if (is_current(from, id_of({what, *name}), version) && seen.insert(*name).second)
      out.push_back(*name);
  }
}

} // namespace

result<bool> grant(object_space& space, const grant_target& target, const audience& who, grant_mode mode, int64_t now_ms) {
  auto present = mode == grant_mode::replace ? audience{} : granted_to(space, target);
  object_writer out{type_of(target)};
  write_target(out, target);
  out.bag("person", reference_kind::id, combine(present.persons, who.persons, mode));
  out.bag("group", reference_kind::id, combine(present.groups, who.groups, mode));
  auto text = out.finish();
  if (mode == grant_mode::remove && !space.head(id_of(target)))
    return false;
  LAMA_TRY(stored, protocol::store_version(space, text, now_ms));
  return stored.changed;
}

audience granted_to(const object_source& from, const grant_target& target) {
  auto x = protocol::load_current(from, id_of(target));
  if (!x)
    return {};
  return {x->references("person"), x->references("group")};
}

grants grants_of(const object_source& from, const hash& person) {
  grants out;
  collect(from, person, grant_target::kind::object, out.objects);
  collect(from, person, grant_target::kind::id, out.ids);
  return out;
}

} // namespace lama::models
