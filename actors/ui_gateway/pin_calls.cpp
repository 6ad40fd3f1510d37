#include "actors/evictor/evictor.hpp"
#include "actors/ui_gateway/calls.hpp"
#include "protocol/models/lama_objects.hpp"

/// What is kept on this device whatever its budget (docs/chum-extension.md §8).
namespace lama::actors::channels {

void pin(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  const auto& wanted = x["pinned"];
  if (!wanted.is_boolean())
    return x.fail(bad_parameter("pinned", "pinned is true or false"));
  if (!protocol::load_current(*x.user->store->read(), models::conversation_id(conversation)))
    return x.fail(lama::fail(errc::not_found, "There is no conversation " + conversation.substr(0, 200) + " here."));
  auto pinned = wanted.get<bool>();
  transact change{"pin conversation", [key = pinned_note + conversation, pinned](storage::transaction& to) -> result<lama::done> {
                    if (pinned)
                      to.set_note(key, {});
                    else
                      to.remove_note(key);
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [x, conversation, pinned](const transacted&) {
            x.done({{"conversationId", conversation}, {"pinned", pinned}});
          },
          x.failed());
}

} // namespace lama::actors::channels
