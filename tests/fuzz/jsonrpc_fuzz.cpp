#include "protocol/ipc/schema.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

// Every text becomes calls or an answer that says what is wrong; an exchange whose calls are answered is complete. Parameters are held against the schema of
// their channel: they fit, or it is said where not, by a pointer.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol::jsonrpc;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto& schema = lama::protocol::ipc::ipc_schema::shipped();
  exchange x{text};
  for (std::size_t i = 0; i < x.calls().size(); ++i) {
    const auto& call = x.calls()[i];
    auto broken = schema.check_params(call.method, call.params);
    if (broken && !broken->path.empty() && !broken->path.starts_with('/'))
      __builtin_trap();
    x.answer(i, call.params);
  }
  if (!x.complete())
    __builtin_trap();
  (void)x.take();
  (void)parse_incoming(text);
  return 0;
}
