#include "protocol/models/channel_index.hpp"

#include "protocol/models/channel_list.hpp"
#include "protocol/models/packed.hpp"

#include <iterator>
#include <unordered_map>
#include <utility>

namespace lama::models {

namespace {

constexpr char format = 1;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t stretch_bytes = 8 + 4;
constexpr std::size_t place_bytes = hash_bytes + 8 + stretch_bytes;
constexpr std::size_t head_bytes = 1 + 1 + hash_bytes + stretch_bytes;

} // namespace

/// A part of a list, from above down.
struct channel_index::walked {
  std::vector<place> places;
  stretch left;                   ///< below the last of them
  std::optional<hash> next;       ///< where it stopped; nothing: at the end of the list
  std::optional<std::size_t> met; ///< `next` is this place of the index
  bool tired = false;             ///< it stopped since it had walked far enough
};

channel_index::walked channel_index::walk(const object_source& from, std::optional<hash> at, stretch begun, std::size_t most) const {
  std::unordered_map<hash, std::size_t> places;
  for (std::size_t i = 0; i < places_.size(); ++i)
    places.emplace(places_[i].entry, i);
  walked out;
  out.left = begun;
  for (out.next = at; out.next; --most) {
    if (auto found = places.find(*out.next); found != places.end()) {
      out.met = found->second;
      break;
    }
    if (out.tired = most == 0; out.tired)
      break;
    auto entry = detail::read_list_entry(from, *out.next);
    if (!entry)
      break;
    auto time = to_milliseconds(entry->timestamp);
    if (out.left.count >= spacing)
      out.places.push_back({*out.next, time, std::exchange(out.left, {})});
    out.left.add(time);
    out.next = entry->previous;
  }
  return out;
}

channel_index::update_result channel_index::update(const object_source& from, const hash& channel, std::size_t most) {
  auto head = channel_head(from, channel);
  if (!head || !*head) {
    *this = {};
    return {};
  }
  auto top = walk(from, *head, {}, most);
  if (top.tired)
    return {false, false};
  update_result out;
  if (!top.met) {
    out.changed = !top.places.empty() || !places_.empty();
    places_ = std::move(top.places);
    rest_ = top.next;
    below_ = top.left;
    return out;
  }
  // A place soon above the next one would be worth little: they are made when there is room for both.
  if (top.places.size() == 1 && top.left.count < spacing) {
    top.left.add(top.places[0].above.oldest, top.places[0].above.count);
    top.places.clear();
  }
  out.changed = !top.places.empty();
  places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(*top.met));
  places_.front().above = top.left;
  places_.insert(places_.begin(), std::make_move_iterator(top.places.begin()), std::make_move_iterator(top.places.end()));
  if (!rest_)
    return out;
  auto bottom = walk(from, rest_, below_, most);
  if (bottom.tired)
    return {false, false};
  out.changed |= bottom.next != rest_;
  places_.insert(places_.end(), std::make_move_iterator(bottom.places.begin()), std::make_move_iterator(bottom.places.end()));
  rest_ = bottom.next;
  below_ = bottom.left;
  return out;
}

std::optional<hash> channel_index::above(const object_source& from, int64_t time) const {
  auto too_low = std::ranges::find_if(places_, [time](const place& x) { return x.above.oldest < time; });
  while (too_low != places_.begin())
    if (auto entry = (--too_low)->entry; detail::read_list_entry(from, entry))
      return entry;
  return std::nullopt;
}

std::optional<hash> channel_index::above_oldest(const object_source& from, int64_t time, std::size_t count) const {
  // From the bottom up until enough is below; what is counted there and is older than `time` is not what is asked for.
  std::size_t enough = 0;
  auto at = places_.size();
  for (; at > 0 && enough <= count; --at)
    if (places_[at - 1].time > time)
      enough += places_[at - 1].above.count;
  if (at == 0)
    return std::nullopt;
  return above(from, places_[at - 1].time);
}

channel_index channel_index::decode(std::string_view note) {
  channel_index out;
  if (note.size() < head_bytes || note[0] != format || (note.size() - head_bytes) % place_bytes != 0)
    return out;
  auto read_stretch = [](std::string_view at) {
    return stretch{static_cast<int64_t>(packed::read(at, 8)), static_cast<uint32_t>(packed::read(at.substr(8), 4))};
  };
  if (note[1] != 0)
    out.rest_ = hash::from_bytes(note.substr(2, hash_bytes));
  out.below_ = read_stretch(note.substr(2 + hash_bytes));
  for (note.remove_prefix(head_bytes); !note.empty(); note.remove_prefix(place_bytes))
    out.places_.push_back({*hash::from_bytes(note.substr(0, hash_bytes)), static_cast<int64_t>(packed::read(note.substr(hash_bytes), 8)),
                           read_stretch(note.substr(hash_bytes + 8))});
  return out;
}

std::string channel_index::encode() const {
  std::string out{format, static_cast<char>(rest_.has_value())};
  auto append_stretch = [&out](const stretch& x) {
    packed::append(out, x.oldest);
    packed::append(out, x.count);
  };
  out += rest_.value_or(hash{}).raw();
  append_stretch(below_);
  for (const auto& x : places_) {
    out += x.entry.raw();
    packed::append(out, x.time);
    append_stretch(x.above);
  }
  return out;
}

std::string channel_index_note(const hash& channel) {
  return "channel-index/" + channel.hex();
}

} // namespace lama::models
