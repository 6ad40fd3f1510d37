#include "storage/index_rules.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace lama::storage {

namespace {

using fields = std::vector<std::string_view>; ///< none: every field
using rules = std::unordered_map<std::string_view, fields>;

const rules& rules_for(record_kind kind) {
  // docs/protocol/01 §6
  static const rules objects{
      {"Access", {}},
      {"Group", {}},
      {"IdAccess", {}},
      {"Keys", {}},
      {"Signature", {"issuer", "data"}},
      {"AccessUnversionedObjectCertificate", {}},
      {"AccessVersionedObjectCertificate", {}},
      {"AffirmationCertificate", {}},
      {"License", {}},
      {"RelationCertificate", {}},
      {"RightToDeclareTrustedKeysForEverybodyCertificate", {}},
      {"RightToDeclareTrustedKeysForSelfCertificate", {}},
      {"TrustKeysCertificate", {}},
      {"Profile", {"communicationEndpoint", "personDescription"}},
      {"Someone", {}},
      {"LamaReceipt", {}}, // ours: which messages of the outbox are still on their way; `message` and `posted` are mostly the same
      {"LamaDelivered", {"messages"}},
      {"LamaAnnotation", {"message"}}, // what became of a message is asked whenever it is shown
      {"OneInstanceEndpoint", {}},
  };
  static const rules id_objects{
      {"Access", {}},
      {"IdAccess", {}},
      {"Instance", {}},
      {"Profile", {"owner", "personId"}},
  };
  return kind == record_kind::id_object ? id_objects : objects;
}

} // namespace

std::vector<key> index_keys(const record_head& head, const protocol::object_facts& facts) {
  const auto& enabled = rules_for(head.kind);
  auto found = enabled.find(facts.type->name);
  if (found == enabled.end())
    return {};
  const auto& rules_of_type = facts.type->rules;
  auto asked_for = [&](uint16_t field) { return found->second.empty() || std::ranges::find(found->second, rules_of_type[field].name) != found->second.end(); };
  std::vector<key> all;
  std::unordered_set<hash> seen;
  // From the back: of a target that occurs several times only the last occurrence counts.
  for (auto x = facts.references.rbegin(); x != facts.references.rend(); ++x) {
    if (x->field >= rules_of_type.size() || (head.kind == record_kind::id_object && !rules_of_type[x->field].is_id))
      continue;
    if (seen.insert(x->target).second && asked_for(x->field))
      all.push_back(head.kind == record_kind::id_object ? keys::referring_id(x->target, head.type, head.indexed)
                                                        : keys::referrer(x->target, head.type, head.indexed));
  }
  return all;
}

} // namespace lama::storage
