#include "actors/ui_gateway/calls.hpp"

#include <chrono>
#include <utility>

namespace lama::actors {

namespace {

/// Who has not answered by then is stuck.
constexpr std::chrono::seconds walk_deadline{2};

struct walk {
  json actors = json::object();
  json took = json::object(); ///< milliseconds
  std::size_t waiting = 0;
  std::size_t silent = 0;
  std::function<void(json)> then;
};

/// By user, how far the other instance is behind this one.
json lag_of(const json& actors) {
  auto found = json::object();
  constexpr std::string_view role_prefix = "sync-figures/";
  for (const auto& [role, status] : actors.items())
    if (role.starts_with(role_prefix) && status.is_object() && status.value("knowsOther", false))
      found[role.substr(role_prefix.size())] = {{"entries", status["otherBehindEntries"]}, {"ageMs", status["otherBehindMs"]}};
  return found;
}

json finished(gateway_pointer self, walk& x) {
  auto& st = self->state;
  const auto& settings = st.context->environment->settings;
  auto bridge = x.actors.find("bridge");
  auto apart = bridge != x.actors.end() && bridge->is_object() && !(*bridge).value("connected", false);
  auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now() - st.started);
  return {{"status", x.silent > 0 || (apart && !st.is_archive()) ? "degraded" : "ok"},
          {"side", to_string(settings.which)},
          {"version", settings.version},
          {"uptimeMs", uptime.count()},
          {"bridgeConnected", !apart},
          {"users", st.context->directory->users()},
          {"lag", lag_of(x.actors)},
          {"actors", std::move(x.actors)},
          {"answeredMs", std::move(x.took)}};
}

} // namespace

void walk_node(gateway_pointer self, std::function<void(json)> then) {
  auto state = std::make_shared<walk>();
  state->then = std::move(then);
  auto members = self->state.context->members->members();
  state->waiting = members.size();
  auto one_less = [self, state] {
    if (--state->waiting == 0)
      state->then(finished(self, *state));
  };
  if (members.empty())
    return state->then(finished(self, *state));
  auto begun = std::chrono::steady_clock::now();
  for (const auto& [role, member] : members) {
    self->request(caf::actor_cast<reports_status>(member), walk_deadline, get_status{})
        .then(
            [state, one_less, begun, name = role](const status_report& report) {
              state->took[name] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
              auto parsed = json::parse(report.json, nullptr, false);
              state->actors[name] = parsed.is_discarded() ? json{} : std::move(parsed);
              one_less();
            },
            [state, one_less, name = role](const caf::error&) {
              state->actors[name] = "no answer";
              ++state->silent;
              one_less();
            });
  }
}

namespace channels {

void node_status(gateway_pointer self, const call_scope& x) {
  walk_node(self, [self, x](json walked) {
    ask_connections(self, {}, [x, walked = std::move(walked)](const result<json>& listed) mutable {
      walked.erase("answeredMs");
      walked["connections"] = listed ? (*listed)["connections"] : json::array();
      x.done(std::move(walked));
    });
  });
}

/// Whoever has a cookie has it already; giving it on to other browsers is for who can read the node's files.
void login_token(gateway_pointer self, const call_scope& x) {
  if (!x.who.session.empty())
    return x.fail(lama::fail(errc::forbidden, "Login links are made by programs that bear the node's token: lama login-url."));
  x.done({{"token", self->state.door->sessions().make_token()}, {"lifetimeMs", page_sessions::token_lifetime_ms}});
}

} // namespace channels
} // namespace lama::actors
