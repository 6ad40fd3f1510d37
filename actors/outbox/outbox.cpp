#include "actors/outbox/outbox.hpp"

#include "actors/common/errors.hpp"
#include "actors/outbox/refusals.hpp"
#include "protocol/models/outbox.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = outbox_root::stateful_pointer<outbox_actor_state>;

constexpr std::chrono::seconds next_try{1};

constexpr const char* state_note = "outbox/state";

std::string request_note(const std::string& request) {
  return "outbox/request/" + request;
}

/// What writes one entry, and moves the state on.
using entry_writer = std::function<result<models::written>(storage::transaction& to, const models::user_persons& who, models::outbox_state& state)>;

result<done> write(storage::transaction& to, const user_context& user, const entry_writer& entry, const std::string& request, hash& outcome) {
  auto repeated = request.empty() ? std::nullopt : to.note(request_note(request));
  if (auto first = repeated ? hash::from_bytes(*repeated) : std::nullopt) {
    outcome = *first;
    return done{};
  }
  models::user_persons who{user.me.person, user.partner->person};
  auto note = to.note(state_note);
  auto decoded = note ? models::decode_outbox_state(*note) : std::nullopt;
  auto state = decoded ? *decoded : models::find_outbox(to, user.me.person);
  LAMA_TRY(written, entry(to, who, state));
  to.set_note(state_note, models::encode(state));
  if (!request.empty())
    to.set_note(request_note(request), std::string{written.creation_time.raw()});
  outcome = written.creation_time;
  return done{};
}

/// Answers with the entry's CreationTime when it is durable.
template <class Answer>
caf::result<Answer> put(self_pointer self, const char* label, entry_writer entry, std::string request) {
  auto& st = self->state;
  if (!st.user->partner)
    return to_caf(fail(errc::offline, "this instance has never met its archive; it must be connected once before messages can be written"));
  auto promise = self->template make_response_promise<Answer>();
  auto outcome = std::make_shared<hash>();
  transact change{label, [user = st.user, entry = std::move(entry), named = std::move(request), outcome](storage::transaction& to) {
                    return write(to, *user, entry, named, *outcome);
                  }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, promise, outcome](transacted) mutable {
            ++self->state.written;
            promise.deliver(Answer{*outcome});
          },
          [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

/// Until the archive's word comes back, this device knows alone how far the user has read.
void note_read(storage::transaction& to, const std::string& conversation, const hash& message) {
  auto when = protocol::load(to, message);
  auto time = when ? models::to_milliseconds(when->number("timestamp")) : 0;
  auto key = read_note + conversation;
  if (time > models::read_time_in(to.note(key)))
    to.set_note(key, std::to_string(time));
}

caf::result<message_sent> send(self_pointer self, send_message& request) {
  models::draft draft{std::move(request.conversation), std::move(request.text), std::move(request.attachments), request.needs_ai, {}};
  auto entry = [user = self->state.user, draft = std::move(draft)](storage::transaction& to, const models::user_persons& who, models::outbox_state& state) {
    return models::write_message(to, who, state, draft, user->keys->as(user->me.person), user->environment->clock->now_ms());
  };
  return put<message_sent>(self, "write message", std::move(entry), std::move(request.request));
}

caf::result<message_changed> change(self_pointer self, change_message& request) {
  models::change_draft draft{std::move(request.conversation), request.message, request.kind, std::move(request.text)};
  auto entry = [user = self->state.user, draft = std::move(draft)](storage::transaction& to, const models::user_persons& who, models::outbox_state& state) {
    auto written = models::write_change(to, who, state, draft, user->keys->as(user->me.person), user->environment->clock->now_ms());
    if (written && draft.kind == models::annotation_kind::read)
      note_read(to, draft.conversation, draft.message);
    return written;
  };
  return put<message_changed>(self, "change message", std::move(entry), std::move(request.request));
}

void enter_channels(self_pointer self, std::vector<hash> channels) {
  auto& st = self->state;
  if (channels.empty())
    return;
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, register_channels(st.user, channels))
      .then([](transacted) {},
            [self, channels](const caf::error& failure) {
              auto& state = self->state;
              state.user->environment->log(log_error, outbox_actor_state::name, "cannot enter a channel: " + from_caf(failure).message);
              if (state.channels.empty())
                self->delayed_send(self, next_try, enter_channels_again{});
              state.channels.insert(state.channels.end(), channels.begin(), channels.end());
            });
}

/// Those that the archive refused are shown until the user takes them away: from now on they stand in the notes.
void keep_refusals(self_pointer self) {
  auto& st = self->state;
  if (!st.user->partner)
    return;
  transact change{"note refused messages", [user = st.user](storage::transaction& to) { return note_refusals(to, {user->me.person, user->partner->person}); }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then([](transacted) {},
            [self](const caf::error& failure) {
              self->state.user->environment->log(log_warning, outbox_actor_state::name, "cannot note what was refused: " + from_caf(failure).message);
            });
}

/// Was one of our messages refused by what was committed?
bool tells_refusal(self_pointer self, const storage::commit_info& info) {
  auto& st = self->state;
  auto found = false;
  for (const auto& change : info.changes) {
    if (change.kind != storage::change_kind::object || change.type != "LamaReceipt")
      continue;
    auto text = protocol::load(*st.user->store->read(), change.name);
    auto receipt = text ? models::read_receipt(*text) : result<models::lama_receipt>{text.failure()};
    if (!receipt || receipt->accepted)
      continue;
    found = true;
    ++st.refused;
    st.user->environment->log(log_warning, outbox_actor_state::name, "the archive refused a message: " + receipt->reason.value_or("it gave no reason"));
  }
  return found;
}

} // namespace

outbox_root::behavior_type outbox(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.user->commits->add(caf::actor_cast<commit_listener>(self));
  {
    auto view = self->state.user->store->read();
    self->state.registration = channel_registration{*view};
    enter_channels(self, self->state.registration.take_missed(*view));
  }
  keep_refusals(self); // of a receipt that came when this was not there
  return {
      [self](send_message& request) { return send(self, request); },
      [self](change_message& request) { return change(self, request); },
      [self](const objects_committed& committed) {
        auto& st = self->state;
        enter_channels(self, st.registration.take_new(*committed.info));
        if (tells_refusal(self, *committed.info))
          keep_refusals(self);
      },
      [self](enter_channels_again) { enter_channels(self, std::exchange(self->state.channels, {})); },
      [self](get_status) {
        return status_report{nlohmann::json{{"written", self->state.written}, {"refused", self->state.refused}}.dump()};
      },
  };
}

} // namespace lama::actors
