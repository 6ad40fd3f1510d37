#include "protocol/connection/session.hpp"
#include "protocol/ipc/envelope.hpp"

#include <algorithm>
#include <utility>

/// What each group does once it is known who speaks: `chum`, `pairing` (docs/protocol/02 §5.5, §6.2), `ipc` (docs/bridge.md).
namespace lama::protocol {

namespace {

constexpr std::string_view synchronisation = "synchronisation";
constexpr std::string_view mac_label = "lama-ipc-1";

} // namespace

result<done> session::begin_group() {
  if (group_ == "chum") {
    step_ = step::await_synchronisation;
    return say(synchronisation);
  }
  step_ = initiator() ? step::await_identity : step::await_token;
  return initiator() ? say(messages::authentication_token(token_)) : done{};
}

result<done> session::on_synchronisation(const message& content) {
  if (!content.text || content.bytes != synchronisation)
    return fail(errc::bad_input, "Received message that is not 'synchronisation'.");
  become_established(false, 0);
  return done{};
}

result<done> session::on_token(const message& content) {
  LAMA_TRY(token, messages::read_authentication_token(content));
  actions_.push_back(action::token_offered{std::move(token)});
  step_ = step::decide_token;
  return done{};
}

result<done> session::on_identity(const message& content) {
  LAMA_TRY(identity, messages::read_identity(content));
  auto proven = identity.email == peer_.email && identity.person == peer_.keys && identity.instance_name == peer_.instance_name;
  // The initiator knows more: it has talked to the holder of the invitation's key, which is the instance's.
  if (!proven || (initiator() && identity.instance.encryption != remote_key_))
    return fail(errc::forbidden, "The identity is not the one that was authenticated");
  actions_.push_back(action::identity_received{std::move(identity)});
  step_ = step::decide_identity;
  return done{};
}

result<done> session::end_pairing() {
  if (initiator()) {
    LAMA_CHECK(say(messages::identity(self())));
    actions_.push_back(action::pairing_done{});
    finish("Close called", {}, std::nullopt);
    return done{};
  }
  // The initiator closes, or has closed; one that does not is closed when the time is up.
  actions_.push_back(action::pairing_done{});
  step_ = channel_ ? step::lingering : step::closed;
  return done{};
}

/// @param prove  whether the other side needs, or asked for, a proof that we know the secret
result<done> session::say_hello(bool prove) {
  messages::ipc_hello hello{ipc::oldest_version, ipc::newest_version, {}};
  if (prove && !node().secret.empty())
    hello.mac = mac_of(role_);
  return say(messages::ipc(hello));
}

result<done> session::on_hello(const message& content) {
  auto hello = messages::read_ipc(content);
  auto other = initiator() ? connection_role::acceptor : connection_role::initiator;
  auto proven = hello && hello->mac && !node().secret.empty() && equal_secret(*hello->mac, mac_of(other));
  if (!hello || !(proven || node().remote_pinned)) {
    // Nothing to learn here for who tries secrets.
    finish("Close called", {}, hello ? fail(errc::wrong_secret, "the other node does not know the provisioning secret") : hello.failure());
    return done{};
  }
  auto version = std::min(hello->newest, ipc::newest_version);
  if (version < std::max(hello->oldest, ipc::oldest_version))
    return fail(errc::unsupported, "No common version: ours are " + std::to_string(ipc::oldest_version) + " to " + std::to_string(ipc::newest_version) +
                                       ", theirs are " + std::to_string(hello->oldest) + " to " + std::to_string(hello->newest));
  if (!initiator())
    LAMA_CHECK(say_hello(hello->mac.has_value()));
  become_established(proven, version);
  return done{};
}

/// Bound to this very connection by the ephemeral keys, to these two nodes by theirs, and to one direction by the role.
std::string session::mac_of(connection_role role) const {
  std::string content{mac_label};
  content += role == connection_role::initiator ? 'I' : 'A';
  const auto& own = ephemeral_.public_key;
  content += view(initiator() ? own : remote_ephemeral_);
  content += view(initiator() ? remote_ephemeral_ : own);
  content += view(initiator() ? own_key_ : remote_key_);
  content += view(initiator() ? remote_key_ : own_key_);
  return hmac_sha256(node().secret, content);
}

} // namespace lama::protocol
