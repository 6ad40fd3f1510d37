#include "actors/ui_gateway/page_starts.hpp"

#include "actors/ui_gateway/long_job.hpp"

#include <limits>

namespace lama::actors {

namespace {

/// What the gateway's thread walks itself: some ten milliseconds.
constexpr std::size_t short_walk = 1024;

} // namespace

page_starts::page_starts(const storage::snapshot& from, const std::vector<hash>& channels, std::size_t walk) {
  for (const auto& name : channels) {
    channel x{name, models::channel_index::decode(from.note(models::channel_index_note(name)).value_or(std::string{}))};
    auto updated = x.index.update(from, name, walk);
    complete_ = complete_ && updated.complete;
    x.changed = updated.changed;
    channels_.push_back(std::move(x));
  }
}

template <class Find>
page_starts::positions page_starts::begin(const storage::snapshot& from, Find find) const {
  positions all;
  for (const auto& x : channels_) {
    auto newest = models::newest_of(from, {x.name});
    if (newest.empty())
      continue;
    if (auto place = find(x.index))
      newest.front().next = place;
    all.push_back(newest.front());
  }
  return all;
}

page_starts::positions page_starts::before(const storage::snapshot& from, int64_t time) const {
  return begin(from, [&](const models::channel_index& x) { return x.above(from, time); });
}

page_starts::positions page_starts::after(const storage::snapshot& from, int64_t time, std::size_t count) const {
  return begin(from, [&](const models::channel_index& x) { return x.above_oldest(from, time, count); });
}

void page_starts::keep(gateway_pointer self, const user_context_ptr& user) const {
  std::vector<std::pair<std::string, std::string>> notes;
  for (const auto& x : channels_)
    if (x.changed)
      notes.emplace_back(models::channel_index_note(x.name), x.index.encode());
  if (notes.empty())
    return;
  transact change{"keep where pages begin", [notes](storage::transaction& to) -> result<done> {
                    for (const auto& [name, value] : notes)
                      to.set_note(name, value);
                    return lama::done{};
                  }};
  self->request(user->writer(), self->state.deadline(), std::move(change))
      .then([](const transacted&) {},
            [user](const caf::error& failure) {
              user->environment->log(log_warning, "ui-gateway", "cannot keep where pages begin: " + from_caf(failure).message);
            });
}

void find_page_starts(gateway_pointer self, const user_context_ptr& user, const std::vector<hash>& channels,
                      std::function<void(std::shared_ptr<const page_starts>)> then) {
  auto starts = std::make_shared<page_starts>(*user->store->read(), channels, short_walk);
  if (starts->complete()) {
    starts->keep(self, user);
    return then(std::move(starts));
  }
  auto walk = [user, channels, starts]() -> result<json> {
    *starts = page_starts{*user->store->read(), channels, std::numeric_limits<std::size_t>::max()};
    return json{};
  };
  run_apart(self, std::move(walk), [self, user, starts, then = std::move(then)](const result<json>& walked) {
    if (!walked)
      return then(nullptr);
    starts->keep(self, user);
    then(starts);
  });
}

} // namespace lama::actors
