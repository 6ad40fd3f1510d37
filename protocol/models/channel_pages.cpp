// Reading channels, alone and merged. Declared in channels.hpp.
#include "protocol/limits.hpp"
#include "protocol/models/channel_list.hpp"
#include "protocol/models/channels.hpp"

#include <algorithm>
#include <limits>

namespace lama::models {

namespace {

result<channel_entry> read_without_author(const object_source& from, const hash& channel, const hash& entry) {
  LAMA_TRY(x, detail::read_list_entry(from, entry));
  channel_entry out;
  out.channel = channel;
  out.entry = entry;
  out.creation_time = x.creation_time;
  out.timestamp = to_milliseconds(x.timestamp);
  out.payload = x.payload;
  out.metadata = x.text.references("metadata");
  out.previous = x.previous;
  return out;
}

/// One channel on its way down.
struct cursor {
  channel_position at;
  std::optional<channel_entry> current;

  void load(const object_source& from) {
    current.reset();
    at.gap = false;
    if (!at.next)
      return;
    auto entry = read_without_author(from, at.channel, *at.next);
    if (!entry) {
      at.gap = true;
      return;
    }
    current = std::move(*entry);
  }
  void advance(const object_source& from) {
    at.next = current->previous;
    at.above = current->timestamp;
    load(from);
  }
};

bool newer(const channel_entry& a, const channel_entry& b) {
  return a.timestamp != b.timestamp ? a.timestamp > b.timestamp : a.creation_time > b.creation_time;
}

/// The cursor with the newest entry; null where no entry can be said to be the next one.
cursor* newest(std::vector<cursor>& cursors) {
  cursor* best = nullptr;
  auto unknown = std::numeric_limits<int64_t>::min(); // what a gap hides is not newer than this
  for (auto& x : cursors) {
    if (x.at.gap)
      unknown = std::max(unknown, x.at.above.value_or(std::numeric_limits<int64_t>::max()));
    if (x.current && (!best || newer(*x.current, *best->current)))
      best = &x;
  }
  return best && best->current->timestamp >= unknown ? best : nullptr;
}

} // namespace

result<channel_entry> read_entry(const object_source& from, const hash& channel, const hash& entry, const key_source& keys) {
  LAMA_TRY(out, read_without_author(from, channel, entry));
  if (keys)
    out.author = author_of(from, out.creation_time, out.metadata, keys);
  return std::move(out);
}

bool channel_page::complete() const {
  return std::none_of(next.begin(), next.end(), [](const auto& x) { return x.next.has_value(); });
}

std::vector<channel_position> newest_of(const object_source& from, const std::vector<hash>& channels) {
  std::vector<channel_position> out;
  for (const auto& channel : channels)
    if (auto head = channel_head(from, channel); head && *head)
      out.push_back({channel, *head, false});
  return out;
}

result<channel_page> read_page(const object_source& from, const std::vector<channel_position>& at, const page_request& request, const key_source& keys) {
  std::vector<cursor> cursors;
  for (const auto& position : at) {
    cursors.push_back({position, std::nullopt});
    cursors.back().load(from);
  }
  channel_page out;
  for (std::size_t walked = 0; out.entries.size() < request.limit && walked < limits::channel_walk; ++walked) {
    auto* next = newest(cursors);
    if (!next)
      break;
    auto& entry = *next->current;
    if (request.from && entry.timestamp < *request.from) {
      next->current.reset();
      next->at.next.reset();
      continue;
    }
    bool wanted = (!request.to || entry.timestamp <= *request.to) && (!request.before || entry.timestamp < *request.before);
    if (wanted) {
      if (keys)
        entry.author = author_of(from, entry.creation_time, entry.metadata, keys);
      out.entries.push_back(entry);
    }
    next->advance(from);
  }
  for (auto& x : cursors)
    out.next.push_back(x.at);
  return out;
}

} // namespace lama::models
