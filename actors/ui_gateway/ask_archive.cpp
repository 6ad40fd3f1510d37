#include "actors/instance/interface.hpp"
#include "actors/ui_gateway/calls.hpp"

#include <utility>

/// Calls that the archive answers, over the bridge.
namespace lama::actors {

namespace {

namespace jsonrpc = protocol::jsonrpc;

lama::error not_open_yet(const std::string& why) {
  return lama::fail(errc::offline, "The archive has not unlocked this user" + (why.empty() ? " yet; try again in a moment." : ": " + why));
}

void forward(gateway_pointer self, const call_scope& x, bool may_wait);

/// The archive opens its half of a user after the device did (scrypt takes its time), and again when it was restarted.
void forward_when_open(gateway_pointer self, const call_scope& x) {
  auto instance = x.user->members->find<instance_actor>(x.user->role("instance"));
  if (!instance)
    return x.fail(not_open_yet({}));
  self->request(instance, self->state.deadline(), await_partner{})
      .then([self, x](const user_state&) { forward(self, x, false); }, [x](const caf::error& failure) { x.fail(not_open_yet(from_caf(failure).message)); });
}

void take_answer(gateway_pointer self, const call_scope& x, const call_answered& answered, bool may_wait) {
  auto parsed = jsonrpc::parse_bounded(answered.json);
  if (!parsed || (answered.failed && !parsed->is_object()))
    return x.fail(lama::fail(errc::internal, "the archive's answer cannot be read"));
  if (!answered.failed)
    return x.done(std::move(*parsed));
  const auto& number = (*parsed)["code"];
  const auto& message = (*parsed)["message"];
  if (!number.is_number_integer() || !message.is_string())
    return x.fail(lama::fail(errc::internal, "the archive answered with an error that has no code"));
  auto code = jsonrpc::errc_for(number.get<int32_t>());
  if (code == errc::locked && x.user)
    return may_wait ? forward_when_open(self, x) : x.fail(not_open_yet({}));
  x.answer({lama::fail(code, message.get<std::string>()), (*parsed)["data"], static_cast<jsonrpc::code>(number.get<int32_t>())});
}

void forward(gateway_pointer self, const call_scope& x, bool may_wait) {
  auto bridge = self->state.context->members->find<bridge_client_actor>("bridge");
  if (!bridge)
    return x.fail(lama::fail(errc::offline, "The bridge to the archive is starting; try again in a moment."));
  self->request(bridge, 2 * self->state.deadline(), forward_call{x.user ? x.user->user : x.who.user, x.method, x.parameters->dump()})
      .then([self, x, may_wait](const call_answered& answered) { take_answer(self, x, answered, may_wait); }, x.failed());
}

} // namespace

void ask_archive(gateway_pointer self, const call_scope& x) {
  forward(self, x, true);
}

} // namespace lama::actors
