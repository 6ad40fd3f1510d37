#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/views.hpp"
#include "protocol/models/annotations.hpp"
#include "protocol/models/search.hpp"
#include "protocol/models/text_index.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

/// query:search: messages by their words, newest first. The archive reads folded texts in blocks (protocol/models/text_index.hpp) and looks at the messages
/// that fit alone; a device without its archive reads the messages that it keeps.
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

/// Texts that fit which one channel may give to one search, for those that are not shown: changed or deleted since.
constexpr std::size_t spare_candidates = 200;

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
  json answer{{"messages", std::move(found)}, {"more", more && reached.has_value()}, {"everywhere", false}};
  if (answer["more"].get<bool>())
    answer["before"] = time_text(*reached + 1); // others may have this time: they are found again rather than missed
  return answer;
}

/// A message that said or says what is looked for.
struct candidate {
  int64_t time = 0;
  hash message{};
  std::string conversation;
};

/// What a search gathers before it looks at messages.
struct gathered {
  std::vector<candidate> found;
  std::optional<int64_t> complete_from; ///< older ones were left out somewhere; absent: these are all
};

/// The texts of one channel, newest first. Those of a conversation's own channel are in the order of time, and enough is enough; changes of messages are not.
class channel_search {
public:
  channel_search(const storage::snapshot& from, const question& what, const models::word_search& words, std::string conversation, bool by_time)
      : from_{from}, what_{what}, words_{words}, conversation_{std::move(conversation)}, by_time_{by_time} {
    // nop
  }

  void run(const hash& channel, gathered& into) {
    auto head = models::channel_head(from_, channel);
    if (!head || !*head)
      return;
    auto state = models::decode_index_state(from_.note(models::index_state_note(channel)).value_or(std::string{}));
    auto tail = models::walk_entries(from_, channel, *head, state.newest, most_searched, [&](const hash&, const models::channel_entry& entry) {
      auto text = models::text_of_entry(from_, entry);
      take(text.message, text.time, text.text, into);
    });
    for (auto number = tail.met ? state.blocks : 0; number > 0 && !enough();)
      take_block(from_.note(models::index_block_note(channel, --number)).value_or(std::string{}), into);
    if (tail.next && !tail.broken && oldest_)
      leave_out(*oldest_, into);
  }

private:
  bool enough() const {
    return by_time_ && count_ >= what_.limit + spare_candidates;
  }
  void leave_out(int64_t below, gathered& into) const {
    into.complete_from = std::max(into.complete_from.value_or(below), below);
  }
  void take_block(const std::string& block, gathered& into) {
    auto texts = models::decode_block(block);
    for (auto i = texts ? texts->size() : 0; i > 0; --i)
      take((*texts)[i - 1].message, (*texts)[i - 1].time, (*texts)[i - 1].text, into);
  }
  void take(const hash& message, int64_t time, std::string_view text, gathered& into) {
    oldest_ = std::min(oldest_.value_or(time), time);
    if ((what_.before && time >= *what_.before) || text.empty() || !words_.finds_folded(text))
      return;
    if (enough())
      return leave_out(time, into);
    ++count_;
    into.found.push_back({time, message, conversation_});
  }

  const storage::snapshot& from_;
  const question& what_;
  const models::word_search& words_;
  std::string conversation_;
  bool by_time_;
  std::size_t count_ = 0;
  std::optional<int64_t> oldest_;
};

gathered gather(const storage::snapshot& from, const question& what, const models::word_search& words) {
  gathered all;
  for (const auto& channel : models::registered_channels(from)) {
    auto key = models::load_channel_key(from, channel);
    auto beside = key ? models::annotated_conversation(key->id) : std::nullopt;
    if (!key || (key->id.starts_with("lama.") && !beside))
      continue;
    auto conversation = beside ? std::string{*beside} : key->id;
    if (what.conversation.empty() || conversation == what.conversation)
      channel_search{from, what, words, conversation, !beside}.run(channel, all);
  }
  std::ranges::sort(all.found, [](const candidate& a, const candidate& b) { return std::tie(a.time, a.message) > std::tie(b.time, b.message); });
  auto same = std::ranges::unique(all.found, {}, &candidate::message);
  all.found.erase(same.begin(), same.end());
  return all;
}

result<json> search_index(const user_context& user, const question& what) {
  auto view = user.store->read();
  viewer views{user, *view};
  models::word_search words{what.words};
  auto all = gather(*view, what, words);
  auto found = json::array();
  std::optional<int64_t> more;
  for (const auto& x : all.found) {
    if (all.complete_from && x.time < *all.complete_from)
      break;
    if (found.size() == what.limit) {
      more = x.time;
      break;
    }
    auto shown = views.named(x.conversation, x.message);
    if (shown && !shown->contains("deleted") && words.finds((*shown)["text"].get_ref<const std::string&>()))
      found.push_back(std::move(*shown));
  }
  if (!more)
    more = all.complete_from;
  json answer{{"messages", std::move(found)}, {"more", more.has_value()}, {"everywhere", true}};
  if (more) // others may have this time: they are found again rather than missed
    answer["before"] = time_text(what.before && *more + 1 >= *what.before ? *more : *more + 1);
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
  if (self->state.is_archive())
    return run_long_job(self, x, [user = x.user, what] { return search_index(*user, what); });
  auto search_here = [self, x, what] { run_long_job(self, x, [user = x.user, what] { return search_store(*user, what); }); };
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
