#include "actors/deliveries/deliveries.hpp"

#include "actors/common/errors.hpp"
#include "protocol/models/deliveries.hpp"
#include "protocol/objects/own_channels.hpp"
#include "protocol/sync/entries.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = deliveries_actor::stateful_pointer<deliveries_state>;
using waiting_versions = std::map<std::pair<hash, hash>, hash>;

/// A lively chat is written down a few times a second, not once a message.
constexpr std::chrono::milliseconds gathering{100};
constexpr std::chrono::seconds next_try{1};
/// Entries of one channel that one round looks at.
constexpr std::size_t most_walked = 10'000;

std::string head_note(const hash& person, const hash& channel) {
  return "delivered/" + person.hex() + '/' + channel.hex();
}

result<done> note_version(storage::transaction& to, const user_context& user, const hash& person, const hash& channel, const hash& data, uint64_t& count) {
  auto key = models::load_channel_key(to, channel);
  if (!key || key->id.starts_with(protocol::own_channels))
    return done{};
  auto head = protocol::sync::list_head(to, data);
  auto note = to.note(head_note(person, channel));
  auto former = note ? hash::from_bytes(*note) : std::nullopt;
  if (!head || head == former)
    return done{};
  auto messages = models::newly_delivered(to, head, former, user.me.person, most_walked);
  std::erase_if(messages, [&to, &person](const hash& name) { return models::is_delivered_to(to, name, person); });
  auto sparse = user.partner ? std::optional{user.partner->person} : std::nullopt;
  LAMA_CHECK(models::note_delivered(to, user.me.person, sparse, key->id, person, messages, user.keys->as(user.me.person), user.environment->clock->now_ms()));
  to.set_note(head_note(person, channel), head->raw());
  count += messages.size();
  return done{};
}

void note_soon(self_pointer self, std::chrono::milliseconds delay) {
  if (!std::exchange(self->state.is_due, true))
    self->delayed_send(self, delay, note_deliveries{});
}

void note_all(self_pointer self) {
  auto& st = self->state;
  st.is_due = false;
  auto versions = std::make_shared<const waiting_versions>(std::exchange(st.waiting, {}));
  if (versions->empty())
    return;
  auto count = std::make_shared<uint64_t>(0);
  transact change{"note deliveries", [user = st.user, versions, count](storage::transaction& to) -> result<done> {
                    *count = 0;
                    for (const auto& [where, data] : *versions)
                      LAMA_CHECK(note_version(to, *user, where.first, where.second, data, *count));
                    return done{};
                  }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then([self, count](transacted) { self->state.delivered += *count; },
            [self, versions](const caf::error& failure) {
              auto& state = self->state;
              state.user->environment->log(log_warning, deliveries_state::name, "cannot note what was delivered: " + from_caf(failure).message);
              state.waiting.insert(versions->begin(), versions->end()); // newer ones, which came meanwhile, stay
              note_soon(self, next_try);
            });
}

} // namespace

deliveries_actor::behavior_type deliveries(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  return {
      [self](const version_delivered& what) {
        self->state.waiting[{what.person, what.id}] = what.data;
        note_soon(self, gathering);
      },
      [self](note_deliveries) { note_all(self); },
      [self](get_status) {
        return status_report{nlohmann::json{{"delivered", self->state.delivered}}.dump()};
      },
  };
}

} // namespace lama::actors
