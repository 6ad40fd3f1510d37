#include "protocol/models/deliveries.hpp"

#include "protocol/models/channel_list.hpp"

#include <algorithm>
#include <tuple>

namespace lama::models {

namespace {

std::optional<detail::list_entry> entry_at(const object_source& from, const std::optional<hash>& at) {
  auto x = at ? detail::read_list_entry(from, *at) : result<detail::list_entry>{fail(errc::not_found, {})};
  return x ? std::optional{std::move(*x)} : std::nullopt;
}

auto place(const detail::list_entry& x) {
  return std::tuple{x.timestamp, x.creation_time};
}

bool is_by(const object_source& from, const hash& payload, const hash& sender) {
  auto content = protocol::load(from, payload);
  auto message = content ? read_chat_message(*content) : result<chat_message>{content.failure()};
  return message && message->sender == sender;
}

} // namespace

std::vector<hash> newly_delivered(const object_source& from, const std::optional<hash>& head, const std::optional<hash>& former, const hash& sender,
                                  std::size_t limit) {
  std::vector<hash> found;
  auto now = entry_at(from, head);
  auto then = entry_at(from, former);
  for (std::size_t walked = 0; now && walked < limit; ++walked) {
    if (then && now->entry == then->entry)
      break;
    if (then && place(*then) > place(*now)) {
      then = entry_at(from, then->previous);
      continue;
    }
    auto was_there = then && then->creation_time == now->creation_time;
    if (was_there)
      then = entry_at(from, then->previous);
    else if (is_by(from, now->payload, sender))
      found.push_back(now->creation_time);
    now = entry_at(from, now->previous);
  }
  return found;
}

result<done> note_delivered(object_space& space, const hash& me, const std::optional<hash>& sparse, const std::string& conversation, const hash& person,
                            const std::vector<hash>& messages, const signer& as, int64_t now_ms) {
  for (std::size_t begin = 0; begin < messages.size(); begin += most_in_delivered) {
    auto end = std::min(messages.size(), begin + most_in_delivered);
    lama_delivered x{conversation, person, {messages.begin() + static_cast<std::ptrdiff_t>(begin), messages.begin() + static_cast<std::ptrdiff_t>(end)}};
    if (!sparse) {
      LAMA_CHECK(space.put(text_of(x)));
      continue;
    }
    LAMA_TRY(receipts, open_receipts(space, {*sparse, me}, now_ms));
    LAMA_CHECK(post(space, receipts, text_of(x), as, now_ms));
  }
  return done{};
}

bool is_delivered(const object_source& from, const hash& creation_time) {
  return !from.referrers(creation_time, "LamaDelivered").empty();
}

bool is_delivered_to(const object_source& from, const hash& creation_time, const hash& person) {
  auto names = from.referrers(creation_time, "LamaDelivered");
  return std::ranges::any_of(names, [&](const hash& name) {
    auto x = protocol::load(from, name);
    return x && x->reference("person") == person;
  });
}

} // namespace lama::models
