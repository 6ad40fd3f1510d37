#pragma once

#include "protocol/connection/frame_layer.hpp"
#include "protocol/connection/identity.hpp"
#include "protocol/connection/messages.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/environment.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// One websocket connection from its opening to "established", both roles (docs/protocol/02 §3-6, docs/bridge.md for `ipc`). Pure: what
/// arrives goes in, actions come out; long-term secrets and every decision about who may come in stay with the host.
///
///   initiator                                      acceptor
///   ---------                                      --------
///   opened: communication_request ──────────────▶  await_request
///   await_ready ◀────────────── communication_ready
///   need_long_term_key (host)                      need_long_term_key (host)
///   boxed ephemeral key ────────────────────────▶  await_ephemeral
///   await_ephemeral ◀──────────── boxed ephemeral key
///   ══════════════ from here on through a secure_channel ══════════════
///                                                  need_identity (host): a person's instance, or our own node
///   chum, pairing:
///   connection_group ───────────────────────────▶  await_group, decide_group (host)
///   await_sync ◀───────────────────────────── sync
///   both: await_person, await_keys, need_person_key (host)
///   await_challenge, await_response                await_response, await_challenge
///   both: await_instance, decide_peer (host)
///     chum     both: await_synchronisation, established
///     pairing  token ─────────────────────────────▶  await_token, decide_token (host)
///              await_identity ◀───────────── identity
///              decide_identity (host)
///              identity ──────────────────────────▶  await_identity, decide_identity (host)
///              closes                                lingering, until the initiator has closed
///   ipc:
///   hello ──────────────────────────────────────▶  await_hello, established
///   await_hello, established ◀───────────────── hello
///
/// What a state does not await waits in a queue of ten while the host is asked, and ends the connection otherwise. Every failure closes with
/// a reason, also where the stock peer stays open and silent.
namespace lama::protocol {

/// One of our own nodes on the bridge.
struct node_identity {
  std::string secret;         ///< the provisioning secret; empty where there is none
  bool remote_pinned = false; ///< the other node proved itself before: its key alone will do
};

/// As whom we are on a connection.
using own_side = std::variant<pairing_identity, node_identity>;

struct initiator_settings {
  std::string group; ///< "chum", "pairing"; "ipc" with a node_identity
  key32 own_key{};   ///< source of the handshake: instance, in pairing person, in ipc node (docs/protocol/02 §1)
  key32 remote_key{};
  own_side self;
  std::string token{}; ///< pairing: of the invitation
};

/// What the host is to do, in this order.
namespace action {

struct send_frame {
  wire_frame frame;
};
/// With code 1000, after all that was sent. No action but `failed` follows.
struct close {
  std::string reason;
};
/// Answer by `provide_shared_key`: crypto_box_beforenm of our secret for `own_public` with `remote_public`.
struct need_shared_key {
  key32 own_public;
  key32 remote_public;
};
/// Acceptor: the initiator holds the secret of `remote_public`. Answer by `provide_identity`: whose key `own_public` is.
struct need_identity {
  key32 own_public;
  key32 remote_public;
};
/// Acceptor. Answer by `proceed` or `refuse` (docs/protocol/02 §5.1: what is refused here the stock peer never tries again, so refuse only
/// what is refused for good, and close after `proceed` otherwise).
struct group_requested {
  std::string name;
  key32 own_key;
  key32 remote_key;
};
/// Who it is has been proven; whether they are welcome is to be said by `proceed` or `refuse`: known peer or not, the expected person and
/// instance, the person's keys as they were before, no second connection. `remote_key` is the source key of the handshake.
struct peer_identified {
  std::string group;
  remote_identity peer;
  key32 own_key;
  key32 remote_key;
};
/// Acceptor of a pairing. Answer by `proceed` or `refuse`. The token is used up later, with `identity_received`.
struct token_offered {
  std::string token;
};
/// It agrees with what was proven. Answer by `proceed` when it is stored (the acceptor's token is used up then), or `refuse`.
struct identity_received {
  pairing_identity identity;
};
/// Both have each other's identity. The initiator closes, then may start its route; the acceptor waits for that.
struct pairing_done {};
/// Messages may be sent, and arrive. `proven_by_secret`: ipc, the other node knew the secret and may be pinned.
struct established {
  std::string group;
  bool proven_by_secret = false;
  uint16_t ipc_version = 0; ///< ipc: the newest that both speak
};
/// On an established connection.
struct received {
  message content;
};
/// Why it ended, unless by our own `close`, by `refuse`, or as planned. `detail` holds the stock peer's code where there is one.
struct failed {
  error why;
};

} // namespace action

using session_action =
    std::variant<action::send_frame, action::close, action::need_shared_key, action::need_identity, action::group_requested, action::peer_identified,
                 action::token_offered, action::identity_received, action::pairing_done, action::established, action::received, action::failed>;

/// What follows `Close called: `, as the stock peer says it; for `refuse` and `close`.
namespace close_why {
inline constexpr std::string_view go_away = "I do not want to communicate with you. Go Away!";
inline constexpr std::string_view unknown_peer = "Error: Unable to start chum because you are unknown";
inline constexpr std::string_view unknown_token = "Error: Authentication token is not existing.";
inline constexpr std::string_view foreign_token = "Error: The authentication token was not generated for the requested person.";
inline constexpr std::string_view duplicate_dropped = "Duplicate connection - dropped new connection";
inline constexpr std::string_view duplicate_replaced = "New connection replaced old one";
inline constexpr std::string_view route_disabled = "Route is disabled";
inline constexpr std::string_view route_stopped = "Corresponding route was stopped";
inline constexpr std::string_view other_person = "Error: EP-PERSONIDMISMATCH";
inline constexpr std::string_view other_keys = "Error: EP-KEYMISSMATCH";
inline constexpr std::string_view other_instance =
    "Error: The instance id we have on record for your specified public key does not match the instance id that you sent us.";
inline constexpr std::string_view by_user = "closeConnections called by user.";
} // namespace close_why

/// Not for several threads. Inputs that do not fit (answers that nobody asked for, anything after the end) do nothing.
class session {
public:
  /// An acceptor.
  explicit session(random_source& random);
  session(initiator_settings settings, random_source& random);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // What the websocket does. `now` never goes back.
  void opened(time_point now);
  void receive(wire_frame frame, time_point now);
  /// It is closed; `reason` as the other side gave it.
  void closed(std::string_view reason);
  /// At `next_deadline`, or whenever.
  void tick(time_point now);
  /// Nothing before it is opened and after it is closed.
  std::optional<time_point> next_deadline() const;

  // What the host answers, in its own time.
  /// Nothing: we do not have, or do not serve, this key; or the other one is no good.
  void provide_shared_key(std::optional<key32> key, time_point now);
  void provide_identity(own_side self, time_point now);
  void proceed(time_point now);
  void refuse(std::string_view why);

  // On an established connection; `conflict` before and after.
  result<done> send_text(std::string_view text, time_point now);
  result<done> send_binary(std::string_view bytes, time_point now);

  /// Ends it at any time; `why` may be empty.
  void close(std::string_view why);

  /// All that has come up since the last call. To be called after every input, until it is empty.
  std::vector<session_action> take_actions();

  bool is_established() const {
    return step_ == step::established;
  }
  bool is_closed() const {
    return step_ == step::closed;
  }

private:
  enum class step : uint8_t {
    idle,
    await_request,
    await_ready,
    need_long_term_key,
    await_ephemeral,
    need_identity,
    await_group,
    decide_group,
    await_sync,
    await_person,
    await_keys,
    need_person_key,
    await_challenge,
    await_response,
    await_instance,
    decide_peer,
    await_synchronisation,
    await_token,
    decide_token,
    await_identity,
    decide_identity,
    await_hello,
    established,
    lingering,
    closed,
  };

  bool initiator() const {
    return role_ == connection_role::initiator;
  }
  const pairing_identity& self() const {
    return std::get<pairing_identity>(self_);
  }
  const node_identity& node() const {
    return std::get<node_identity>(self_);
  }

  // session.cpp
  bool asks_host() const;
  void drain();
  result<done> dispatch(message content);
  void attempt(result<done> outcome);
  void finish(std::string_view prefix, std::string_view why, std::optional<error> failure);
  void send_frames(std::vector<wire_frame> frames);
  result<done> say(std::string_view text);
  result<done> say_bytes(std::string_view bytes);
  void send_raw(bool text, std::string bytes);
  void become_established(bool proven_by_secret, uint16_t ipc_version);

  // session_handshake.cpp (docs/protocol/02 §4)
  result<done> begin();
  result<done> on_request(const message& content);
  result<done> on_ready(const message& content);
  result<done> on_long_term_key(const std::optional<key32>& key);
  result<done> on_ephemeral(const message& content);
  result<done> send_ephemeral();
  result<done> switch_to_channel(const key32& remote);
  result<done> on_own_side();

  // session_identity.cpp (docs/protocol/02 §5)
  result<done> on_group(const message& content);
  result<done> begin_identity();
  result<done> on_person(const message& content);
  result<done> on_keys(const message& content);
  result<done> on_person_key(const std::optional<key32>& key);
  result<done> send_challenge();
  result<done> on_challenge(const message& content);
  result<done> on_response(const message& content);
  result<done> begin_instance();
  result<done> on_instance(const message& content);

  // session_groups.cpp (docs/protocol/02 §5.5, §6.2, docs/bridge.md)
  result<done> begin_group();
  result<done> on_synchronisation(const message& content);
  result<done> on_token(const message& content);
  result<done> on_identity(const message& content);
  result<done> end_pairing();
  result<done> say_hello(bool prove);
  result<done> on_hello(const message& content);
  std::string mac_of(connection_role role) const;

  connection_role role_;
  random_source& random_;
  step step_ = step::idle;
  time_point now_{};
  std::optional<time_point> deadline_; ///< for the whole way to "established"
  std::string group_;
  std::string token_;
  own_side self_;
  key32 own_key_{};
  key32 remote_key_{};
  key32 shared_{}; ///< of the long-term keys, later of the persons' keys; zero in between
  encryption_keys ephemeral_;
  key32 remote_ephemeral_{};
  std::string challenge_; ///< ours
  remote_identity peer_;
  std::optional<secure_channel> channel_;
  std::deque<message> queue_;
  std::vector<session_action> actions_;
};

} // namespace lama::protocol
