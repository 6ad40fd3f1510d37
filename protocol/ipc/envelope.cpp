#include "protocol/ipc/envelope.hpp"

namespace lama::protocol::ipc {

std::string encode_envelope(const envelope& x) {
  std::string bytes;
  bytes.reserve(24 + x.payload.size());
  writer to{bytes};
  to.value(x.version);
  to.value(x.kind);
  to.value(x.message);
  to.value(x.request);
  to.value(x.deadline_ms);
  bytes += x.payload;
  return bytes;
}

result<envelope> decode_envelope(std::string_view bytes) {
  if (bytes.size() > limits::ipc_message_bytes)
    return fail(errc::too_large, "A message of " + std::to_string(bytes.size()) + " bytes came over the bridge; the limit is " +
                                     std::to_string(limits::ipc_message_bytes) + ".");
  envelope x;
  reader from{bytes};
  if (!from.value(x.version))
    return from.failure();
  if (x.version < oldest_version || x.version > newest_version) // what follows may look different: not read
    return fail(errc::unsupported, "The other instance speaks version " + std::to_string(x.version) + " of the bridge protocol; update the older of the two.",
                std::to_string(x.version));
  if (!from.value(x.kind) || !from.value(x.message) || !from.value(x.request) || !from.value(x.deadline_ms))
    return from.failure();
  auto numbered = x.kind != message_kind::notice;
  if (numbered == (x.request == 0))
    return fail(errc::bad_input, "The message is refused: requests and their answers bear a number, notices do not.");
  x.payload = bytes.substr(from.position());
  return x;
}

} // namespace lama::protocol::ipc
