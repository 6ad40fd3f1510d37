#include "protocol/models/instance.hpp"

#include "protocol/models/keychain.hpp"

#include <algorithm>

namespace lama::models {

namespace {

constexpr std::size_t most_username = 64;
/// An e-mail address has at most 254 characters; ours are shorter.
constexpr std::size_t most_name = 254;

result<done> check_name(std::string_view what, std::string_view text) {
  if (text.empty() || text.size() > most_name)
    return fail(errc::bad_input, std::string{what} + " must have 1 to 254 bytes");
  if (text.find_first_of("&<>") != text.npos)
    return fail(errc::bad_input, std::string{what} + " \"" + std::string{text} + "\" must not contain any of & < >; choose another");
  return done{};
}

protocol::value map_of(const reverse_maps& maps) {
  protocol::map out;
  for (const auto& [type, fields] : maps) {
    protocol::list items;
    for (const auto& field : fields)
      items.emplace_back(field);
    out.emplace_back(type, std::move(items));
  }
  return out;
}

result<std::string> instance_text(const object_space& space, const new_instance& what, const hash& owner) {
  protocol::list recipes;
  for (const auto* recipe : what.recipes)
    recipes.emplace_back(sha256(recipe->text));
  object x{"Instance", {}};
  x.set("name", what.name).set("owner", owner).set("recipe", std::move(recipes));
  x.set("enabledReverseMapTypes", map_of(what.object_maps)).set("enabledReverseMapTypesForIdObjects", map_of(what.id_object_maps));
  return protocol::write_object(x, space.recipes());
}

std::string person_text(const new_instance& what) {
  object_writer out{"Person"};
  out.text("email", what.email);
  if (what.owner_name)
    out.text("name", *what.owner_name);
  return out.finish();
}

} // namespace

std::string person_id_text(std::string_view email) {
  return object_writer{"Person", true}.text("email", email).finish();
}

std::string instance_id_text(std::string_view name, const hash& owner) {
  return object_writer{"Instance", true}.text("name", name).id_reference("owner", owner).finish();
}

const reverse_maps& model_reverse_maps() {
  static const reverse_maps maps{
      {"Signature", {"issuer", "data"}},
      {"AccessUnversionedObjectCertificate", {"*"}},
      {"AccessVersionedObjectCertificate", {"*"}},
      {"AffirmationCertificate", {"*"}},
      {"License", {"*"}},
      {"RelationCertificate", {"*"}},
      {"RightToDeclareTrustedKeysForEverybodyCertificate", {"*"}},
      {"RightToDeclareTrustedKeysForSelfCertificate", {"*"}},
      {"TrustKeysCertificate", {"*"}},
      {"Profile", {"communicationEndpoint", "personDescription"}},
      {"Someone", {"*"}},
      {"OneInstanceEndpoint", {"*"}},
  };
  return maps;
}

const reverse_maps& model_reverse_maps_for_id_objects() {
  static const reverse_maps maps{{"Profile", {"owner", "personId"}}};
  return maps;
}

result<public_keys> read_keys(const object_source& from, const hash& keys) {
  LAMA_TRY(x, protocol::load(from, keys));
  auto encryption = protocol::key32_from_hex(x.text("publicKey"));
  auto signing = protocol::key32_from_hex(x.text("publicSignKey"));
  if (x.type != "Keys" || !encryption || !signing)
    return fail(errc::bad_input, "object " + keys.hex() + " is not a Keys object with two keys in hex");
  return public_keys{*encryption, *signing};
}

result<identity> create_instance(object_space& space, const new_instance& what, int64_t now_ms) {
  LAMA_CHECK(check_name("the email", what.email));
  LAMA_CHECK(check_name("the instance name", what.name));
  identity own;
  own.email = what.email;
  own.instance_name = what.name;
  own.person = protocol::id_hash_of_person(what.email);
  own.instance = protocol::id_hash_of_instance(what.name, own.person);
  own.person_public = what.person_keys;
  own.instance_public = what.instance_keys;
  auto person_keys = keys_text(own.person, what.person_keys.encryption, what.person_keys.signing);
  auto instance_keys = keys_text(own.instance, what.instance_keys.encryption, what.instance_keys.signing);
  own.person_keys = sha256(person_keys);
  own.instance_keys = sha256(instance_keys);
  if (space.head(own.instance)) {
    if (!space.contains(own.person_keys) || !space.contains(own.instance_keys))
      return fail(errc::conflict, "the instance " + what.name + " exists with other keys; unlock it instead of creating it");
    return own;
  }
  LAMA_CHECK(protocol::store_version(space, person_text(what), now_ms));
  LAMA_CHECK(space.put(person_keys));
  for (const auto* recipe : what.recipes)
    LAMA_CHECK(protocol::store_version(space, recipe->text, now_ms));
  LAMA_TRY(text, instance_text(space, what, own.person));
  LAMA_CHECK(protocol::store_version(space, text, now_ms));
  LAMA_CHECK(space.put(instance_keys));
  return own;
}

result<identity> load_identity(const object_source& from, std::string_view email, std::string_view name,
                               const std::function<bool(const hash& keys)>& is_local) {
  identity own;
  own.email = email;
  own.instance_name = name;
  own.person = protocol::id_hash_of_person(email);
  own.instance = protocol::id_hash_of_instance(name, own.person);
  if (!from.head(own.instance))
    return fail(errc::not_found, "there is no instance " + std::string{name} + " of " + std::string{email} + " in it");
  auto find = [&](const hash& owner, hash& keys, public_keys& parts) -> result<done> {
    for (const auto& candidate : from.referrers(owner, "Keys"))
      if (is_local(candidate)) {
        keys = candidate;
        LAMA_TRY(read, read_keys(from, candidate));
        parts = read;
        return done{};
      }
    return fail(errc::locked, "the secret keys of " + owner.hex() + " are not in it", "KEYCH-NODEFKEYS");
  };
  LAMA_CHECK(find(own.person, own.person_keys, own.person_public));
  LAMA_CHECK(find(own.instance, own.instance_keys, own.instance_public));
  return own;
}

result<done> add_recipe(object_space& space, const identity& own, const protocol::recipe& recipe, int64_t now_ms) {
  LAMA_CHECK(protocol::store_version(space, recipe.text, now_ms));
  LAMA_TRY(instance, protocol::load_current(space, own.instance));
  auto name = sha256(recipe.text);
  protocol::list recipes;
  for (const auto& known : instance.references("recipe")) {
    if (known == name)
      return done{};
    recipes.emplace_back(known);
  }
  recipes.emplace_back(name);
  instance.set("recipe", std::move(recipes));
  LAMA_TRY(text, protocol::write_object(instance, space.recipes()));
  LAMA_CHECK(protocol::store_version(space, text, now_ms));
  return done{};
}

bool is_username(std::string_view text) {
  auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= most_username && text.front() != '.' && std::all_of(text.begin(), text.end(), allowed);
}

std::string sparse_email(std::string_view user, std::string_view suffix) {
  std::string out{user};
  if (!suffix.empty())
    out.append(".").append(suffix);
  return out + "@lama.local";
}

std::string archive_email(std::string_view user, std::string_view suffix) {
  return "node-" + sparse_email(user, suffix);
}

} // namespace lama::models
