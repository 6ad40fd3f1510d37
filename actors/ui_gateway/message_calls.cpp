#include "actors/ui_gateway/calls.hpp"

#include "actors/outbox/interface.hpp"
#include "actors/outbox/refusals.hpp"
#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/older.hpp"
#include "actors/ui_gateway/page_starts.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/limits.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/outbox.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <limits>
#include <utility>

namespace lama::actors::channels {

namespace {

constexpr std::size_t most_messages = 1000;
/// Outbox entries that one answer looks through.
constexpr std::size_t most_pending = 1000;

result<std::vector<models::attachment>> read_attachments(const call_scope& x, const storage::snapshot& from) {
  std::vector<models::attachment> all;
  const auto& list = x["attachments"];
  if (list.is_null())
    return all;
  if (!list.is_array() || list.size() > limits::chat_attachments)
    return bad_parameter("attachments", "attachments must be a list of at most " + std::to_string(limits::chat_attachments));
  for (const auto& item : list) {
    auto text = [&item](const char* name) {
      auto found = item.is_object() ? item.find(name) : item.end();
      return item.is_object() && found != item.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    auto blob = hash::from_hex(text("blob"));
    if (!blob)
      return bad_parameter("attachments", "each attachment needs `blob`, the name that PUT /blob stored it under");
    auto size = from.size_of(*blob);
    if (!size)
      return lama::fail(errc::not_found, "the attachment " + blob->hex() + " is not stored here; upload it first (PUT /blob)");
    all.push_back({*blob, x.user->environment->clock->now_ms(), text("name"), *size, text("type").empty() ? "application/octet-stream" : text("type")});
  }
  return all;
}

json sent(const call_scope& x, const std::string& conversation, const hash& creation_time) {
  auto view = x.user->store->read();
  json answer{{"messageHash", creation_time.hex()}, {"conversation", nullptr}};
  if (auto current = protocol::load_current(*view, models::conversation_id(conversation)))
    if (auto read = models::read_conversation(*current))
      answer["conversation"] = viewer{*x.user, *view}.conversation(*read);
  return answer;
}

struct outgoing {
  std::string conversation;
  std::string text;
  bool needs_ai = false;
  std::string request; ///< requestId
};

void send_stored(gateway_pointer self, const call_scope& x, const outgoing& what, const std::vector<hash>& attachments) {
  auto& members = *self->state.context->members;
  if (self->state.is_archive())
    return (void)self
        ->request(members.find<conversations_actor>(x.user->role("conversations")), self->state.deadline(),
                  post_message{what.conversation, what.text, attachments, what.request})
        .then([x, what](const message_posted& posted) { x.done(sent(x, what.conversation, posted.creation_time)); }, x.failed());
  self->request(members.find<outbox_actor>(x.user->role("outbox")), self->state.deadline(),
                send_message{what.conversation, what.text, attachments, what.needs_ai, what.request})
      .then([x, what](const message_sent& written) { x.done(sent(x, what.conversation, written.creation_time)); }, x.failed());
}

void sort_by_time(json& messages) {
  std::stable_sort(messages.begin(), messages.end(), [](const json& a, const json& b) { return a["time"] < b["time"]; });
}

/// Messages of the outbox that are not in the conversation yet, into their places.
void add_pending(const call_scope& x, const storage::snapshot& from, const std::string& conversation, viewer& views, json& messages) {
  if (x.user->environment->settings.which == side::archive || !x.user->partner)
    return;
  for (const auto& waiting : models::pending_messages(from, {x.user->me.person, x.user->partner->person}, most_pending)) {
    if (waiting.entry.conversation != conversation)
      continue;
    auto name = waiting.entry.message.hex();
    if (std::ranges::any_of(messages, [&](const json& m) { return m["messageHash"] == name; }))
      continue;
    if (auto shown = views.pending(conversation, waiting.entry.message, waiting.timestamp))
      messages.push_back(std::move(*shown));
  }
  sort_by_time(messages);
}

/// Times between which an answer tells of all messages there are; open where nothing is set.
struct time_span {
  std::optional<int64_t> after;
  std::optional<int64_t> before;
  bool holds(int64_t time) const {
    return (!after || time > *after) && (!before || time < *before);
  }
};

/// Those that the archive refused: each stays where it was written, until it is deleted.
void add_refused(const call_scope& x, const storage::snapshot& from, const std::string& conversation, viewer& views, const time_span& within, json& messages) {
  if (x.user->environment->settings.which == side::archive)
    return;
  for (const auto& one : refusals_in(from, conversation))
    if (auto shown = within.holds(one.time) ? views.refused(conversation, one.message, one.time, one.reason) : std::nullopt)
      messages.push_back(std::move(*shown));
  sort_by_time(messages);
}

} // namespace

void send(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(text, text_parameter(x, "text"));
  if (text.size() > limits::chat_text_bytes)
    return x.fail(bad_parameter("text", "a message has at most " + std::to_string(limits::chat_text_bytes) + " bytes"));
  LAMA_PARAMETER(attachments, read_attachments(x, *x.user->store->read()));
  if (text.empty() && attachments.empty())
    return x.fail(bad_parameter("text", "a message needs a text or an attachment"));
  LAMA_PARAMETER(request, optional_text(x, "requestId"));
  const auto& ai = x["needsAI"];
  outgoing what{std::move(conversation), std::move(text), ai.is_boolean() && ai.get<bool>(), std::move(request)};
  if (attachments.empty())
    return send_stored(self, x, what, {});
  auto stored = std::make_shared<std::vector<hash>>();
  transact change{"store attachments", [attachments, stored](storage::transaction& to) -> result<done> {
                    LAMA_TRY(names, models::store_attachments(to, attachments));
                    *stored = std::move(names);
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then([self, x, what, stored](const transacted&) { send_stored(self, x, what, *stored); }, x.failed());
}

namespace {

/// Entries, newest first, as an answer: oldest first, with what waits and what was refused in its place.
json shown_page(const call_scope& x, const storage::snapshot& from, const std::string& conversation, const std::vector<models::channel_entry>& entries,
                const time_span& within, bool more) {
  viewer views{*x.user, from};
  std::vector<hash> used;
  auto messages = json::array();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    used.push_back(entry->creation_time);
    if (auto shown = views.message(conversation, *entry))
      messages.push_back(std::move(*shown));
  }
  x.user->store->mark_used(used);
  if (!within.before)
    add_pending(x, from, conversation, views, messages);
  add_refused(x, from, conversation, views, within, messages);
  return {{"messages", std::move(messages)}, {"more", more}};
}

/// Rounds of fetching that one question may cause: a page, and once more where it brought less than was asked for.
constexpr int fetch_rounds = 2;

/// One walk ends somewhere, and below may be what was asked for.
result<models::channel_page> read_on(const storage::snapshot& from, std::vector<models::channel_position> at, const models::page_request& request,
                                     const models::key_source& keys) {
  for (;;) {
    LAMA_TRY(page, models::read_page(from, at, request, keys));
    auto stuck = page.complete() || std::ranges::any_of(page.next, &models::channel_position::gap);
    if (!page.entries.empty() || stuck)
      return std::move(page);
    at = std::move(page.next);
  }
}

/// A page that begins below `start`, or with the newest message where that is null.
void list_page(gateway_pointer self, const call_scope& x, int rounds_left, const std::shared_ptr<const page_starts>& starts) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(limit, count_parameter(x, "limit", 50, most_messages));
  LAMA_PARAMETER(before, time_parameter(x, "before"));
  auto view = x.user->store->read();
  viewer views{*x.user, *view};
  models::page_request request;
  request.limit = limit;
  request.before = before;
  auto start = before && starts ? starts->before(*view, *before) : models::newest_of(*view, models::channels_named(*view, conversation));
  LAMA_PARAMETER(page, read_on(*view, std::move(start), request, views.keys()));
  if (page.entries.size() < limit && !self->state.is_archive() && rounds_left > 0) {
    // What this side does not keep, the archive has.
    auto gaps = gaps_of(page);
    auto far = std::ranges::any_of(gaps, [&](const channel_gap& gap) { return before && gap.oldest && *before < *gap.oldest; });
    if (far)
      return ask_archive(self, x); // between here and there may be years: they are not fetched for one look
    if (!gaps.empty())
      return fetch_older(self, x.user, gaps, limit, [self, x, rounds_left, starts, nothing = page.entries.empty()](const result<lama::done>& fetched) {
        if (!fetched && nothing)
          return x.fail(fetched.failure());
        list_page(self, x, fetched ? rounds_left - 1 : 0, starts);
      });
  }
  time_span within{std::nullopt, before};
  if (!page.complete() && !page.entries.empty())
    within.after = page.entries.back().timestamp - 1;
  x.done(shown_page(x, *view, conversation, page.entries, within, !page.complete()));
}

void list_before(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  auto view = x.user->store->read();
  if (!protocol::load_current(*view, models::conversation_id(conversation)))
    return x.fail(lama::fail(errc::not_found, "There is no conversation " + conversation.substr(0, 200) + " here."));
  if (x["before"].is_null())
    return list_page(self, x, fetch_rounds, nullptr);
  find_page_starts(self, x.user, models::channels_named(*view, conversation),
                   [self, x](std::shared_ptr<const page_starts> starts) { list_page(self, x, fetch_rounds, starts); });
}

/// The first moment after this one.
int64_t just_after(int64_t time) {
  return time == std::numeric_limits<int64_t>::max() ? time : time + 1;
}

/// The oldest `count` entries after a time, newest first.
result<std::vector<models::channel_entry>> oldest_after(const storage::snapshot& from, const page_starts& starts, const time_span& asked, std::size_t count) {
  models::page_request request;
  request.limit = most_messages;
  request.from = just_after(*asked.after);
  request.before = asked.before;
  std::deque<models::channel_entry> kept;
  auto at = starts.after(from, *asked.after, count);
  for (bool on = true; on;) {
    LAMA_TRY(page, models::read_page(from, at, request, {}));
    for (auto& entry : page.entries) {
      kept.push_back(std::move(entry));
      if (kept.size() > count)
        kept.pop_front();
    }
    on = !page.entries.empty() && !page.complete();
    at = std::move(page.next);
  }
  return std::vector<models::channel_entry>{std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end())};
}

/// The way down from a message that was found far back.
result<json> list_newer(const call_scope& x, const std::string& conversation, std::size_t limit, const time_span& asked, const page_starts& starts) {
  auto view = x.user->store->read();
  viewer views{*x.user, *view};
  LAMA_TRY(entries, oldest_after(*view, starts, asked, limit + 1));
  auto more = entries.size() > limit;
  if (more)
    entries.erase(entries.begin());
  for (auto& entry : entries)
    if (auto full = models::read_entry(*view, entry.channel, entry.entry, views.keys()))
      entry = std::move(*full);
  auto within = asked;
  if (more)
    within.before = just_after(entries.front().timestamp);
  return shown_page(x, *view, conversation, entries, within, more);
}

/// Whether a page from there on would have gaps here.
result<bool> lacks_some_after(const call_scope& x, const std::string& conversation, int64_t after) {
  auto view = x.user->store->read();
  models::page_request newer;
  newer.limit = limits::channel_walk;
  newer.from = just_after(after);
  LAMA_TRY(page, models::read_page(*view, models::newest_of(*view, models::channels_named(*view, conversation)), newer, {}));
  return !gaps_of(page).empty();
}

void list_after(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(conversation, text_parameter(x, "conversationId"));
  LAMA_PARAMETER(limit, count_parameter(x, "limit", 50, most_messages));
  LAMA_PARAMETER(before, time_parameter(x, "before"));
  LAMA_PARAMETER(after, time_parameter(x, "after"));
  auto view = x.user->store->read();
  if (!protocol::load_current(*view, models::conversation_id(conversation)))
    return x.fail(lama::fail(errc::not_found, "There is no conversation " + conversation.substr(0, 200) + " here."));
  auto list = [self, x, conversation, limit, within = time_span{after, before}](const std::shared_ptr<const page_starts>& starts) {
    if (!starts)
      return x.fail(lama::fail(errc::overloaded, "Other long jobs are under way; try again when they are done."));
    auto job = [x, conversation, limit, within, starts, on_device = !self->state.is_archive()]() -> result<json> {
      LAMA_TRY(lacks, on_device ? lacks_some_after(x, conversation, *within.after) : result<bool>{false});
      return lacks ? json{} : list_newer(x, conversation, limit, within, *starts);
    };
    // A device that does not keep everything since then asks who does.
    run_apart(self, std::move(job), [self, x](result<json> listed) {
      if (!listed)
        x.fail(listed.failure());
      else if (listed->is_null())
        ask_archive(self, x);
      else
        x.done(std::move(*listed));
    });
  };
  find_page_starts(self, x.user, models::channels_named(*view, conversation), std::move(list));
}

} // namespace

void list_messages(gateway_pointer self, const call_scope& asked) {
  auto x = asked;
  if (!self->state.is_archive())
    x.answer = [self, answer = asked.answer, user = asked.user->user](call_outcome outcome) {
      if (outcome.content && outcome.content->contains("messages"))
        self->state.shown.remember(user, (*outcome.content)["messages"]);
      answer(std::move(outcome));
    };
  if (x["after"].is_null())
    list_before(self, x);
  else
    list_after(self, x);
}

} // namespace lama::actors::channels
