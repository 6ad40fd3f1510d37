#include "actors/conversations/delivery.hpp"

#include "protocol/models/outbox.hpp"

#include <algorithm>

namespace lama::actors {

namespace {

/// Entries that one look at an outbox walks back over; a channel is rotated after 1000.
constexpr std::size_t most_walked = 5'000;

std::string receipt_note(const hash& creation_time) {
  return "receipt/" + creation_time.hex();
}

std::string position_note(const hash& channel) {
  return "outbox/" + channel.hex();
}

models::user_persons persons_of(const user_context& user) {
  return {user.partner->person, user.me.person};
}

/// New entries since `position`, oldest first.
std::vector<hash> new_entries(const protocol::object_source& from, const hash& channel, const std::optional<hash>& position) {
  std::vector<hash> entries;
  auto head = models::channel_head(from, channel);
  auto at = head ? *head : std::nullopt;
  while (at && at != position && entries.size() < most_walked) {
    auto entry = protocol::load(from, *at);
    if (!entry)
      break;
    entries.push_back(*at);
    at = entry->reference("previous");
  }
  std::ranges::reverse(entries);
  return entries;
}

/// Of the channels that have a new version in it, those that are outboxes.
std::vector<hash> outboxes_in(const protocol::object_source& from, const user_context& user, const protocol::sync::commit_batch& batch) {
  std::vector<hash> found;
  for (const auto& item : batch.items) {
    if (item.kind != protocol::sync::item_kind::version)
      continue;
    auto node = protocol::load(from, item.name);
    auto data = node ? node->reference("data") : std::nullopt;
    auto channel = data ? protocol::load(from, *data) : result<protocol::object>{fail(errc::not_found, "the node has no data")};
    if (!channel || channel->type != "ChannelInfo")
      continue;
    models::channel_key key{channel->text("id"), channel->reference("owner")};
    if (models::is_outbox(key, persons_of(user)))
      found.push_back(models::channel_id(key));
  }
  return found;
}

} // namespace

result<done> deliver_outbox(storage::transaction& to, const user_context& user, const hash& channel, delivery_report& report) {
  models::outbox_policy policy;
  policy.who = persons_of(user);
  policy.sparse_sign_key = user.partner->person_sign_key;
  policy.receipt_of = [&to](const hash& creation_time) -> std::optional<hash> {
    auto note = to.note(receipt_note(creation_time));
    return note ? hash::from_hex(*note) : std::nullopt;
  };
  auto note = to.note(position_note(channel));
  const auto came_to = note ? hash::from_hex(*note) : std::nullopt;
  auto position = came_to;
  auto now = user.environment->clock->now_ms();
  auto signer = user.keys->as(user.me.person);
  std::size_t taken = 0;
  for (const auto& entry : new_entries(to, channel, position)) {
    if (taken++ == most_deliveries) {
      report.incomplete = true;
      break;
    }
    auto plan = models::plan_delivery(to, policy, channel, entry, now);
    if (!plan && plan.failure().code != errc::forbidden) {
      report.incomplete = true; // what it refers to comes with a later batch
      break;
    }
    position = entry;
    if (!plan) {
      ++report.forged;
      user.environment->log(log_warning, "conversations", "an outbox entry is not our sparse instance's: " + plan.failure().message);
      continue;
    }
    LAMA_TRY(delivered, models::carry_out(to, *plan, policy, signer, now));
    to.set_note(receipt_note(plan->entry.message), delivered.receipt.hex());
    ++(plan->outcome == models::outbox_outcome::refuse ? report.refused : report.posted);
  }
  if (position && position != came_to)
    to.set_note(position_note(channel), position->hex());
  return done{};
}

void deliver_with_batch(storage::transaction& to, const user_context& user, const protocol::sync::commit_batch& batch) {
  if (!user.partner)
    return;
  for (const auto& channel : outboxes_in(to, user, batch)) {
    auto before = to.mark();
    delivery_report report;
    if (!deliver_outbox(to, user, channel, report))
      to.roll_back(before);
  }
}

std::vector<hash> outbox_channels(const protocol::object_source& from, const user_context& user) {
  std::vector<hash> found;
  for (const auto& channel : models::registered_channels(from))
    if (auto key = models::load_channel_key(from, channel); key && user.partner && models::is_outbox(*key, persons_of(user)))
      found.push_back(channel);
  return found;
}

} // namespace lama::actors
