#include "actors/keychain/new_user.hpp"

#include "protocol/models/instance.hpp"
#include "protocol/models/leute.hpp"
#include "storage/sync_adapter.hpp"

namespace lama::actors {

namespace {

models::public_keys public_halves(const models::secret_keys& keys) {
  return {protocol::encryption_keys_from_secret(keys.encryption).public_key, protocol::signing_keys_from_secret(keys.signing).public_key};
}

} // namespace

new_user draw_user(const node_environment& environment, const open_user& request) {
  auto& random = environment.random();
  new_user x;
  random.fill(x.master.bytes);
  x.person_keys = models::make_secret_keys(random);
  x.instance_keys = models::make_secret_keys(random);
  auto suffix = environment.settings.plain_person_names ? std::string{} : random.text(10);
  auto is_archive = environment.settings.which == side::archive;
  if (!request.email.empty())
    x.email = request.email;
  else
    x.email = is_archive ? models::archive_email(request.user, suffix) : models::sparse_email(request.user, suffix);
  x.instance_name = (is_archive ? "lama-node-" : "lama-") + request.user;
  return x;
}

std::string unlock_record(const protocol::key32& master, const open_user& request, random_source& random) {
  auto secret = protocol::key32_from_bytes(request.unlock_secret);
  return secret && !request.password.empty() ? models::wrap_with_secret(master, *secret, unlock_purpose, random) : std::string{};
}

result<done> write_new_user(const node_environment& environment, const open_user& request, const new_user& made, storage::transaction& to) {
  auto& random = environment.random();
  auto now = environment.clock->now_ms();
  LAMA_TRY(wrapping, models::wrap_with_password(made.master.bytes, request.password, random, environment.derivation));
  to.set_note(models::password_note, models::encode(wrapping));

  models::new_instance description;
  description.email = made.email;
  description.name = made.instance_name;
  description.owner_name = made.email;
  description.person_keys = public_halves(made.person_keys);
  description.instance_keys = public_halves(made.instance_keys);
  for (const auto* recipe : protocol::standard_recipes().all())
    if (protocol::is_stock_type(recipe->name))
      description.recipes.push_back(recipe);
  description.object_maps = models::model_reverse_maps();
  description.id_object_maps = models::model_reverse_maps_for_id_objects();
  LAMA_TRY(identity, models::create_instance(to, description, now));

  auto keep = [&](const hash& keys, const models::secret_keys& secret) {
    to.set_note(std::string{models::secret_keys_note} + keys.hex(), models::encode(models::seal(secret, made.master.bytes, random)));
  };
  keep(identity.person_keys, made.person_keys);
  keep(identity.instance_keys, made.instance_keys);

  if (environment.settings.which == side::sparse) {
    secret_key32 unlock;
    random.fill(unlock.bytes);
    to.set_note(unlock_secret_note, models::wrap_with_secret(unlock.bytes, made.master.bytes, sealed_secret_purpose, random));
  } else if (auto record = unlock_record(made.master.bytes, request, random); !record.empty()) {
    to.set_note(models::unlock_note, record);
  }
  models::first_start options;
  options.name = request.user;
  if (!request.url.empty())
    options.url = request.url;
  LAMA_CHECK(models::start_leute(to, identity, options, models::sign_with(identity.person, made.person_keys.signing), now));
  storage::store_id(to, random);
  to.set_note(identity_note, made.email + '\n' + made.instance_name);
  return done{};
}

} // namespace lama::actors
