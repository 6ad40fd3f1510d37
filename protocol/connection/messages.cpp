#include "protocol/connection/messages.hpp"

#include "protocol/objects/json_text.hpp"

#include <limits>

namespace lama::protocol {

namespace {

/// One object of a message, member by member.
class writer {
public:
  writer& text(std::string_view name, std::string_view content) {
    begin(name);
    append_json_string(out_, content);
    return *this;
  }
  writer& key(std::string_view name, const key32& content) {
    return text(name, to_hex(view(content)));
  }
  writer& number(std::string_view name, unsigned content) {
    return raw(name, std::to_string(content));
  }
  writer& raw(std::string_view name, std::string_view json_text) {
    begin(name);
    out_ += json_text;
    return *this;
  }
  std::string finish() {
    return std::move(out_) + '}';
  }

private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string out_;
};

const json* member(const json& from, std::string_view name) {
  if (!from.is_object())
    return nullptr;
  auto at = from.find(name);
  return at == from.end() ? nullptr : &*at;
}

const std::string* text_member(const json& from, std::string_view name) {
  const auto* x = member(from, name);
  return x ? x->get_ptr<const std::string*>() : nullptr;
}

error mismatch(std::string_view command) {
  return fail(errc::bad_input, "Received data does not match the data expected for command '" + std::string{command} + "'");
}

result<key32> key_member(const json& from, std::string_view name, std::string_view command) {
  const auto* hex = text_member(from, name);
  auto bytes = hex ? from_hex(*hex) : std::nullopt;
  if (!bytes)
    return mismatch(command);
  auto key = key32_from_bytes(*bytes);
  if (!key)
    return fail(errc::bad_input, "CYENC-ENSPUB: Data is not a public key", "CYENC-ENSPUB");
  return *key;
}

/// The whole message, after it was found to be the expected one.
result<json> expect(const message& x, std::string_view command) {
  if (!x.text)
    return fail(errc::bad_input, "Received message that is not a string message.");
  auto parsed = parse_json(x.bytes);
  if (!parsed)
    return fail(errc::bad_input, "Received message that does not conform to JSON: SyntaxError: " + parsed.failure().message);
  const auto* received = member(*parsed, "command");
  if (!received)
    return fail(errc::bad_input, "Received message without a 'command' member.");
  const auto* name = received->get_ptr<const std::string*>();
  if (!name || *name != command)
    return fail(errc::bad_input,
                "Received unexpected type '" + (name ? *name : std::string{received->type_name()}) + "'. Expected type '" + std::string{command} + "'.");
  return parsed;
}

/// The member `obj` of the message, which is an object of the type `type`.
result<json> expect_object(const message& x, std::string_view command, std::string_view type) {
  LAMA_TRY(whole, expect(x, command));
  const auto* content = member(whole, "obj");
  const auto* found = content ? text_member(*content, "$type$") : nullptr;
  if (!found || *found != type)
    return mismatch(command);
  return *content;
}

result<hash> owner_member(const json& from, std::string_view command) {
  const auto* owner = text_member(from, "owner");
  auto id = owner ? hash::from_hex(*owner) : std::nullopt;
  if (!id)
    return mismatch(command);
  return *id;
}

constexpr std::string_view identity_command = "identity";

result<pairing_identity> identity_of(const json& from) {
  const auto* type = text_member(from, "type");
  const auto* email = text_member(from, "personEmail");
  const auto* instance_name = text_member(from, "instanceName");
  const auto* url = member(from, "url");
  if (!type || *type != "public" || !email || !instance_name || (url && !url->is_string()))
    return mismatch(identity_command);
  pairing_identity x{*email, *instance_name, {}, {}, {}};
  if (url)
    x.url = url->get_ref<const std::string&>();
  LAMA_TRY(person, key_member(from, "personKeyPublic", identity_command));
  LAMA_TRY(person_sign, key_member(from, "personSignKeyPublic", identity_command));
  LAMA_TRY(instance, key_member(from, "instanceKeyPublic", identity_command));
  LAMA_TRY(instance_sign, key_member(from, "instanceSignKeyPublic", identity_command));
  x.person = {person, person_sign};
  x.instance = {instance, instance_sign};
  return x;
}

} // namespace

std::string identity_json(const pairing_identity& x) {
  writer out;
  out.text("type", "public").text("personEmail", x.email).text("instanceName", x.instance_name);
  out.key("personKeyPublic", x.person.encryption).key("personSignKeyPublic", x.person.signing);
  out.key("instanceKeyPublic", x.instance.encryption).key("instanceSignKeyPublic", x.instance.signing);
  if (x.url)
    out.text("url", *x.url);
  return out.finish();
}

result<pairing_identity> identity_from_json(std::string_view text) {
  LAMA_TRY(parsed, parse_json(text));
  return identity_of(parsed);
}

namespace messages {

std::string communication_request(const key32& source, const key32& target) {
  return writer{}.text("command", "communication_request").key("sourcePublicKey", source).key("targetPublicKey", target).finish();
}

std::string communication_ready() {
  return writer{}.text("command", "communication_ready").finish();
}

std::string connection_group(std::string_view name) {
  return writer{}.text("command", "connection_group").text("connectionGroupName", name).finish();
}

std::string sync() {
  return writer{}.text("command", "sync").finish();
}

std::string person_id_object(std::string_view email) {
  auto person = writer{}.text("$type$", "Person").text("email", email).finish();
  return writer{}.text("command", "person_id_object").raw("obj", person).finish();
}

std::string keys_object(const hash& owner, const public_keys& keys) {
  auto object = writer{}.text("$type$", "Keys").text("owner", owner.hex()).key("publicKey", keys.encryption).key("publicSignKey", keys.signing).finish();
  return writer{}.text("command", "keys_object").raw("obj", object).finish();
}

std::string instance_id_object(std::string_view name, const hash& owner) {
  auto instance = writer{}.text("$type$", "Instance").text("name", name).text("owner", owner.hex()).finish();
  return writer{}.text("command", "instance_id_object").raw("obj", instance).finish();
}

std::string authentication_token(std::string_view token) {
  return writer{}.text("command", "authentication_token").text("token", token).finish();
}

std::string identity(const pairing_identity& x) {
  return writer{}.text("command", identity_command).raw("obj", identity_json(x)).finish();
}

std::string ipc(const ipc_hello& x) {
  writer out;
  out.text("command", "ipc").number("oldest", x.oldest).number("newest", x.newest);
  if (x.mac)
    out.text("mac", to_hex(*x.mac));
  return out.finish();
}

result<key_pair> read_communication_request(const message& x) {
  constexpr std::string_view command = "communication_request";
  LAMA_TRY(whole, expect(x, command));
  LAMA_TRY(source, key_member(whole, "sourcePublicKey", command));
  LAMA_TRY(target, key_member(whole, "targetPublicKey", command));
  return key_pair{source, target};
}

result<done> read_communication_ready(const message& x) {
  LAMA_CHECK(expect(x, "communication_ready"));
  return done{};
}

result<std::string> read_connection_group(const message& x) {
  constexpr std::string_view command = "connection_group";
  LAMA_TRY(whole, expect(x, command));
  const auto* name = text_member(whole, "connectionGroupName");
  if (!name)
    return mismatch(command);
  return *name;
}

result<done> read_sync(const message& x) {
  LAMA_CHECK(expect(x, "sync"));
  return done{};
}

result<std::string> read_person_id_object(const message& x) {
  constexpr std::string_view command = "person_id_object";
  LAMA_TRY(person, expect_object(x, command, "Person"));
  const auto* email = text_member(person, "email");
  if (!email)
    return mismatch(command);
  return *email;
}

result<owned_keys> read_keys_object(const message& x) {
  constexpr std::string_view command = "keys_object";
  LAMA_TRY(keys, expect_object(x, command, "Keys"));
  LAMA_TRY(owner, owner_member(keys, command));
  LAMA_TRY(encryption, key_member(keys, "publicKey", command));
  LAMA_TRY(signing, key_member(keys, "publicSignKey", command));
  return owned_keys{owner, {encryption, signing}};
}

result<owned_name> read_instance_id_object(const message& x) {
  constexpr std::string_view command = "instance_id_object";
  LAMA_TRY(instance, expect_object(x, command, "Instance"));
  LAMA_TRY(owner, owner_member(instance, command));
  const auto* name = text_member(instance, "name");
  if (!name)
    return mismatch(command);
  return owned_name{owner, *name};
}

result<std::string> read_authentication_token(const message& x) {
  constexpr std::string_view command = "authentication_token";
  LAMA_TRY(whole, expect(x, command));
  const auto* token = text_member(whole, "token");
  if (!token)
    return mismatch(command);
  return *token;
}

result<pairing_identity> read_identity(const message& x) {
  LAMA_TRY(whole, expect(x, identity_command));
  const auto* content = member(whole, "obj");
  if (!content)
    return mismatch(identity_command);
  return identity_of(*content);
}

result<ipc_hello> read_ipc(const message& x) {
  constexpr std::string_view command = "ipc";
  LAMA_TRY(whole, expect(x, command));
  auto version = [&](std::string_view name) -> std::optional<uint16_t> {
    const auto* number = member(whole, name);
    auto fits = number && number->is_number() && number->get<double>() >= 0 && number->get<double>() <= std::numeric_limits<uint16_t>::max();
    return fits ? std::optional{number->get<uint16_t>()} : std::nullopt;
  };
  auto oldest = version("oldest");
  auto newest = version("newest");
  if (!oldest || !newest || *oldest > *newest)
    return mismatch(command);
  ipc_hello hello{*oldest, *newest, {}};
  if (member(whole, "mac")) {
    LAMA_TRY(mac, key_member(whole, "mac", command));
    hello.mac = view(mac);
  }
  return hello;
}

} // namespace messages

} // namespace lama::protocol
