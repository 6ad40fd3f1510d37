#include "actors/ui_gateway/older.hpp"

#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/limits.hpp"
#include "storage/evict.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace lama::actors {

namespace {

fetch_page page_below(const channel_gap& gap, std::size_t count) {
  // The entry that is here comes along: others may have its time.
  return {gap.channel, gap.oldest ? std::optional{*gap.oldest + 1} : std::nullopt, static_cast<uint32_t>(std::min(count + 1, limits::sync_page_entries))};
}

void remember(gateway_pointer self, const user_context_ptr& user, const std::vector<channel_gap>& gaps, std::size_t count) {
  transact change{"remember what was looked for", [gaps, count](storage::transaction& to) -> result<done> {
                    for (const auto& gap : gaps) {
                      auto page = page_below(gap, count);
                      to.set_note(wanted_page_note + gap.channel.hex(), std::to_string(page.count) + ' ' + std::to_string(page.before_ms.value_or(0)));
                    }
                    return lama::done{};
                  }};
  self->request(user->writer(), self->state.deadline(), std::move(change))
      .then([](const transacted&) {},
            [user](const caf::error& failure) {
              user->environment->log(log_warning, "ui-gateway", "cannot remember what was looked for: " + from_caf(failure).message);
            });
}

archive_fetcher fetcher_of(const user_context& user) {
  return user.members->find<archive_fetcher>(user.role(archive_fetcher_role));
}

/// The conversations' channels, as `find_attachment` wants them.
std::vector<hash> all_channels(const storage::snapshot& from) {
  std::vector<hash> channels;
  for (const auto& conversation : conversations_of(from))
    for (const auto& channel : models::channels_named(from, conversation.id))
      channels.push_back(channel);
  return channels;
}

} // namespace

lama::error not_here_now() {
  return lama::fail(errc::offline, "This is not on this device now, and the archive is not connected. It comes by itself when it is.");
}

std::optional<fetch_objects> place_of_blob(const user_context& user, const hash& blob) {
  auto view = user.store->read();
  auto place = storage::find_attachment(*view, all_channels(*view), blob);
  return place ? std::optional{fetch_objects{place->channel, place->entry, {blob}}} : std::nullopt;
}

std::vector<channel_gap> gaps_of(const models::channel_page& page) {
  std::vector<channel_gap> gaps;
  for (const auto& position : page.next)
    if (position.gap)
      gaps.push_back({position.channel, position.above});
  return gaps;
}

void fetch_older(gateway_pointer self, const user_context_ptr& user, const std::vector<channel_gap>& gaps, std::size_t count,
                 std::function<void(result<done>)> then) {
  struct waiting {
    std::size_t count = 0;
    result<done> outcome{done{}};
  };
  auto fetcher = fetcher_of(*user);
  auto state = std::make_shared<waiting>(waiting{gaps.size()});
  auto told = [self, user, gaps, count, state, then = std::move(then)](result<done> outcome) {
    if (!outcome)
      state->outcome = std::move(outcome);
    if (--state->count > 0)
      return;
    if (!state->outcome && state->outcome.failure().code == errc::offline)
      remember(self, user, gaps, count);
    then(state->outcome);
  };
  for (const auto& gap : gaps) {
    if (!fetcher) {
      told(not_here_now());
      continue;
    }
    self->request(fetcher, self->state.deadline(), page_below(gap, count))
        .then([told](ok) mutable { told(lama::done{}); },
              // Whatever ended the session: it is not here now.
              [told](const caf::error& failure) mutable { told(failure == caf::sec::request_timeout ? from_caf(failure) : not_here_now()); });
  }
}

void fetch_blob(gateway_pointer self, const user_context_ptr& user, const hash& blob, std::function<void(result<done>)> then) {
  auto fetcher = fetcher_of(*user);
  if (!fetcher)
    return then(not_here_now());
  auto found = std::make_shared<std::optional<fetch_objects>>();
  auto search = [user, blob, found]() -> result<json> {
    *found = place_of_blob(*user, blob);
    return json{};
  };
  run_apart(self, std::move(search), [self, found, fetcher, then = std::move(then)](const result<json>& searched) {
    if (!searched)
      return then(searched.failure());
    if (!*found)
      return then(lama::fail(errc::not_found, "There is no such blob here, and no message that is here has it."));
    self->request(fetcher, self->state.deadline(), std::move(**found))
        .then([then](ok) { then(lama::done{}); }, [then](const caf::error&) { then(not_here_now()); });
  });
}

} // namespace lama::actors
