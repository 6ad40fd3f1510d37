#include "actors/keychain/keychain.hpp"

#include "actors/common/errors.hpp"
#include "actors/keychain/lost_keys.hpp"
#include "actors/keychain/new_user.hpp"
#include "protocol/models/instance.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

using protocol::key32;

std::string folder_of(const node_environment& environment, const std::string& user) {
  return std::string{to_string(environment.settings.which)} + '/' + user;
}

result<done> commit(storage::store& store, const std::function<result<done>(storage::transaction&)>& apply) {
  LAMA_TRY(open, store.begin());
  LAMA_CHECK(apply(*open));
  LAMA_CHECK(store.commit(std::move(open)));
  return done{};
}

result<done> check_new_password(const std::string& password) {
  if (password.size() < least_password_length)
    return fail(errc::bad_input, "the password is too short: at least " + std::to_string(least_password_length) + " characters");
  if (password.size() > most_password_bytes)
    return fail(errc::bad_input, "the password is too long: at most " + std::to_string(most_password_bytes) + " bytes");
  return done{};
}

result<key32> master_key(const storage::snapshot& view, const open_user& request) {
  if (!request.password.empty()) {
    auto record = view.note(models::password_note);
    if (!record)
      return fail(errc::corrupt, "the record that the password opens is lost");
    LAMA_TRY(wrapping, models::decode_password_wrapping(*record));
    return models::unwrap_with_password(wrapping, request.password);
  }
  auto record = view.note(models::unlock_note);
  auto secret = protocol::key32_from_bytes(request.unlock_secret);
  if (!record || !secret)
    return fail(errc::wrong_secret, "this secret does not unlock " + request.user + "; log in with the password");
  return models::unwrap_with_secret(*record, *secret, unlock_purpose);
}

/// A store whose user nobody can be any more. Who deletes a device's data gives the password for it, if there is something that knows it.
error lost(const node_environment& environment, const std::string& user, const error& why, bool password_opens) {
  auto text = "The store of " + user + " is damaged: " + why.message + ". Restore a backup (lama restore)";
  if (environment.settings.which == side::sparse) {
    auto deleted =
        password_opens ? "delete what this device has (lama reset " + user + ")" : "stop the node and remove the folder sparse/" + user + " of its data folder";
    text += ", or " + deleted + " and register " + user +
            " again with the same password: the archive sets the device up anew. Messages that it does not have yet are lost with that";
  }
  return fail(errc::corrupt, text + '.', why.detail);
}

/// Whatever is left of the user: the store was somebody's.
bool has_keys(const storage::snapshot& view) {
  return view.note(models::password_note) || !view.notes(models::secret_keys_note, 1).empty();
}

struct named_identity {
  std::string email;
  std::string instance_name;
};

result<named_identity> identity_in(const storage::snapshot& view) {
  auto text = view.note(identity_note);
  auto line = text ? text->find('\n') : std::string::npos;
  if (line == std::string::npos)
    return fail(errc::corrupt, "it does not say whose it is");
  return named_identity{text->substr(0, line), text->substr(line + 1)};
}

/// Their hashes are known, and all else that is in them.
result<done> mend_keys(const key32& master, storage::store& store) {
  auto view = store.read();
  LAMA_TRY(named, identity_in(*view));
  auto person = protocol::id_hash_of_person(named.email);
  auto texts = lost_keys(*view, {person, protocol::id_hash_of_instance(named.instance_name, person)}, master);
  view.reset();
  if (texts.empty())
    return done{};
  return commit(store, [&](storage::transaction& to) -> result<done> {
    for (const auto& text : texts)
      LAMA_CHECK(to.put(text));
    return done{};
  });
}

/// The password, or the other side's secret, was right: what fails from here on is not the caller's mistake.
result<std::shared_ptr<opened_user>> open_with(const key32& master, const storage::snapshot& view) {
  LAMA_TRY(named, identity_in(view));
  std::map<hash, std::string> sealed;
  for (auto& [key, record] : view.notes(models::secret_keys_note))
    if (auto name = hash::from_hex(std::string_view{key}.substr(models::secret_keys_note.size())))
      sealed.emplace(*name, record);
  LAMA_TRY(identity, models::load_identity(view, named.email, named.instance_name, [&sealed](const hash& keys) { return sealed.contains(keys); }));

  auto ring = std::make_shared<models::key_ring>();
  for (const auto& [owner, keys] : {std::pair{identity.person, identity.person_keys}, std::pair{identity.instance, identity.instance_keys}}) {
    LAMA_TRY(record, models::decode_sealed_keys(sealed[keys]));
    LAMA_TRY(secret, models::open(record, master));
    ring->add(owner, keys, secret);
  }
  auto opened = std::make_shared<opened_user>();
  opened->me = identity;
  opened->keys = std::move(ring);
  if (auto note = view.note(partner_note))
    opened->partner = partner_identity::from_note(*note);
  if (auto record = view.note(unlock_secret_note)) {
    LAMA_TRY(secret, models::unwrap_with_secret(*record, master, sealed_secret_purpose));
    opened->unlock_secret = protocol::view(secret);
  }
  return opened;
}

result<std::shared_ptr<opened_user>> unlock(const node_environment& environment, const open_user& request, std::shared_ptr<storage::store> store) {
  auto view = store->read();
  secret_key32 master;
  auto unwrapped = master_key(*view, request);
  if (!unwrapped)
    return unwrapped.failure().code == errc::corrupt ? lost(environment, request.user, unwrapped.failure(), false) : unwrapped.failure();
  master.bytes = *unwrapped;
  protocol::wipe(*unwrapped);
  view.reset();
  auto mended = mend_keys(master.bytes, *store);
  view = store->read();
  auto opened_result = mended ? open_with(master.bytes, *view) : mended.failure();
  if (auto trouble = view->trouble())
    return *trouble;
  if (!opened_result)
    return lost(environment, request.user, opened_result.failure(), true);
  auto opened = *std::move(opened_result);
  auto record = environment.settings.which == side::archive ? unlock_record(master.bytes, request, environment.random()) : std::string{};
  if (!record.empty()) {
    view.reset();
    LAMA_CHECK(commit(*store, [&](storage::transaction& to) -> result<done> {
      to.set_note(models::unlock_note, record);
      return done{};
    }));
  }
  opened->store = std::move(store);
  return opened;
}

result<std::shared_ptr<opened_user>> open_or_create(const node_environment& environment, const open_user& request) {
  auto nobody = fail(errc::not_found, "there is no user '" + request.user + "' here; lama register makes one");
  // Asking for somebody who is not there leaves nothing behind.
  auto folders = environment.files->folders(to_string(environment.settings.which));
  if (!request.create && std::ranges::find(folders, request.user) == folders.end())
    return nobody;
  LAMA_TRY(opened_store, environment.open_store(folder_of(environment, request.user)));
  std::shared_ptr<storage::store> store = std::move(opened_store);
  auto exists = store->read()->note(identity_note).has_value();
  if (exists && request.only_new)
    return fail(errc::conflict, "the user '" + request.user + "' exists already; log in instead");
  if (!exists && !has_keys(*store->read())) {
    if (!request.create)
      return nobody;
    LAMA_CHECK(check_new_password(request.password));
    auto made = draw_user(environment, request);
    LAMA_CHECK(commit(*store, [&](storage::transaction& to) { return write_new_user(environment, request, made, to); }));
  }
  LAMA_TRY(opened, unlock(environment, request, store));
  opened->created = !exists;
  return std::move(opened);
}

result<done> erase(const node_environment& environment, const erase_user& request) {
  if (!environment.remove_store)
    return fail(errc::unsupported, "This node deletes nobody's data.");
  auto nobody = fail(errc::not_found, "there is no user '" + request.user + "' here");
  auto folders = environment.files->folders(to_string(environment.settings.which));
  if (std::ranges::find(folders, request.user) == folders.end())
    return nobody;
  {
    LAMA_TRY(opened, environment.open_store(folder_of(environment, request.user)));
    auto view = opened->read();
    if (!view->note(identity_note) && !has_keys(*view))
      return nobody;
    LAMA_TRY(master, master_key(*view, open_user{request.user, request.password, {}, false, {}, {}}));
    protocol::wipe(master);
  }
  return request.only_check ? result<done>{done{}} : environment.remove_store(folder_of(environment, request.user));
}

} // namespace

opened_user::~opened_user() {
  protocol::wipe(unlock_secret);
}

keychain_actor::behavior_type keychain(keychain_actor::stateful_pointer<keychain_state> self, environment_ptr environment) {
  self->state.environment = std::move(environment);
  return {
      [self](open_user& request) -> caf::result<user_opened> {
        auto opened = open_or_create(*self->state.environment, request);
        protocol::wipe(request.password);
        protocol::wipe(request.unlock_secret);
        if (!opened) {
          ++self->state.refused;
          return to_caf(opened.failure());
        }
        ++self->state.opened;
        return user_opened{*opened};
      },
      [self](check_password& request) -> caf::result<password_checked> {
        open_user given{{}, std::move(request.password), std::move(request.unlock_secret), false, {}, {}};
        auto checked = master_key(*request.store->read(), given);
        auto record = checked ? unlock_record(*checked, given, self->state.environment->random()) : std::string{};
        protocol::wipe(given.password);
        protocol::wipe(given.unlock_secret);
        if (!checked) {
          ++self->state.refused;
          return to_caf(checked.failure());
        }
        protocol::wipe(*checked);
        return password_checked{std::move(record)};
      },
      [self](erase_user& request) -> caf::result<ok> {
        auto erased = erase(*self->state.environment, request);
        protocol::wipe(request.password);
        if (!erased) {
          ++self->state.refused;
          return to_caf(erased.failure());
        }
        return ok{};
      },
      [self](get_status) {
        return status_report{nlohmann::json{{"opened", self->state.opened}, {"refused", self->state.refused}}.dump()};
      },
  };
}

} // namespace lama::actors
