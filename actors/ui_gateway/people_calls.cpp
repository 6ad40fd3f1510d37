#include "actors/ui_gateway/calls.hpp"

#include "actors/connection_manager/connection_manager.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/models/leute.hpp"

#include <algorithm>
#include <utility>

/// Persons by email, provisioning from outside, and single connections.
namespace lama::actors::channels {

namespace {

/// A person without a node: a name and an email. Keys may come later, with a profile of their own.
result<lama::done> note_person(storage::transaction& to, const user_context& user, const std::string& email, const std::string& name) {
  auto now = user.environment->clock->now_ms();
  LAMA_CHECK(protocol::store_version(to, protocol::object_writer{"Person"}.text("email", email).text("name", name).finish(), now));
  LAMA_TRY(person_name, models::store_text(to, models::person_name_text(name)));
  models::profile about;
  about.person = protocol::id_hash_of_person(email);
  about.owner = user.me.person;
  about.descriptions = {person_name};
  LAMA_TRY(stored, models::store_profile(to, about, now));
  LAMA_CHECK(models::profile_arrived(to, user.me.person, stored.id, user.environment->random(), now));
  return lama::done{};
}

} // namespace

void add_contact(gateway_pointer self, const call_scope& x) {
  if (!x["invitation"].is_null())
    return accept_invitation(self, x);
  LAMA_PARAMETER(email, text_parameter(x, "email"));
  LAMA_PARAMETER(name, optional_text(x, "name"));
  if (email.find('@') == std::string::npos || email.find_first_of(" \t\r\n") != std::string::npos)
    return x.fail(bad_parameter("email", "this is no email address"));
  auto person = protocol::id_hash_of_person(email);
  if (person == x.user->me.person || person == x.user->public_person())
    return x.fail(lama::fail(errc::conflict, "That is you."));
  transact change{"note person", [user = x.user, email, shown = name.empty() ? email : name](storage::transaction& to) -> result<lama::done> {
                    return note_person(to, *user, email, shown);
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [x, person](const transacted&) {
            x.done({{"personId", person.hex()}});
          },
          x.failed());
}

namespace {

void answer_provisioned(gateway_pointer self, const call_scope& x, const user_state& state) {
  auto& st = self->state;
  auto manager = st.context->members->find<pairing_manager_actor>(std::string{"pairing-manager/"}.append(state.user));
  self->request(manager, st.deadline(), create_invitation{})
      .then(
          [self, x, state](const invitation_created& made) {
            auto parsed = json::parse(made.json, nullptr, false);
            x.done({{"nodeId", state.instance.hex()},
                    {"endpoint", self->state.context->credentials->archive_url()},
                    {"pairingInvite", parsed.is_discarded() ? json::object() : std::move(parsed)}});
          },
          x.failed());
}

} // namespace

void provision_node(gateway_pointer self, const call_scope& x) {
  auto& st = self->state;
  if (!st.is_archive())
    return x.fail(lama::fail(errc::forbidden, "Provisioning is done on the archive's port."));
  if (auto wait = st.logins->count(x.who.address, self->clock().now()))
    return x.answer({lama::fail(errc::overloaded, "Too many attempts; wait a moment.", std::string{protocol::jsonrpc::detail_rate_limited}),
                     json{{"retryAfterMs", wait->count()}}});
  LAMA_PARAMETER(secret, text_parameter(x, "secret"));
  LAMA_PARAMETER(name, text_parameter(x, "username"));
  LAMA_PARAMETER(password, text_parameter(x, "password"));
  auto given = lama::from_hex(secret);
  if (!given || !protocol::equal_secret(*given, st.context->credentials->secret()))
    return x.fail(lama::fail(errc::forbidden, "The secret is not the one in bridge.json."));
  auto supervisor = st.context->members->find<supervisor_actor>("supervisor");
  self->request(supervisor, 2 * st.deadline(), login_user{name, password})
      .then([self, x](const user_state& state) { answer_provisioned(self, x, state); },
            [self, x, supervisor, name, password](const caf::error& problem) {
              auto failure = from_caf(problem);
              if (failure.code != errc::not_found)
                return x.fail(std::move(failure));
              self->request(supervisor, 2 * self->state.deadline(), register_user{name, password, {}})
                  .then([self, x](const user_state& state) { answer_provisioned(self, x, state); }, x.failed());
            });
}

void rename_contact(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(person, hash_parameter(x, "personId"));
  LAMA_PARAMETER(name, text_parameter(x, "name"));
  auto is_contact = [&, view = x.user->store->read()] {
    auto all = models::contacts(*view);
    return std::ranges::any_of(all, [&](const auto& one) { return std::ranges::find(one.persons, person) != one.persons.end(); });
  };
  if (person == x.user->me.person || !is_contact())
    return x.fail(lama::fail(errc::not_found, "This is none of your contacts."));
  transact change{"rename contact", [user = x.user, person, name](storage::transaction& to) {
                    return models::rename_contact(to, user->me.person, person, name, user->environment->random(), user->environment->clock->now_ms());
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [x, person](const transacted&) {
            x.done({{"personId", person.hex()}, {"name", models::display_name(*x.user->store->read(), x.user->me.person, person)}});
          },
          x.failed());
}

void set_name(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(name, text_parameter(x, "name"));
  auto has_text = std::ranges::any_of(name, [](unsigned char c) { return c > ' ' && c != 0x7f; });
  if (!has_text)
    return x.fail(bad_parameter("name", "a name needs a letter"));
  transact change{"set own name", [user = x.user, name](storage::transaction& to) -> result<lama::done> {
                    LAMA_CHECK(models::set_own_name(to, user->me, name, user->environment->clock->now_ms()));
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change)).then([x, name](const transacted&) { x.done({{"name", name}}); }, x.failed());
}

void connect(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(url, text_parameter(x, "url"));
  auto& st = self->state;
  auto peers = st.context->directory->peers(x.user->user);
  auto found = std::ranges::find_if(peers, [&url](const known_peer& peer) { return std::ranges::find(peer.urls, url) != peer.urls.end(); });
  if (found == peers.end())
    return x.fail(lama::fail(errc::not_found, "Nobody you know is at this address; pair with an invitation (pairing:acceptInvitation)."));
  auto manager = st.context->members->find<connection_manager_actor>("connection-manager");
  self->send(manager, dial_due{x.user->user, found->instance_key});
  ask_connections(self, x.user->user, [x, person = found->person.hex()](const result<json>& listed) {
    if (!listed)
      return x.fail(listed.failure());
    for (const auto& one : (*listed)["connections"])
      if (one["personId"] == person && one["id"] != "0")
        return x.done({{"connectionId", one["id"]}, {"status", one["status"]}});
    x.done({{"connectionId", ""}, {"status", "connecting"}}); // network:status tells its number in a moment
  });
}

void disconnect(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(id, text_parameter(x, "connectionId"));
  ask_connections(self, x.user->user, [self, x, id](const result<json>& listed) {
    if (!listed)
      return x.fail(listed.failure());
    const auto& all = (*listed)["connections"];
    auto found = std::ranges::find_if(all, [&](const json& one) { return one["id"] == id && one["user"] == x.user->user; });
    if (found == all.end() || id == "0")
      return x.done({{"success", false}});
    self->state.context->environment->network->close(std::stoull(id), net::close_code::normal, "closed by the user");
    x.done({{"success", true}});
  });
}

} // namespace lama::actors::channels
