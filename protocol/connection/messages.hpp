#pragma once

#include "protocol/connection/frame_layer.hpp"
#include "protocol/connection/identity.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The JSON messages of docs/protocol/02 §4-6: written with the stock peer's member order, read in any order and with further members. Errors
/// bear the stock peer's texts, which end up in close reasons.
namespace lama::protocol::messages {

std::string communication_request(const key32& source, const key32& target);
std::string communication_ready();
std::string connection_group(std::string_view name);
std::string sync();
std::string person_id_object(std::string_view email);
std::string keys_object(const hash& owner, const public_keys& keys);
std::string instance_id_object(std::string_view name, const hash& owner);
std::string authentication_token(std::string_view token);
std::string identity(const pairing_identity& x);

struct key_pair {
  key32 source;
  key32 target;
};
struct owned_keys {
  hash owner;
  public_keys keys;
};
struct owned_name {
  hash owner;
  std::string name;
};

result<key_pair> read_communication_request(const message& x);
result<done> read_communication_ready(const message& x);
result<std::string> read_connection_group(const message& x);
result<done> read_sync(const message& x);
/// The email.
result<std::string> read_person_id_object(const message& x);
result<owned_keys> read_keys_object(const message& x);
result<owned_name> read_instance_id_object(const message& x);
result<std::string> read_authentication_token(const message& x);
result<pairing_identity> read_identity(const message& x);

/// First messages of the `ipc` group (docs/bridge.md).
struct ipc_hello {
  uint16_t oldest = 0; ///< versions of the envelope that the sender speaks
  uint16_t newest = 0;
  std::optional<std::string> mac; ///< 32 bytes
};
std::string ipc(const ipc_hello& x);
result<ipc_hello> read_ipc(const message& x);

} // namespace lama::protocol::messages
