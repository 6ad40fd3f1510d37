#include "actors/chum_session/fetching.hpp"

#include "actors/chum_session/host.hpp"
#include "actors/common/errors.hpp"
#include "protocol/limits.hpp"
#include "protocol/models/channels.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

/// What a session fetches from one's own archive: what somebody asks for now, and what was asked for while there was no session.
namespace lama::actors {

namespace {

/// Pages that waited are asked for together; what the protocol does not take at once waits for the next session.
constexpr std::size_t most_wanted_pages = limits::sync_open_requests / 2;

lama::error no_session() {
  return lama::fail(errc::offline, "This is not on this device now, and the archive is not connected. It comes by itself when it is.");
}

result<uint32_t> ask(protocol::sync::session& session, const fetch_page& what) {
  protocol::sync::page_request page;
  page.id = what.channel;
  page.before_ms = what.before_ms;
  page.count = std::clamp<uint32_t>(what.count, 1, limits::sync_page_entries);
  return session.ask_page(page);
}

result<uint32_t> ask(protocol::sync::session& session, const fetch_objects& what) {
  protocol::sync::fetch_request fetch;
  fetch.id = what.channel;
  fetch.via = what.entry;
  fetch.names = what.names;
  return session.ask_fetch(fetch);
}

/// "COUNT TIME"; nothing for another text.
std::optional<fetch_page> wanted_page(std::string_view key, std::string_view text) {
  auto channel = hash::from_hex(key.substr(std::string_view{wanted_page_note}.size()));
  fetch_page page;
  int64_t time = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), page.count);
  if (!channel || problem != std::errc{} || end == text.data() + text.size() || *end != ' ')
    return std::nullopt;
  if (std::from_chars(end + 1, text.data() + text.size(), time).ec != std::errc{})
    return std::nullopt;
  page.channel = *channel;
  if (time != 0)
    page.before_ms = time;
  return page;
}

} // namespace

template <class Request>
caf::result<ok> chum_host::fetch(const Request& what) {
  auto& st = state();
  if (!st.speaks_extension || st.plan.peer.kind != peer_kind::own_archive)
    return to_caf(no_session());
  auto asked = ask(*st.extension, what);
  if (!asked)
    return to_caf(asked.failure());
  auto promise = self_->make_response_promise<ok>();
  st.fetches.emplace(*asked, promise);
  carry_out();
  return promise;
}

template caf::result<ok> chum_host::fetch(const fetch_page& what);
template caf::result<ok> chum_host::fetch(const fetch_objects& what);

void chum_host::give_up_fetches() {
  for (auto& [number, promise] : std::exchange(state().fetches, {}))
    promise.deliver(to_caf(no_session()));
}

/// Nobody has seen it yet, and it is the oldest of all: without this it would be the first to go again where room is short.
void chum_host::keep_for_who_looked(const fetch_page& page) {
  auto view = user().store->read();
  auto head = models::channel_head(*view, page.channel);
  auto next = head ? *head : std::nullopt;
  std::vector<hash> brought;
  for (std::size_t walked = 0; next && walked < limits::channel_walk && brought.size() < page.count; ++walked) {
    auto entry = models::read_entry(*view, page.channel, *next);
    if (!entry)
      break;
    if (!page.before_ms || entry->timestamp < *page.before_ms)
      brought.push_back(entry->creation_time);
    next = entry->previous;
  }
  user().store->mark_used(brought);
}

/// From now on whoever looks for something finds us. What was looked for before is asked for again, and the notes of it go.
void chum_host::serve_fetches() {
  auto& st = state();
  if (st.plan.peer.kind != peer_kind::own_archive)
    return;
  user().members->enlist(user().role(archive_fetcher_role), self_);
  std::vector<std::string> served;
  for (const auto& [key, text] : user().store->read()->notes(wanted_page_note, most_wanted_pages)) {
    auto page = wanted_page(key, text);
    if (page) {
      auto asked = ask(*st.extension, *page);
      if (!asked)
        break;
      st.wanted_pages.emplace(*asked, *page);
    }
    served.push_back(key);
  }
  if (served.empty())
    return;
  transact change{"ask for what was looked for", [served](storage::transaction& to) -> result<done> {
                    for (const auto& key : served)
                      to.remove_note(key);
                    return done{};
                  }};
  self_->request(user().writer(), user().environment->settings.times.request_deadline, std::move(change))
      .then([](const transacted&) {},
            [self = self_](const caf::error& failure) {
              chum_host{self}.user().environment->log(log_warning, chum_session_state::name, "cannot forget what was asked for: " + from_caf(failure).message);
            });
}

} // namespace lama::actors
