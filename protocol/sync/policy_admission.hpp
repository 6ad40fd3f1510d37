#pragma once

#include "protocol/policy/import_policy.hpp"
#include "protocol/sync/types.hpp"

namespace lama::protocol::sync {

/// The table of protocol/policy as the extension asks it. What comes is a child: it becomes something only by a version, or by what refers
/// to it. An Access grant makes nothing current here either, so it needs no role of its own.
class policy_admission final : public admission {
public:
  policy_admission(policy::parties between, const recipe_table& recipes, uint64_t blob_limit);

  result<done> admit(const object_facts& facts, std::string_view text) override;
  result<done> admit_version(const hash& id, std::string_view id_text) override;
  result<done> admit_blob(const hash& name, uint64_t size) override;

private:
  policy::parties between_;
  const recipe_table& recipes_;
  uint64_t blob_limit_;
};

} // namespace lama::protocol::sync
