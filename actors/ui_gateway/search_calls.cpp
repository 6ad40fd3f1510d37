#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/models/search.hpp"

#include <map>
#include <utility>

/// query:search: messages by their words, newest first. Every text is read, so that no index has to be kept; how long 100,000 messages take was not measured.
namespace lama::actors::channels {

namespace {

constexpr std::size_t most_found = 200;
/// Entries that one search reads; the answer says from where to go on.
constexpr std::size_t most_searched = 100'000;
constexpr std::size_t page_entries = 1000;

struct question {
  std::string words;
  std::string conversation; ///< empty: all
  std::size_t limit = 0;
  std::optional<int64_t> before;
};

/// Channel → conversation.
std::map<hash, std::string> channels_in(const storage::snapshot& from, const std::string& conversation) {
  std::map<hash, std::string> all;
  for (const auto& channel : models::registered_channels(from))
    if (auto key = models::load_channel_key(from, channel); key && (conversation.empty() ? !key->id.starts_with("lama.") : key->id == conversation))
      all.emplace(channel, std::move(key->id));
  return all;
}

result<json> search_store(const user_context& user, const question& what) {
  auto view = user.store->read();
  viewer views{user, *view};
  models::word_search words{what.words};
  auto channels = channels_in(*view, what.conversation);
  std::vector<hash> names;
  for (const auto& [channel, conversation] : channels)
    names.push_back(channel);
  auto at = models::newest_of(*view, names);
  auto found = json::array();
  std::optional<int64_t> reached;
  bool more = !at.empty();
  for (std::size_t searched = 0; more && searched < most_searched && found.size() < what.limit;) {
    models::page_request request;
    request.limit = page_entries;
    request.before = what.before;
    LAMA_TRY(page, models::read_page(*view, at, request));
    for (const auto& entry : page.entries) {
      if (found.size() == what.limit)
        break;
      reached = entry.timestamp;
      auto shown = views.message(channels[entry.channel], entry);
      if (shown && words.finds((*shown)["text"].get_ref<const std::string&>()))
        found.push_back(std::move(*shown));
    }
    searched += page.entries.size();
    at = std::move(page.next);
    more = page.entries.size() >= page_entries;
  }
  json answer{{"messages", std::move(found)}, {"more", more && reached.has_value()}, {"everywhere", user.environment->settings.which == side::archive}};
  if (answer["more"].get<bool>())
    answer["before"] = time_text(*reached + 1); // others may have this time: they are found again rather than missed
  return answer;
}

} // namespace

void search(gateway_pointer self, const call_scope& x) {
  question what;
  LAMA_PARAMETER(words, text_parameter(x, "text"));
  LAMA_PARAMETER(conversation, optional_text(x, "conversationId"));
  LAMA_PARAMETER(limit, count_parameter(x, "limit", 50, most_found));
  LAMA_PARAMETER(before, time_parameter(x, "before"));
  if (models::word_search{words}.empty())
    return x.fail(bad_parameter("text", "a search needs a word"));
  what = {std::move(words), std::move(conversation), limit, before};
  if (!what.conversation.empty() && !protocol::load_current(*x.user->store->read(), models::conversation_id(what.conversation)))
    return x.fail(lama::fail(errc::not_found, "There is no conversation " + what.conversation.substr(0, 200) + " here."));
  auto search_here = [self, x, what] { run_long_job(self, x, [user = x.user, what] { return search_store(*user, what); }); };
  if (self->state.is_archive())
    return search_here();
  // The archive has everything; without it the device looks through what it keeps.
  auto asking = x;
  asking.answer = [x, search_here](call_outcome outcome) {
    if (!outcome.content && outcome.content.failure().code == errc::offline)
      return search_here();
    x.answer(std::move(outcome));
  };
  ask_archive(self, asking);
}

} // namespace lama::actors::channels
