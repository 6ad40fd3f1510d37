#pragma once

#include "protocol/crypto/crypto.hpp"
#include "protocol/environment.hpp"
#include "protocol/limits.hpp"
#include "protocol/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What lies between a websocket and the messages of a protocol once both sides have a key (docs/protocol/02 §2): encryption, keepalive and
/// fragmentation. Pure: bytes in, bytes out, time and chance handed in.
namespace lama::protocol {

using time_point = std::chrono::steady_clock::time_point;

/// One websocket message.
struct wire_frame {
  bool text = false;
  std::string bytes;
  friend bool operator==(const wire_frame&, const wire_frame&) = default;
};

/// One message of a protocol: a string (UTF-8) or binary.
struct message {
  bool text = false;
  std::string bytes;
  friend bool operator==(const message&, const message&) = default;
};

/// Who opened the connection; a listener behind a communication server is an acceptor too.
enum class connection_role : uint8_t { initiator, acceptor };

inline constexpr std::chrono::seconds keepalive_send{20};
inline constexpr std::chrono::seconds keepalive_detect{25};

/// 16 zero bytes and the counter, big-endian (docs/protocol/02 §2.2); fails at 2^53 - 2.
result<std::array<uint8_t, 24>> nonce_of(uint64_t counter);

/// Appends head, length and padding, `1 + area` bytes in all, `flags` under 16; the value follows (docs/protocol/02 §2.2).
void append_padding(std::string& out, std::size_t area, uint8_t flags, random_source& random);

struct unpadded {
  uint8_t flags;
  std::size_t offset; ///< where the value begins
};
result<unpadded> unpad(std::string_view padded);

/// Errors are reasons to close: their message is what follows `Close called: `, and for `tick` `Terminate called: `. After one the channel is
/// of no use.
class secure_channel {
public:
  struct sizes {
    std::size_t chunk = 65536; ///< the stock peer's; tests take a smaller one
    std::size_t message = limits::assembled_message_bytes;
  };

  /// The keepalive timers start at `now`. `random` must outlive the channel.
  secure_channel(const key32& shared, connection_role own_role, random_source& random, time_point now);
  secure_channel(const key32& shared, connection_role own_role, random_source& random, time_point now, sizes chosen);
  ~secure_channel();
  secure_channel(const secure_channel&) = delete;
  secure_channel& operator=(const secure_channel&) = delete;

  /// Append the frames that carry it to `out`. Fails when the counter is used up.
  result<done> send_text(std::string_view text, time_point now, std::vector<wire_frame>& out);
  result<done> send_binary(std::string_view bytes, time_point now, std::vector<wire_frame>& out);

  /// Takes one frame; nothing where it was a keepalive or a part of a message.
  result<std::optional<message>> receive(wire_frame frame, time_point now);

  /// To be called at `next_deadline`, or whenever: sends a keepalive when it is time, and fails when the other side is silent for too long.
  result<done> tick(time_point now, std::vector<wire_frame>& out);
  time_point next_deadline() const;

  /// The longest message that is received from here on.
  void limit_messages(std::size_t bytes) {
    sizes_.message = bytes;
  }

private:
  enum class assembly : uint8_t { none, string, binary };

  result<done> send_string_piece(std::string_view text, std::string_view escape, time_point now, std::vector<wire_frame>& out);
  result<done> send_chunks(std::string_view keyword, std::string_view bytes, bool text, time_point now, std::vector<wire_frame>& out);
  result<done> seal(bool text, std::string_view value, std::string_view escape, time_point now, std::vector<wire_frame>& out);
  result<message> open(wire_frame frame);
  result<std::optional<message>> receive_outside(message piece);
  result<std::optional<message>> receive_inside(message piece);

  key32 key_;
  random_source* random_;
  sizes sizes_;
  uint64_t send_counter_;
  uint64_t receive_counter_;
  time_point send_at_;
  time_point silent_at_;
  assembly assembling_ = assembly::none;
  std::string assembled_;
};

} // namespace lama::protocol
