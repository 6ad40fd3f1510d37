#include "protocol/connection/invitation.hpp"
#include "protocol/connection/session.hpp"

#include <algorithm>

namespace {

/// Ones and zeros in turn: the machine's secrets are no secret here, but nothing depends on real chance either.
class plain_random final : public lama::random_source {
public:
  void fill(std::span<uint8_t> bytes) override {
    for (auto& byte : bytes)
      byte = next_++;
  }

private:
  uint8_t next_ = 1;
};

} // namespace

// An acceptor that is sent anything ends closed or waiting with a deadline, and never established (docs/protocol/02 §4).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::protocol;
  plain_random random;
  session acceptor{random};
  auto now = lama::protocol::time_point{} + std::chrono::seconds{1};
  acceptor.opened(now);
  // Frames: a byte that says text or binary and how the host answers, two of length, then so many bytes.
  while (size >= 3 && !acceptor.is_closed()) {
    auto head = data[0];
    auto length = std::min<std::size_t>(data[1] | data[2] << 8, size - 3);
    acceptor.receive({(head & 1) != 0, std::string(reinterpret_cast<const char*>(data + 3), length)}, now);
    for (auto actions = acceptor.take_actions(); !actions.empty(); actions = acceptor.take_actions())
      for (const auto& x : actions)
        if (std::holds_alternative<action::need_shared_key>(x))
          acceptor.provide_shared_key(key32{}, now);
    data += 3 + length;
    size -= 3 + length;
  }
  if (acceptor.is_established() || (!acceptor.is_closed() && !acceptor.next_deadline()))
    __builtin_trap();
  (void)parse_invitation({reinterpret_cast<const char*>(data), size});
  return 0;
}
