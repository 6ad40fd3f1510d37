#include "protocol/models/ai_contact.hpp"

#include "protocol/models/keychain.hpp"

#include <algorithm>

namespace lama::models {

namespace {

constexpr std::string_view domain = "@ai.local";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string ai_email(std::string_view model_id) {
  std::string out{model_id};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_letter_or_digit(c); }, '_');
  return out.append(domain);
}

bool is_ai_email(std::string_view email) {
  return email.ends_with(domain);
}

result<ai_contact> create_ai_contact(object_space& space, const hash& me, std::string_view model_id, std::string_view display_name, const public_keys& keys,
                                     int64_t now_ms) {
  auto email = ai_email(model_id);
  ai_contact out;
  out.person = protocol::id_hash_of_person(email);
  LAMA_CHECK(protocol::store_version(space, object_writer{"Person"}.text("email", email).text("name", display_name).finish(), now_ms));
  LAMA_TRY(own_keys, store_text(space, keys_text(out.person, keys.encryption, keys.signing)));
  out.keys = own_keys;
  // The stock LAMA leaves the sign key out; with it the answers of the model are shown as verified, like those of any contact.
  LAMA_TRY(name, store_text(space, person_name_text(display_name)));
  LAMA_TRY(sign_key, store_text(space, sign_key_text(keys.signing)));
  profile about;
  about.person = out.person;
  about.owner = me;
  about.descriptions = {name, sign_key};
  LAMA_TRY(stored, store_profile(space, about, now_ms));
  out.profile = stored.id;
  // The named Someone before the rule for profiles, which would make one with a random id.
  LAMA_TRY(all, load_leute(space));
  auto known = someone_of(space, out.person);
  LAMA_TRY(someone, known ? result<hash>{*known} : store_someone(space, {std::string{model_id}, stored.id, {{out.person, {stored.id}}}}, now_ms));
  out.someone = someone;
  if (std::find(all.others.begin(), all.others.end(), someone) == all.others.end()) {
    all.others.push_back(someone);
    LAMA_CHECK(store_leute(space, all, now_ms));
  }
  return out;
}

} // namespace lama::models
