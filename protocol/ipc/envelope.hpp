#pragma once

#include "protocol/ipc/codec.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The frame around each message between our own archive and sparse instance (docs of the `ipc` group: the design's "ipc encoding").
/// Which number means which message is a table of those who send them.
namespace lama::protocol::ipc {

/// Versions of this envelope and of the table of messages that this build speaks. Each side says its own range first.
inline constexpr uint16_t oldest_version = 1;
inline constexpr uint16_t newest_version = 1;

enum class message_kind : uint8_t {
  request = 0, ///< answered or refused with the same request id, by the deadline
  answer = 1,
  failure = 2, ///< the payload is a `refusal`
  notice = 3,  ///< not answered; its request id is 0
};

constexpr bool is_valid(message_kind kind) {
  return kind <= message_kind::notice;
}

struct envelope {
  uint16_t version = newest_version;
  message_kind kind = message_kind::notice;
  uint32_t message = 0;     ///< in the table of messages; of the request, in answers and failures
  uint64_t request = 0;     ///< the sender's number for a request; a request that is repeated after a reconnect keeps it
  uint32_t deadline_ms = 0; ///< from receipt; 0: none
  std::string payload{};    ///< the message's own bytes

  friend bool operator==(const envelope&, const envelope&) = default;
};

/// An error as it travels.
struct refusal {
  errc code = errc::internal;
  std::string message;
  std::string detail;

  friend bool operator==(const refusal&, const refusal&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, refusal& x) {
  return f(x.code, x.message, x.detail);
}

/// At most `limits::ipc_message_bytes` for what the other side accepts; the caller looks.
std::string encode_envelope(const envelope& x);

/// too_large, unsupported (another version: its number is in `detail`), or bad_input.
result<envelope> decode_envelope(std::string_view bytes);

/// An envelope around a message.
template <class T>
std::string pack(envelope head, const T& message) {
  head.payload = encode(message);
  return encode_envelope(head);
}

} // namespace lama::protocol::ipc
