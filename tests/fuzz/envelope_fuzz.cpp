#include "protocol/ipc/envelope.hpp"

// What the bridge accepts writes back to the same bytes (docs/bridge.md).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol::ipc;
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (auto decoded = decode_envelope(bytes); decoded && encode_envelope(*decoded) != bytes)
    __builtin_trap();
  std::size_t fields = 0;
  if (auto decoded = decode<refusal>(bytes, {}, &fields); decoded && encode(*decoded, fields) != bytes)
    __builtin_trap();
  return 0;
}
