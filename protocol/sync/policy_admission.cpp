#include "protocol/sync/policy_admission.hpp"

namespace lama::protocol::sync {

policy_admission::policy_admission(policy::parties between, const recipe_table& recipes, uint64_t blob_limit)
    : between_{between}, recipes_{recipes}, blob_limit_{blob_limit} {
  // nop
}

result<done> policy_admission::admit(const object_facts& facts, std::string_view text) {
  auto role = facts.is_id_object ? policy::role::id : policy::role::child;
  // Most types need no look at the content.
  if (policy::judge(between_, {role, facts.type->name, nullptr}).verdict == policy::verdict::allowed)
    return done{};
  return policy::admit(between_, role, text, recipes_);
}

result<done> policy_admission::admit_version(const hash&, std::string_view id_text) {
  return policy::admit(between_, policy::role::version, id_text, recipes_);
}

result<done> policy_admission::admit_blob(const hash& name, uint64_t size) {
  if (size <= blob_limit_)
    return done{};
  return fail(errc::too_large,
              "The remote node sent the blob " + name.hex() + " of " + std::to_string(size) + " bytes; " + std::to_string(blob_limit_) + " are allowed.");
}

} // namespace lama::protocol::sync
