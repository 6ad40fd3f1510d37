#include "actors/ui_gateway/calls.hpp"

#include "actors/connection_manager/connection_manager.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "actors/ui_gateway/qr_code.hpp"
#include "actors/ui_gateway/views.hpp"

#include <utility>

namespace lama::actors {

void ask_connections(gateway_pointer self, const std::string& user, std::function<void(result<json>)> then) {
  auto manager = self->state.context->members->find<connection_manager_actor>("connection-manager");
  self->request(manager, self->state.deadline(), list_connections{})
      .then(
          [then, user](const connections_listed& listed) {
            auto all = json::array();
            for (const auto& x : listed.connections)
              if (user.empty() || x.user == user || x.user.empty())
                all.push_back({{"id", std::to_string(x.id)},
                               {"url", x.url},
                               {"status", x.status},
                               {"group", x.group},
                               {"user", x.user},
                               {"personId", x.peer},
                               {"detail", x.detail}});
            then(json{{"connections", std::move(all)}, {"listeningPort", listed.listening_port}});
          },
          [then](const caf::error& failure) { then(from_caf(failure)); });
}

namespace channels {

void network_status(gateway_pointer self, const call_scope& x) {
  if (x["side"] == "archive" && !self->state.is_archive())
    return ask_archive(self, x);
  ask_connections(self, x.user->user, [self, x](result<json> listed) {
    if (!listed)
      return x.fail(std::move(listed).failure());
    add_lag(self, x.user, std::move(*listed), [x](json told) { x.done(std::move(told)); });
  });
}

void invite(gateway_pointer self, const call_scope& x) {
  std::string role{"pairing-manager/"}; // in two steps: GCC 12 takes the sum for an overflow
  role += x.user->user;
  auto manager = self->state.context->members->find<pairing_manager_actor>(role);
  self->request(manager, self->state.deadline(), create_invitation{})
      .then(
          [x](const invitation_created& made) {
            auto parsed = json::parse(made.json, nullptr, false);
            auto end = x.user->environment->clock->now_ms() + x.user->environment->settings.times.invitation_lifetime.count();
            x.done({{"invitation", parsed.is_discarded() ? json::object() : std::move(parsed)},
                    {"link", made.link},
                    {"qr", qr_code(made.link)},
                    {"expires", time_text(end)}});
          },
          x.failed());
}

void accept_invitation(gateway_pointer self, const call_scope& x) {
  const auto& invitation = x["invitation"];
  if (!invitation.is_string() && !invitation.is_object())
    return x.fail(bad_parameter("invitation", "invitation must be the link or the JSON that the other side showed"));
  auto text = invitation.is_string() ? invitation.get<std::string>() : invitation.dump();
  if (text.size() > limits::invitation_bytes)
    return x.fail(bad_parameter("invitation", "this is too long for an invitation"));
  auto manager = self->state.context->members->find<connection_manager_actor>("connection-manager");
  self->request(manager, self->state.deadline(), pair_with{x.user->user, std::move(text)})
      .then(
          [x](const paired_with& paired) {
            x.done({{"personId", paired.person.hex()}, {"instanceId", paired.instance.hex()}});
          },
          x.failed());
}

} // namespace channels
} // namespace lama::actors
