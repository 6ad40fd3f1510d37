#include "actors/ui_gateway/calls.hpp"

#include "actors/outbox/interface.hpp"
#include "actors/outbox/refusals.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <utility>

/// What is done with messages that are there: changed, deleted, read (docs/annotations.md).
namespace lama::actors::channels {

namespace {

/// Messages of one millisecond that are told apart.
constexpr std::size_t most_of_one_time = 1000;

bool waits(const call_scope& x, const storage::snapshot& from, const std::string& conversation, const hash& message) {
  if (x.user->environment->settings.which == side::archive || !x.user->partner)
    return false;
  auto all = models::pending_messages(from, {x.user->me.person, x.user->partner->person}, most_pending_counted);
  return std::ranges::any_of(all, [&](const auto& waiting) { return waiting.entry.message == message && waiting.entry.conversation == conversation; });
}

/// Is this message one of this conversation? It is looked for at its time.
bool stands_in(const call_scope& x, const storage::snapshot& from, const std::string& conversation, const hash& message) {
  auto when = protocol::load(from, message);
  if (!when || when->type != "CreationTime")
    return false;
  models::page_request request;
  request.limit = most_of_one_time;
  request.from = request.to = models::to_milliseconds(when->number("timestamp"));
  auto page = models::read_page(from, models::newest_of(from, models::channels_named(from, conversation)), request);
  return (page && std::ranges::find(page->entries, message, &models::channel_entry::creation_time) != page->entries.end()) ||
         waits(x, from, conversation, message);
}

template <class Then>
void ask_writer(gateway_pointer self, const call_scope& x, change_message what, Then then) {
  auto& members = *self->state.context->members;
  if (self->state.is_archive())
    self->request(members.find<conversations_actor>(x.user->role("conversations")), self->state.deadline(), std::move(what))
        .then([then](const message_changed&) { then(); }, x.failed());
  else
    self->request(members.find<outbox_actor>(x.user->role("outbox")), self->state.deadline(), std::move(what))
        .then([then](const message_changed&) { then(); }, x.failed());
}

/// The message as it is from now on.
void answer_changed(const call_scope& x, const change_message& what) {
  auto view = x.user->store->read();
  auto shown = viewer{*x.user, *view}.named(what.conversation, what.message);
  if (shown)
    x.done({{"message", std::move(*shown)}});
  else
    x.fail(lama::fail(errc::internal, "a message was changed that cannot be shown"));
}

/// `not_found` is answered; what a device does not keep, the archive changes. False: the call is answered, or will be.
bool find_message(gateway_pointer self, const call_scope& x, const change_message& what) {
  auto view = x.user->store->read();
  if (!protocol::load_current(*view, models::conversation_id(what.conversation))) {
    x.fail(lama::fail(errc::not_found, "There is no conversation " + what.conversation.substr(0, 200) + " here."));
    return false;
  }
  if (stands_in(x, *view, what.conversation, what.message))
    return true;
  if (!self->state.is_archive() && !view->contains(what.message))
    ask_archive(self, x);
  else
    x.fail(lama::fail(errc::not_found, "There is no such message in this conversation."));
  return false;
}

void change(gateway_pointer self, const call_scope& x, models::annotation_kind kind) {
  change_message what;
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(message, hash_parameter(x, "messageHash"));
  LAMA_PARAMETER(text, optional_text(x, "text"));
  LAMA_PARAMETER(request, optional_text(x, "requestId"));
  what = {std::move(conversation), message, kind, std::move(text), std::move(request)};
  if (find_message(self, x, what))
    ask_writer(self, x, what, [x, what] { answer_changed(x, what); });
}

/// Nobody else has a message that was refused: it is only shown no more.
void take_away(gateway_pointer self, const call_scope& x, const refusal& what) {
  transact change{"dismiss a refused message", [message = what.message](storage::transaction& to) { return dismiss_refusal(to, message); }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [self, x, what](const transacted&) {
            auto view = x.user->store->read();
            auto shown = viewer{*x.user, *view}.refused(what.conversation, what.message, what.time, what.reason);
            if (!shown)
              return x.fail(lama::fail(errc::internal, "a refused message cannot be shown"));
            (*shown)["deleted"] = time_text(x.user->environment->clock->now_ms());
            (*shown)["text"] = "";
            shown->erase("attachments");
            tell_user(self, x.user->user, "update:messageChanged", {{"conversationId", what.conversation}, {"message", *shown}});
            x.done({{"message", std::move(*shown)}});
          },
          x.failed());
}

} // namespace

void edit_message(gateway_pointer self, const call_scope& x) {
  change(self, x, models::annotation_kind::edit);
}

void delete_message(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(message, hash_parameter(x, "messageHash"));
  auto refusals = self->state.is_archive() ? std::vector<refusal>{} : refusals_in(*x.user->store->read(), conversation);
  auto refused = std::ranges::find(refusals, message, &refusal::message);
  if (refused == refusals.end())
    return change(self, x, models::annotation_kind::delete_this);
  take_away(self, x, *refused);
}

void mark_read(gateway_pointer self, const call_scope& x) {
  change_message what;
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(message, hash_parameter(x, "messageHash"));
  what = {std::move(conversation), message, models::annotation_kind::read, {}, {}};
  if (!find_message(self, x, what))
    return;
  ask_writer(self, x, what, [self, x, what] {
    // A device tells its own pages; the archive's word, which is the same, comes later.
    if (!self->state.is_archive())
      tell_user(self, x.user->user, "update:stateChanged", {{"changed", {"conversations"}}});
    auto view = x.user->store->read();
    auto current = protocol::load_current(*view, models::conversation_id(what.conversation));
    auto read = current ? models::read_conversation(*current) : result<models::lama_conversation>{current.failure()};
    if (!read)
      return x.fail(read.failure());
    x.done({{"conversation", viewer{*x.user, *view}.conversation(*read)}});
  });
}

} // namespace lama::actors::channels
