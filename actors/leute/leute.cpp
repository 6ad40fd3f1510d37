#include "actors/leute/leute.hpp"

#include "actors/common/errors.hpp"
#include "actors/connection_manager/connection_manager.hpp"
#include "actors/connection_manager/directory.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/lama_objects.hpp"
#include "protocol/models/leute.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = leute_actor::stateful_pointer<leute_state>;

/// After a write that failed.
constexpr std::chrono::seconds next_try{1};

/// Whom the connections may let in and whom they dial. On the sparse side that is the archive alone: nothing that was imported opens a
/// door here (docs/architecture.md, "Who am I to others").
std::vector<known_peer> known_peers(const user_context& user, const storage::snapshot& view) {
  std::map<hash, known_peer> by_instance;
  for (const auto& known : models::known_endpoints(view, user.me)) {
    auto& x = by_instance[known.at.instance];
    x.person = known.at.person;
    x.instance = known.at.instance;
    x.person_key = protocol::view(known.person_public.encryption);
    x.instance_key = protocol::view(known.instance_public.encryption);
    if (known.at.url && !known.at.url->empty() && std::ranges::find(x.urls, *known.at.url) == x.urls.end())
      x.urls.push_back(*known.at.url);
  }
  auto sparse = user.environment->settings.which == side::sparse;
  std::vector<known_peer> peers;
  for (auto& [instance, x] : by_instance) {
    auto is_partner = user.partner && user.partner->instance == instance && x.instance_key == protocol::view(user.partner->instance_key);
    if (is_partner) {
      x.kind = sparse ? peer_kind::own_archive : peer_kind::own_sparse;
      x.urls.clear();
      if (sparse)
        x.urls.push_back(user.partner->url); // as the bridge said it last; the profile's may be older
    } else if (sparse || (user.partner && x.person == user.partner->person)) {
      continue; // the latter: a sparse instance that was replaced
    }
    peers.push_back(std::move(x));
  }
  return peers;
}

/// What the sparse instance shows of a contact. Written only where it says something new.
result<done> write_contact(storage::transaction& to, const user_context& user, const hash& person) {
  auto now = user.environment->clock->now_ms();
  models::lama_contact x;
  x.since = now;
  if (auto former = protocol::load_current(to, models::contact_id(person)))
    if (auto read = models::read_contact(*former))
      x = *read;
  x.person = person;
  x.name = models::display_name(to, user.me.person, person);
  x.state = "contact";
  LAMA_TRY(text, models::text_of(x));
  LAMA_CHECK(protocol::store_version(to, text, now)); // an equal version writes nothing
  models::audience partner{{user.partner->person}, {}};
  LAMA_CHECK(models::grant(to, models::id_target(models::contact_id(person)), partner, models::grant_mode::add, now));
  // Somebody out of an imported history has none; a contact's may come later.
  if (auto profile = models::default_profile_of(person); to.head(profile))
    LAMA_CHECK(models::grant(to, models::id_target(profile), partner, models::grant_mode::add, now));
  return done{};
}

result<done> show_contacts(storage::transaction& to, const user_context& user) {
  if (user.environment->settings.which != side::archive || !user.partner)
    return done{};
  for (const auto& contact : models::contacts(to))
    for (const auto& person : contact.persons)
      if (person != user.partner->person && person != user.me.person)
        LAMA_CHECK(write_contact(to, user, person));
  return done{};
}

void tell_peers(self_pointer self) {
  auto& st = self->state;
  auto peers = known_peers(*st.user, *st.user->store->read());
  st.known = peers.size();
  if (auto directory = st.user->directory.lock())
    directory->set_peers(st.user->user, std::move(peers));
  self->send(st.user->members->find<connection_manager_actor>("connection-manager"), look_at_user{st.user->user});
}

void refresh(self_pointer self) {
  auto& st = self->state;
  auto profiles = std::exchange(st.arrived, {});
  transact change{"refresh people", [user = st.user, profiles](storage::transaction& to) -> result<done> {
                    const auto& environment = *user->environment;
                    for (const auto& profile : profiles)
                      LAMA_CHECK(models::profile_arrived(to, user->me.person, profile, environment.random(), environment.clock->now_ms()));
                    return show_contacts(to, *user);
                  }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then([self](transacted) { tell_peers(self); },
            [self, profiles](const caf::error& failure) {
              auto& state = self->state;
              state.user->environment->log(log_error, leute_state::name, "cannot bring contacts up to date: " + from_caf(failure).message);
              state.arrived.insert(state.arrived.end(), profiles.begin(), profiles.end());
              if (!std::exchange(state.refresh_is_due, true))
                self->delayed_send(self, next_try, refresh_people{});
              tell_peers(self);
            });
}

void refresh_soon(self_pointer self) {
  if (!std::exchange(self->state.refresh_is_due, true))
    self->send(self, refresh_people{});
}

} // namespace

leute_actor::behavior_type leute(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.user->commits->add(caf::actor_cast<commit_listener>(self));
  refresh_soon(self);
  return {
      [self](const objects_committed& committed) {
        for (const auto& change : committed.info->changes)
          if (change.kind == storage::change_kind::head && change.type == "Profile")
            self->state.arrived.push_back(change.id);
        if (!self->state.arrived.empty())
          refresh_soon(self);
      },
      [self](refresh_people) {
        self->state.refresh_is_due = false;
        refresh(self);
      },
      [self](get_status) {
        return status_report{nlohmann::json{{"knownPeers", self->state.known}}.dump()};
      },
  };
}

} // namespace lama::actors
