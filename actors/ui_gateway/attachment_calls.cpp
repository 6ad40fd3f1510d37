#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/older.hpp"
#include "actors/ui_gateway/views.hpp"
#include "storage/evict.hpp"

#include <memory>
#include <utility>

namespace lama::actors {

namespace {

struct found_place {
  std::string conversation;
  storage::attachment_place at;
};

/// Where a message of this store has the file: reads conversations through, so it runs apart.
std::optional<found_place> find_place(const storage::snapshot& from, const hash& blob) {
  if (!from.size_of(blob) && !from.elsewhere(blob))
    return std::nullopt;
  for (const auto& conversation : conversations_of(from))
    if (auto place = storage::find_attachment(from, models::channels_named(from, conversation.id), blob))
      return found_place{conversation.id, *place};
  return std::nullopt;
}

result<json> place_of(const user_context& user, const hash& blob) {
  auto view = user.store->read();
  auto place = find_place(*view, blob);
  if (view->trouble())
    return *view->trouble();
  if (!place)
    return lama::fail(errc::not_found, "No message has a file " + blob.hex() + " attached.");
  return json{
      {"conversationId", place->conversation}, {"channel", place->at.channel.hex()}, {"entry", place->at.entry.hex()}, {"time", time_text(place->at.time)}};
}

/// Where the entry is not here either it comes along: a file to which nothing here leads would stay for ever.
fetch_objects fetch_at(const user_context& user, const shown_files::place& at, const hash& blob) {
  fetch_objects what{at.channel, at.entry, {blob}};
  if (!user.store->read()->contains(at.entry))
    what.names.insert(what.names.begin(), at.entry);
  return what;
}

void fetch_from(gateway_pointer self, const user_context_ptr& user, const shown_files::place& at, const hash& blob,
                std::function<void(result<lama::done>)> then) {
  auto fetcher = user->members->find<archive_fetcher>(user->role(archive_fetcher_role));
  if (!fetcher)
    return then(not_here_now());
  self->request(fetcher, self->state.deadline(), fetch_at(*user, at, blob))
      .then([then](ok) { then(lama::done{}); }, [then](const caf::error&) { then(not_here_now()); });
}

/// By a place as `query:findAttachment` answers it.
void fetch_from(gateway_pointer self, const user_context_ptr& user, const json& place, const hash& blob, std::function<void(result<lama::done>)> then) {
  auto channel = hash::from_hex(place.value("channel", std::string{}));
  auto entry = hash::from_hex(place.value("entry", std::string{}));
  if (!channel || !entry)
    return then(lama::fail(errc::internal, "the archive's answer cannot be read"));
  fetch_from(self, user, shown_files::place{*channel, *entry}, blob, std::move(then));
}

/// Looks for a message that has the file, here and then in the archive.
void find_and_fetch(gateway_pointer self, const user_context_ptr& user, const hash& blob, std::function<void(result<lama::done>)> then) {
  run_apart(
      self, [user, blob] { return place_of(*user, blob); },
      [self, user, blob, then = std::move(then)](const result<json>& place) {
        if (place)
          return fetch_from(self, user, *place, blob, then);
        if (place.failure().code != errc::not_found)
          return then(place.failure());
        // Of a message that this side never had, or no more.
        call_scope asking;
        asking.user = user;
        asking.method = "query:findAttachment";
        asking.parameters = std::make_shared<const json>(json{{"blob", blob.hex()}});
        asking.answer = [self, user, blob, then](call_outcome outcome) {
          if (!outcome.content)
            return then(outcome.content.failure());
          fetch_from(self, user, *outcome.content, blob, then);
        };
        ask_archive(self, asking);
      });
}

} // namespace

std::optional<fetch_objects> place_of_blob(const user_context& user, const hash& blob) {
  auto place = find_place(*user.store->read(), blob);
  return place ? std::optional{fetch_objects{place->at.channel, place->at.entry, {blob}}} : std::nullopt;
}

void fetch_blob(gateway_pointer self, const user_context_ptr& user, const hash& blob, std::function<void(result<lama::done>)> then) {
  auto shown = self->state.shown.find(user->user, blob);
  if (!shown)
    return find_and_fetch(self, user, blob, std::move(then));
  // What was shown may have been merged since into an entry of another name.
  fetch_from(self, user, *shown, blob, [self, user, blob, then = std::move(then)](const result<lama::done>& fetched) {
    if (fetched)
      then(fetched);
    else
      find_and_fetch(self, user, blob, then);
  });
}

namespace channels {

void find_attachment(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(blob, hash_parameter(x, "blob"));
  run_apart(
      self, [user = x.user, blob] { return place_of(*user, blob); },
      [self, x](const result<json>& place) {
        if (place)
          return x.done(*place);
        if (place.failure().code == errc::not_found && !self->state.is_archive())
          return ask_archive(self, x);
        x.fail(place.failure());
      });
}

} // namespace channels
} // namespace lama::actors
