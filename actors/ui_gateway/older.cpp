#include "actors/ui_gateway/older.hpp"

#include "protocol/limits.hpp"

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

} // namespace

lama::error not_here_now() {
  return lama::fail(errc::offline, "This is not on this device now, and the archive is not connected. It comes by itself when it is.");
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

} // namespace lama::actors
