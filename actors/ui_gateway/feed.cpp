#include "actors/ui_gateway/feed.hpp"

#include "protocol/jsonrpc/jsonrpc.hpp"

#include <utility>

namespace lama::actors {

event_feed::text event_feed::add(const std::string& method, nlohmann::json params) {
  params["sequence"] = ++last_;
  auto notification = std::make_shared<const std::string>(protocol::jsonrpc::write_notification(method, params));
  bytes_ += notification->size();
  events_.push_back({last_, notification});
  while (events_.size() > most_events || (bytes_ > most_bytes && events_.size() > 1)) {
    forgotten_ = events_.front().sequence;
    bytes_ -= events_.front().notification->size();
    events_.pop_front();
  }
  return notification;
}

std::optional<std::vector<event_feed::text>> event_feed::after(uint64_t since) const {
  if (since < forgotten_ || since > last_)
    return std::nullopt;
  std::vector<text> found;
  for (const auto& x : events_)
    if (x.sequence > since)
      found.push_back(x.notification);
  return found;
}

} // namespace lama::actors
