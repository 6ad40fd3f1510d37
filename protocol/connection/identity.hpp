#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Who is who on a connection (docs/protocol/02 §5, §6.2).
namespace lama::protocol {

/// The public halves of a Keys object.
struct public_keys {
  key32 encryption{};
  key32 signing{};
  friend bool operator==(const public_keys&, const public_keys&) = default;
};

/// The Identity that a pairing exchanges, and at the same time all that a connection needs to know of a local person and its instance.
struct pairing_identity {
  std::string email;
  std::string instance_name;
  public_keys person;
  public_keys instance;
  std::optional<std::string> url; ///< where the instance can be reached; nothing where it cannot
  friend bool operator==(const pairing_identity&, const pairing_identity&) = default;
};

/// {"type":"public",…}, as it stands in the message and as it is handed to whoever stores the pairing.
std::string identity_json(const pairing_identity& x);
result<pairing_identity> identity_from_json(std::string_view json);

/// What the other side has proven: that it holds the secret of `keys.encryption`. The instance is what that person says it is.
struct remote_identity {
  std::string email;
  hash person;
  public_keys keys;
  std::string instance_name;
  hash instance;
  friend bool operator==(const remote_identity&, const remote_identity&) = default;
};

} // namespace lama::protocol
