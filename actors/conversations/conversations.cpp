#include "actors/conversations/conversations.hpp"

#include "actors/common/errors.hpp"
#include "actors/conversations/delivery.hpp"
#include "actors/conversations/history.hpp"
#include "actors/conversations/listing.hpp"
#include "protocol/models/annotations.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/outbox.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace lama::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = conversations_actor::stateful_pointer<conversations_state>;

/// The list follows the messages at this distance: a burst makes one new version of it, not one a message.
constexpr auto listing_delay = 200ms;
/// What could not be written is tried again after this, doubled with each failure in a row up to the second one.
constexpr std::chrono::milliseconds first_retry = 500ms;
constexpr std::chrono::milliseconds last_retry = 60s;

std::chrono::milliseconds deadline_of(self_pointer self) {
  return self->state.user->environment->settings.times.request_deadline;
}

void refresh_soon(self_pointer self) {
  if (!std::exchange(self->state.refresh_is_due, true))
    self->delayed_send(self, listing_delay, refresh_conversations{});
}

void take_outbox_soon(self_pointer self) {
  if (!std::exchange(self->state.outbox_is_due, true))
    self->send(self, take_outbox{});
}

std::chrono::milliseconds wait_before_retry(self_pointer self) {
  return std::min(last_retry, first_retry * (1u << std::min(self->state.failures++, 10u)));
}

/// Runs `apply` at the writer, then `after` with whether it worked: what did not is put back and tried again.
void write(self_pointer self, const char* label, std::function<result<done>(storage::transaction&)> apply, std::function<void(bool)> after) {
  self->request(self->state.user->writer(), deadline_of(self), transact{label, std::move(apply)})
      .then(
          [self, after](transacted) {
            self->state.failures = 0;
            after(true);
          },
          [self, label, after](const caf::error& failure) {
            self->state.user->environment->log(log_error, conversations_state::name, std::string{label} + " failed: " + from_caf(failure).message);
            after(false);
          });
}

/// After a failure, with all that is due.
void refresh_later(self_pointer self) {
  if (!std::exchange(self->state.refresh_is_due, true))
    self->delayed_send(self, wait_before_retry(self), refresh_conversations{});
}

void refresh(self_pointer self) {
  auto& st = self->state;
  auto topics = std::exchange(st.topics, {});
  auto stale = std::exchange(st.stale, {});
  auto channels = std::exchange(st.channels, {});
  write(
      self, "refresh conversations",
      [user = st.user, topics, stale, channels](storage::transaction& to) -> result<done> {
        LAMA_CHECK(register_channels(user, channels).apply(to));
        if (user->partner)
          LAMA_CHECK(models::open_receipts(to, {user->partner->person, user->me.person}, user->environment->clock->now_ms()));
        LAMA_TRY(entered, take_topics(to, *user, topics));
        auto ids = stale;
        ids.insert(entered.begin(), entered.end());
        for (const auto& id : ids)
          LAMA_CHECK(refresh_conversation(to, *user, id));
        return done{};
      },
      [self, topics, stale, channels](bool worked) {
        if (worked)
          return;
        auto& state = self->state;
        state.topics.insert(state.topics.end(), topics.begin(), topics.end());
        state.stale.insert(stale.begin(), stale.end());
        state.channels.insert(state.channels.end(), channels.begin(), channels.end());
        refresh_later(self);
      });
}

void deliver(self_pointer self) {
  auto& st = self->state;
  if (st.outboxes.empty() || st.outbox_runs || !st.user->partner)
    return;
  st.outbox_runs = true;
  auto report = std::make_shared<delivery_report>();
  auto channels = std::exchange(st.outboxes, {});
  write(
      self, "deliver outbox",
      [user = st.user, channels, report](storage::transaction& to) -> result<done> {
        for (const auto& channel : channels)
          LAMA_CHECK(deliver_outbox(to, *user, channel, *report));
        return done{};
      },
      [self, report, channels](bool worked) {
        auto& state = self->state;
        state.outbox_runs = false;
        if (!worked) {
          state.outboxes.insert(channels.begin(), channels.end());
          if (!std::exchange(state.outbox_is_due, true))
            self->delayed_send(self, wait_before_retry(self), take_outbox{});
          return;
        }
        state.forged += report->forged;
        if (report->incomplete && report->posted + report->refused > 0)
          state.outboxes.insert(channels.begin(), channels.end()); // there is more
        if (!state.outboxes.empty())
          take_outbox_soon(self);
      });
}

void enter_channels(self_pointer self, std::vector<hash> channels) {
  if (channels.empty())
    return;
  write(self, "register channels", register_channels(self->state.user, channels).apply, [self, channels](bool worked) {
    if (worked)
      return;
    self->state.channels.insert(self->state.channels.end(), channels.begin(), channels.end());
    refresh_later(self);
  });
}

/// What commits mean to conversations: new topics, new entries in a room, new entries in the outbox.
void look_at(self_pointer self, const storage::commit_info& info) {
  auto& st = self->state;
  enter_channels(self, st.registration.take_new(info));
  auto view = st.user->store->read();
  for (const auto& change : info.changes) {
    if (change.kind == storage::change_kind::object && change.type == "Topic") {
      st.topics.push_back(change.name);
    } else if (change.kind == storage::change_kind::object && change.type == "LamaReceipt") {
      ++st.receipts;
    } else if (change.kind == storage::change_kind::head && change.type == "ChannelInfo") {
      auto key = models::load_channel_key(*view, change.id);
      if (!key)
        continue;
      if (st.user->partner && models::is_outbox(*key, {st.user->partner->person, st.user->me.person}))
        st.outboxes.insert(change.id);
      else if (auto conversation = models::annotated_conversation(key->id))
        st.stale.emplace(*conversation);
      else if (key->id != models::receipts_channel)
        st.stale.insert(key->id);
    }
  }
  if (!st.topics.empty() || !st.stale.empty())
    refresh_soon(self);
  if (!st.outboxes.empty())
    take_outbox_soon(self);
}

/// What came of a call that is to be done once, under its caller's name for it.
std::string request_note(const std::string& request) {
  return "request/" + request;
}

caf::result<conversation_created> create(self_pointer self, create_conversation& request) {
  auto promise = self->make_response_promise<conversation_created>();
  auto outcome = std::make_shared<models::created_topic>();
  auto& st = self->state;
  if (request.participants.empty() && request.name.empty())
    return to_caf(fail(errc::bad_input, "a conversation needs a name or a participant"));
  transact change{"create conversation", [user = st.user, request, outcome](storage::transaction& to) -> result<done> {
                    const auto& environment = *user->environment;
                    if (auto first = request.request.empty() ? std::nullopt : to.note(request_note(request.request))) {
                      outcome->id = *first;
                      return done{};
                    }
                    auto now = environment.clock->now_ms();
                    auto created =
                        request.participants.size() == 1 && request.name.empty()
                            ? models::create_one_to_one(to, user->me.person, request.participants.front(), now)
                            : models::create_group_topic(to, user->me.person, request.name, environment.random().text(10), request.participants, now);
                    if (!created)
                      return created.failure();
                    *outcome = *created;
                    if (!request.request.empty())
                      to.set_note(request_note(request.request), created->id);
                    return refresh_conversation(to, *user, created->id);
                  }};
  self->request(st.user->writer(), deadline_of(self), std::move(change))
      .then([promise, outcome](transacted) mutable { promise.deliver(conversation_created{outcome->id}); },
            [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

result<done> post_own(storage::transaction& to, const user_context& user, const post_message& request, models::posted& outcome) {
  LAMA_TRY(current, protocol::load_current(to, models::conversation_id(request.conversation)));
  LAMA_TRY(conversation, models::read_conversation(current));
  if (!conversation.channel || conversation.state == "closed")
    return fail(errc::conflict, "the conversation '" + conversation.title + "' takes no messages");
  LAMA_TRY(text, models::chat_message_text({request.text, user.me.person, request.attachments, {}}));
  LAMA_TRY(posted, models::post(to, *conversation.channel, text, user.keys->as(user.me.person), user.environment->clock->now_ms()));
  outcome = posted;
  return done{};
}

/// `work` in one transaction, once for each name of a call.
template <class Request>
result<done> once(storage::transaction& to, const user_context& user, const Request& request, models::posted& outcome,
                  result<done> (*work)(storage::transaction&, const user_context&, const Request&, models::posted&)) {
  auto repeated = request.request.empty() ? std::nullopt : to.note(request_note(request.request));
  if (auto first = repeated ? hash::from_bytes(*repeated) : std::nullopt) {
    outcome.creation_time = *first;
    return done{};
  }
  LAMA_CHECK(work(to, user, request, outcome));
  if (!request.request.empty())
    to.set_note(request_note(request.request), outcome.creation_time.raw());
  return done{};
}

/// Done by `work` in one transaction; the answer names the entry that came of it.
template <class Answer, class Request>
caf::result<Answer> write_own(self_pointer self, const char* label, Request& request,
                              result<done> (*work)(storage::transaction&, const user_context&, const Request&, models::posted&)) {
  auto promise = self->make_response_promise<Answer>();
  auto outcome = std::make_shared<models::posted>();
  auto& st = self->state;
  transact change{label,
                  [user = st.user, request = std::move(request), outcome, work](storage::transaction& to) { return once(to, *user, request, *outcome, work); }};
  self->request(st.user->writer(), deadline_of(self), std::move(change))
      .then([promise, outcome](transacted) mutable { promise.deliver(Answer{outcome->creation_time}); },
            [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

result<done> change_own(storage::transaction& to, const user_context& user, const change_message& request, models::posted& outcome) {
  auto now = user.environment->clock->now_ms();
  LAMA_TRY(current, protocol::load_current(to, models::conversation_id(request.conversation)));
  LAMA_TRY(conversation, models::read_conversation(current));
  if (request.kind == models::annotation_kind::read) {
    LAMA_TRY(mark, models::annotate_read(to, request.conversation, request.message, user.me.person, now));
    return models::mark_read(to, mark, now);
  }
  LAMA_CHECK(models::check_takes_changes(conversation));
  LAMA_TRY(annotation, models::annotate(to, request.conversation, request.message, request.kind, request.text, user.me.person, now));
  models::audience who{conversation.participants, {}};
  std::erase(who.persons, user.me.person);
  if (user.partner)
    who.persons.push_back(user.partner->person);
  LAMA_TRY(channel, models::open_annotations(to, request.conversation, user.me.person, who, now));
  LAMA_TRY(posted, models::post(to, channel, models::text_of(annotation), user.keys->as(user.me.person), now));
  outcome = posted;
  return done{};
}

/// All conversations with the person are looked at again, for whether their messages can be changed.
void learn(self_pointer self, const peer_understands& what) {
  auto& st = self->state;
  auto view = st.user->store->read();
  auto key = takes_changes_note(what.person);
  if (view->note(key).has_value() == what.changes)
    return;
  std::set<std::string> concerned;
  for (const auto& id : all_conversations(*view))
    if (auto current = protocol::load_current(*view, models::conversation_id(id)))
      if (auto read = models::read_conversation(*current); read && std::ranges::find(read->participants, what.person) != read->participants.end())
        concerned.insert(id);
  write(
      self, "remember what a node takes",
      [key, what](storage::transaction& to) -> result<done> {
        if (what.changes)
          to.set_note(key, {});
        else
          to.remove_note(key);
        return done{};
      },
      [self, concerned](bool worked) {
        if (!worked)
          return; // the next session says it again
        self->state.stale.insert(concerned.begin(), concerned.end());
        refresh_soon(self);
      });
}

caf::result<lines_imported> import(self_pointer self, import_lines& request) {
  auto promise = self->make_response_promise<lines_imported>();
  auto outcome = std::make_shared<lines_imported>();
  auto& st = self->state;
  transact change{"import lines",
                  [user = st.user, request = std::move(request), outcome](storage::transaction& to) { return import_history(to, *user, request, *outcome); }};
  self->request(st.user->writer(), deadline_of(self), std::move(change))
      .then(
          [self, promise, outcome](transacted) mutable {
            self->state.imported += outcome->stored;
            promise.deliver(std::move(*outcome));
          },
          [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

/// After a start everything is looked at once: what happened while this actor was not there is in the store.
void look_at_all(self_pointer self) {
  auto& st = self->state;
  auto view = st.user->store->read();
  st.registration = channel_registration{*view};
  enter_channels(self, st.registration.take_missed(*view));
  for (auto& id : all_conversations(*view))
    st.stale.insert(std::move(id));
  std::string after;
  do {
    auto page = view->objects_of_type("Topic", 1000, after);
    st.topics.insert(st.topics.end(), page.names.begin(), page.names.end());
    after = page.next;
  } while (!after.empty());
  for (const auto& channel : outbox_channels(*view, *st.user))
    st.outboxes.insert(channel);
  refresh_soon(self);
  take_outbox_soon(self);
}

} // namespace

conversations_actor::behavior_type conversations(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.user->commits->add(caf::actor_cast<commit_listener>(self));
  look_at_all(self);
  return {
      [self](const objects_committed& committed) { look_at(self, *committed.info); },
      [self](refresh_conversations) {
        self->state.refresh_is_due = false;
        refresh(self);
      },
      [self](take_outbox) {
        self->state.outbox_is_due = false;
        deliver(self);
      },
      [self](create_conversation& request) { return create(self, request); },
      [self](post_message& request) { return write_own<message_posted>(self, "post message", request, post_own); },
      [self](change_message& request) { return write_own<message_changed>(self, "change message", request, change_own); },
      [self](const peer_understands& what) { learn(self, what); },
      [self](import_lines& request) { return import(self, request); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{{"receipts", st.receipts}, {"forged", st.forged}, {"imported", st.imported}}.dump()};
      },
  };
}

} // namespace lama::actors
