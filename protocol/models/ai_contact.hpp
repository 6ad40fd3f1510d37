#pragma once

#include "protocol/models/leute.hpp"

/// A model is a contact with keys of its own, so that it signs what it says (docs/protocol/04 §7.3).
namespace lama::models {

/// Every character but letters and digits as `_`, then `@ai.local`.
std::string ai_email(std::string_view model_id);
bool is_ai_email(std::string_view email);

struct ai_contact {
  hash person;
  hash keys; ///< the Keys object: the host keeps the secret half under it
  hash profile;
  hash someone;
};
/// Person, keys, profile with the display name (owner: me), and a Someone under the model's id. A second time writes nothing;
/// another name makes a new version.
result<ai_contact> create_ai_contact(object_space& space, const hash& me, std::string_view model_id, std::string_view display_name, const public_keys& keys,
                                     int64_t now_ms);

} // namespace lama::models
