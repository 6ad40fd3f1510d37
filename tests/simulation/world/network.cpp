#include "tests/simulation/world/network.hpp"

#include <algorithm>

namespace lama::simulator {

network::network(chance& dice, duration least_latency, duration most_latency) : dice_(dice), least_latency_(least_latency), most_latency_(most_latency) {
  // nop
}

void network::attach(node_index at, receiver on_bytes) {
  receivers_[at] = std::move(on_bytes);
}

void network::detach(node_index at) {
  receivers_.erase(at);
  std::erase_if(latest_, [at](const auto& x) { return x.first.first.first == at; });
  drop_if([at](const line& x) { return x.first == at || x.second == at; });
}

void network::send(node_index from, node_index to, uint64_t stream, std::string bytes, time_point now) {
  if (cut_.contains({from, to}) || !receivers_.contains(from))
    return;
  auto spread = static_cast<uint64_t>((most_latency_ - least_latency_).count()) + 1;
  auto due = now + least_latency_ + duration{static_cast<duration::rep>(dice_.below(spread))};
  if (auto slow = delays_.find({from, to}); slow != delays_.end())
    due += slow->second;
  auto& latest = latest_[{{from, to}, stream}];
  latest = std::max(latest, due);
  on_the_way_.emplace(std::pair{latest, sent_++}, parcel{{from, to}, std::move(bytes), {}});
}

void network::at(node_index owner, time_point when, std::function<void()> work) {
  on_the_way_.emplace(std::pair{when, sent_++}, parcel{{owner, owner}, {}, std::move(work)});
}

void network::cut(node_index a, node_index b) {
  cut_.insert({{a, b}, {b, a}});
  drop_if([this](const line& x) { return cut_.contains(x); }); // half-open: neither end is told
}

void network::mend(node_index a, node_index b) {
  cut_.erase({a, b});
  cut_.erase({b, a});
}

void network::delay(node_index a, node_index b, duration more) {
  for (auto& x : {line{a, b}, line{b, a}})
    if (more == duration::zero())
      delays_.erase(x);
    else
      delays_[x] = more;
}

std::optional<time_point> network::next_due() const {
  if (on_the_way_.empty())
    return std::nullopt;
  return on_the_way_.begin()->first.first;
}

void network::deliver_due(time_point now) {
  while (!on_the_way_.empty() && on_the_way_.begin()->first.first <= now) {
    auto arrived = std::move(on_the_way_.extract(on_the_way_.begin()).mapped());
    if (arrived.work)
      arrived.work();
    else if (auto at = receivers_.find(arrived.on.second); at != receivers_.end())
      at->second(arrived.on.first, std::move(arrived.bytes));
  }
}

void network::drop_if(const std::function<bool(const line&)>& lost) {
  std::erase_if(on_the_way_, [&lost](const auto& x) { return lost(x.second.on); });
}

} // namespace lama::simulator
