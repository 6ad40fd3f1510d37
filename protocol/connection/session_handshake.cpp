#include "protocol/connection/session.hpp"
#include "protocol/limits.hpp"

#include <utility>

/// The handshake of docs/protocol/02 §4: two texts, two boxed ephemeral keys, and the switch to the secure channel.
namespace lama::protocol {

namespace {

result<std::string> open_binary(const message& content, const key32& shared) {
  if (content.text)
    return fail(errc::bad_input, "Received message that is not a binary message.");
  return open_box(content.bytes, shared);
}

} // namespace

result<done> session::begin() {
  if (!initiator()) {
    step_ = step::await_request;
    return done{};
  }
  auto with_node = std::holds_alternative<node_identity>(self_);
  if (with_node != (group_ == "ipc") || (!with_node && group_ != "chum" && group_ != "pairing"))
    return fail(errc::unsupported, "ConnectionRoutesGroupName " + group_ + " not supported");
  if (with_node && own_key_ == remote_key_)
    return fail(errc::conflict, "both nodes have the same key; one data dir was copied from the other");
  if (with_node && !node().remote_pinned && node().secret.empty())
    return fail(errc::wrong_secret, "there is no provisioning secret for a node that was never met");
  step_ = step::await_ready;
  send_raw(true, messages::communication_request(own_key_, remote_key_));
  return done{};
}

result<done> session::on_request(const message& content) {
  LAMA_TRY(keys, messages::read_communication_request(content));
  own_key_ = keys.target;
  remote_key_ = keys.source;
  // Before it is known whether we serve that key, as the stock peer does.
  send_raw(true, messages::communication_ready());
  actions_.push_back(action::need_shared_key{own_key_, remote_key_});
  step_ = step::need_long_term_key;
  return done{};
}

result<done> session::on_ready(const message& content) {
  LAMA_CHECK(messages::read_communication_ready(content));
  actions_.push_back(action::need_shared_key{own_key_, remote_key_});
  step_ = step::need_long_term_key;
  return done{};
}

result<done> session::on_long_term_key(const std::optional<key32>& key) {
  if (!key && initiator())
    return fail(errc::not_found, "The own key of the connection is not available");
  if (!key)
    return fail(errc::not_found, "We do not accept connections for this target public key");
  shared_ = *key;
  step_ = step::await_ephemeral;
  return initiator() ? send_ephemeral() : done{};
}

result<done> session::send_ephemeral() {
  ephemeral_ = make_encryption_keys(random_);
  send_raw(false, seal_box(view(ephemeral_.public_key), shared_, random_));
  return done{};
}

result<done> session::on_ephemeral(const message& content) {
  LAMA_TRY(plain, open_binary(content, shared_));
  if (!initiator())
    LAMA_CHECK(send_ephemeral());
  wipe(shared_);
  auto remote = key32_from_bytes(plain);
  if (!remote)
    return fail(errc::bad_input, "bad public key size");
  return switch_to_channel(*remote);
}

result<done> session::switch_to_channel(const key32& remote) {
  if (!queue_.empty())
    return fail(errc::bad_input, "Received message that was not expected.", "UNEXPECTED-MESSAGE");
  remote_ephemeral_ = remote;
  auto key = shared_key(ephemeral_.secret_key, remote);
  wipe(ephemeral_.secret_key);
  if (!key)
    return fail(errc::bad_input, "bad public key");
  channel_.emplace(*key, role_, random_, now_, secure_channel::sizes{.message = limits::handshake_message_bytes});
  wipe(*key);
  if (initiator())
    return on_own_side();
  actions_.push_back(action::need_identity{own_key_, remote_key_});
  step_ = step::need_identity;
  return done{};
}

/// The first steps within the encryption; which ones is a matter of whose key the target key is.
result<done> session::on_own_side() {
  if (std::holds_alternative<node_identity>(self_)) {
    group_ = "ipc";
    step_ = step::await_hello;
    if (initiator())
      return say_hello(!node().remote_pinned);
    if (own_key_ == remote_key_)
      finish("Close called", {}, fail(errc::conflict, "both nodes have the same key; one data dir was copied from the other"));
    return done{};
  }
  step_ = initiator() ? step::await_sync : step::await_group;
  return initiator() ? say(messages::connection_group(group_)) : done{};
}

} // namespace lama::protocol
