#include "actors/instance/user_context.hpp"

#include <nlohmann/json.hpp>

namespace lama::actors {

std::string partner_identity::to_note() const {
  return nlohmann::json{{"person", person.hex()},
                        {"instance", instance.hex()},
                        {"personSignKey", to_hex(protocol::view(person_sign_key))},
                        {"instanceKey", to_hex(protocol::view(instance_key))},
                        {"url", url}}
      .dump();
}

std::optional<partner_identity> partner_identity::from_note(std::string_view text) {
  auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return std::nullopt;
  auto field = [&parsed](const char* name) { return parsed.value(name, std::string{}); };
  auto person = hash::from_hex(field("person"));
  auto instance = hash::from_hex(field("instance"));
  auto sign_key = protocol::key32_from_hex(field("personSignKey"));
  auto key = protocol::key32_from_hex(field("instanceKey"));
  if (!person || !instance || !sign_key || !key)
    return std::nullopt;
  return partner_identity{*person, *instance, *sign_key, *key, field("url")};
}

hash user_context::public_person() const {
  if (environment->settings.which == side::archive || !partner)
    return me.person;
  return partner->person;
}

} // namespace lama::actors
