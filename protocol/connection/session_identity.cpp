#include "protocol/connection/session.hpp"
#include "protocol/objects/microdata.hpp"

#include <algorithm>
#include <utility>

/// Group, persons and instances (docs/protocol/02 §5.1-5.3).
namespace lama::protocol {

namespace {

constexpr std::size_t challenge_bytes = 64;

std::string inverted(std::string bytes) {
  std::ranges::transform(bytes, bytes.begin(), [](char c) { return static_cast<char>(~static_cast<unsigned char>(c)); });
  return bytes;
}

result<std::string> open_binary(const message& content, const key32& shared) {
  if (content.text)
    return fail(errc::bad_input, "Received message that is not a binary message.");
  return open_box(content.bytes, shared);
}

} // namespace

result<done> session::on_group(const message& content) {
  LAMA_TRY(name, messages::read_connection_group(content));
  group_ = std::move(name);
  actions_.push_back(action::group_requested{group_, own_key_, remote_key_});
  step_ = step::decide_group;
  return done{};
}

result<done> session::begin_identity() {
  if (!initiator())
    LAMA_CHECK(say(messages::sync()));
  step_ = step::await_person;
  return say(messages::person_id_object(self().email));
}

result<done> session::on_person(const message& content) {
  LAMA_TRY(email, messages::read_person_id_object(content));
  peer_.person = id_hash_of_person(email);
  peer_.email = std::move(email);
  step_ = step::await_keys;
  return say(messages::keys_object(id_hash_of_person(self().email), self().person));
}

result<done> session::on_keys(const message& content) {
  LAMA_TRY(keys, messages::read_keys_object(content));
  if (keys.owner != peer_.person)
    return fail(errc::forbidden, "EP-KEYS-OWNER-MISMATCH", "EP-KEYS-OWNER-MISMATCH");
  peer_.keys = keys.keys;
  actions_.push_back(action::need_shared_key{self().person.encryption, peer_.keys.encryption});
  step_ = step::need_person_key;
  return done{};
}

result<done> session::on_person_key(const std::optional<key32>& key) {
  if (!key)
    return fail(errc::wrong_secret, "CYENC-SYMDEC: The persons' keys do not fit together", "CYENC-SYMDEC");
  shared_ = *key;
  // The initiator proves itself first: the acceptor shows nothing more to a liar.
  if (!initiator())
    return send_challenge();
  step_ = step::await_challenge;
  return done{};
}

result<done> session::send_challenge() {
  challenge_ = random_.bytes(challenge_bytes);
  step_ = step::await_response;
  return say_bytes(seal_box(challenge_, shared_, random_));
}

result<done> session::on_challenge(const message& content) {
  LAMA_TRY(challenge, open_binary(content, shared_));
  LAMA_CHECK(say_bytes(seal_box(inverted(std::move(challenge)), shared_, random_)));
  return initiator() ? send_challenge() : begin_instance();
}

result<done> session::on_response(const message& content) {
  LAMA_TRY(response, open_binary(content, shared_));
  if (!equal_secret(inverted(std::move(response)), challenge_)) {
    finish("Close called", {}, fail(errc::wrong_secret, "Failed to authenticate connection."));
    return done{};
  }
  if (initiator())
    return begin_instance();
  step_ = step::await_challenge;
  return done{};
}

result<done> session::begin_instance() {
  wipe(shared_);
  wipe(challenge_);
  step_ = step::await_instance;
  return say(messages::instance_id_object(self().instance_name, id_hash_of_person(self().email)));
}

result<done> session::on_instance(const message& content) {
  LAMA_TRY(instance, messages::read_instance_id_object(content));
  if (instance.owner != peer_.person)
    return fail(errc::forbidden, "The owner of the instance is not the person that was authenticated");
  if (group_ != "chum" && group_ != "pairing")
    return fail(errc::unsupported, "ConnectionRoutesGroupName " + group_ + " not supported");
  // The challenge can be passed on to somebody else who answers it, the handshake cannot: with the same key in both it is this very person
  // that speaks. On a chum connection the host compares the source key with the instance it knows.
  if (group_ == "pairing" && !initiator() && remote_key_ != peer_.keys.encryption)
    return fail(errc::forbidden, "The key of the connection is not the key of the person");
  peer_.instance = id_hash_of_instance(instance.name, instance.owner);
  peer_.instance_name = std::move(instance.name);
  actions_.push_back(action::peer_identified{group_, peer_, own_key_, remote_key_});
  step_ = step::decide_peer;
  return done{};
}

} // namespace lama::protocol
