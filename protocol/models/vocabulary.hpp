#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/objects/object_space.hpp"
#include "protocol/versions/versions.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a node stores above plain objects: who it is, whom it knows, what it shares, its channels and chats (docs/protocol/04).
/// Everything here is pure: it reads and writes an object space; time, chance and signatures are handed in.
namespace lama::models {

using protocol::key32;
using protocol::key64;
using protocol::object;
using protocol::object_source;
using protocol::object_space;
using protocol::object_writer;
using protocol::reference_kind;

/// Milliseconds since 1970 out of a number in an object: what is no time, or beyond the calendar of JavaScript, becomes its nearest end.
int64_t to_milliseconds(double x);

/// `put`, when only the name counts.
result<hash> store_text(object_space& space, std::string_view text);

/// Whether `id` is referred to by the *current* version of the object whose text this is; that is "only latest" of docs/protocol/01 §6.
bool is_current(const object_source& from, const hash& id, const hash& version);

/// Signs as one person. The secret stays with whoever made this (the keychain).
struct signer {
  hash person;
  /// 64 bytes for the ASCII text of a hash (docs/protocol/04 §3.1); anything else counts as "keys are locked".
  std::function<std::string(std::string_view message)> sign;
};

signer sign_with(const hash& person, const key64& secret);
/// With signatures that were made beforehand, by the hash that they are over: for actors that ask the keychain first.
/// Which hashes a function will sign, its `…_to_sign` counterpart tells.
signer sign_from(const hash& person, std::map<hash, std::string> signatures);

} // namespace lama::models
