#include "protocol/chum/access.hpp"
#include "protocol/chum/children.hpp"
#include "protocol/chum/request_layer.hpp"

// Whatever a peer sends as a CHUM message is an event, or nothing (docs/protocol/03 §2).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol::chum;
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  request_layer layer;
  (void)layer.ask(service::accessible_roots, json::array(), 0);
  (void)layer.ask_for(service::blob, lama::hash{}, 0);
  (void)layer.receive_text(bytes, 1);
  (void)layer.receive_binary(bytes, 2);
  (void)layer.take_output();
  (void)read_roots(bytes);
  return 0;
}
