#include "protocol/sync/grants.hpp"

#include <algorithm>

namespace lama::protocol::sync {

namespace {

bool contains(const std::vector<hash>& names, const hash& name) {
  return std::ranges::find(names, name) != names.end();
}

std::optional<object> head_object(const object_source& from, const hash& id) {
  auto x = load_current(from, id);
  return x ? std::optional{std::move(*x)} : std::nullopt;
}

bool group_names(const object_source& from, const hash& group, const hash& person) {
  auto x = head_object(from, group);
  return x && x->type == "Group" && contains(x->references("person"), person);
}

bool grant_names(const object_source& from, const object& grant, const hash& person) {
  if (contains(grant.references("person"), person))
    return true;
  return std::ranges::any_of(grant.references("group"), [&](const hash& group) { return group_names(from, group, person); });
}

std::optional<granted_target> target_of(const object& grant) {
  if (grant.type == "IdAccess") {
    if (auto id = grant.reference("id"))
      return granted_target{*id, true};
  } else if (grant.type == "Access") {
    if (auto name = grant.reference("object"))
      return granted_target{*name, false};
  }
  return std::nullopt;
}

bool current_grant_names(const object_source& from, const hash& grant_id, const hash& person) {
  auto grant = head_object(from, grant_id);
  return grant && grant_names(from, *grant, person);
}

} // namespace

bool is_grant_type(std::string_view type) {
  return type == "Access" || type == "IdAccess" || type == "Group";
}

bool id_granted(const object_source& from, const hash& id, const hash& person) {
  return current_grant_names(from, sha256(object_writer{"IdAccess", true}.id_reference("id", id).finish()), person);
}

bool object_granted(const object_source& from, const hash& name, const hash& person) {
  return current_grant_names(from, sha256(object_writer{"Access", true}.object_reference("object", name).finish()), person);
}

std::optional<granted_target> target_of_grant(const object_source& from, const hash& grant, const hash& person) {
  auto x = head_object(from, grant);
  return x && grant_names(from, *x, person) ? target_of(*x) : std::nullopt;
}

std::vector<granted_target> targets_of_group(const object_source& from, const hash& group, const hash& person) {
  std::vector<granted_target> targets;
  if (!group_names(from, group, person))
    return targets;
  for (const char* type : {"Access", "IdAccess"})
    for (const auto& name : from.referrers(group, type)) {
      auto grant = load(from, name);
      auto target = grant ? target_of(*grant) : std::nullopt;
      // All versions that ever named the group are listed; only a current one counts.
      if (!target || !(target->all_versions ? id_granted(from, target->name, person) : object_granted(from, target->name, person)))
        continue;
      if (std::ranges::none_of(targets, [&](const auto& x) { return x.name == target->name; }))
        targets.push_back(*target);
    }
  return targets;
}

} // namespace lama::protocol::sync
