#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace lama::actors {

/// Who goes next: of all clients with work, the one that was given least, whatever the others have piled up. What a client was given counts from what the
/// others had when it came, so that nobody saves up turns; of two that were given the same, who has just come goes first. A client with much under way waits
/// until some of its own ends; the others do not notice.
///
///   add ──► [client: piece, piece, …] ──next──► under way ──ended, charge──►
class fair_turns {
public:
  using work = std::function<void()>;

  struct limits {
    std::size_t most_of_one;   ///< pieces of one client that are under way at a time
    std::size_t most_together; ///< of all clients
    std::size_t fair_bytes;    ///< that one client's waiting work may always hold
    std::size_t most_bytes;    ///< of all together; beyond it who has more than its share is refused
  };

  explicit fair_turns(limits bounds) : bounds_{bounds} {
    // nop
  }

  /// False: refused, since the client holds more than its share and all is used up.
  bool add(const std::string& client, std::size_t bytes, work piece) {
    auto& x = known(client);
    if (x.waiting_bytes + bytes > bounds_.fair_bytes && waiting_bytes_ + bytes > bounds_.most_bytes) {
      drop_if_idle(client);
      return false;
    }
    x.waiting.push_back({std::move(piece), bytes});
    count_waiting(x, bytes);
    line_up(client, x);
    return true;
  }
  /// In front of what the client has piled up: the rest of what it just began.
  void add_first(const std::string& client, work piece) {
    auto& x = known(client);
    x.waiting.push_front({std::move(piece), 0});
    count_waiting(x, 0);
    line_up(client, x);
  }

  /// The next piece, which counts as under way until `ended`; nothing where nobody may go on.
  std::optional<work> next() {
    if (!can_go_on())
      return std::nullopt;
    auto first = line_.begin();
    auto client = first->client;
    floor_ = std::max(floor_, first->given);
    line_.erase(first);
    auto& x = clients_[client];
    x.place = 0;
    x.has_just_come = false;
    auto piece = std::move(x.waiting.front());
    x.waiting.pop_front();
    uncount_waiting(x, 1, piece.bytes);
    x.given += 1;
    ++x.under_way;
    ++under_way_;
    line_up(client, x);
    return std::move(piece.what);
  }

  /// The client was given so much more than a turn.
  void charge(const std::string& client, uint64_t cost) {
    auto found = clients_.find(client);
    if (found == clients_.end())
      return;
    leave_line(client, found->second);
    found->second.given += cost;
    line_up(client, found->second);
  }

  void ended(const std::string& client) {
    auto found = clients_.find(client);
    if (found == clients_.end() || found->second.under_way == 0)
      return;
    --found->second.under_way;
    --under_way_;
    line_up(client, found->second);
    drop_if_idle(client);
  }

  /// The client is gone: what it piled up is nobody's. What is under way ends as ever.
  void forget(const std::string& client) {
    auto found = clients_.find(client);
    if (found == clients_.end())
      return;
    auto& x = found->second;
    leave_line(client, x);
    uncount_waiting(x, x.waiting.size(), x.waiting_bytes);
    x.waiting.clear();
    if (x.under_way == 0)
      clients_.erase(found);
    else
      x.given = 0; // it does not come back
  }

  bool can_go_on() const {
    return !line_.empty() && under_way_ < bounds_.most_together;
  }
  std::size_t waiting() const {
    return waiting_;
  }
  std::size_t waiting_bytes() const {
    return waiting_bytes_;
  }
  std::size_t under_way() const {
    return under_way_;
  }
  std::size_t clients() const {
    return clients_.size();
  }

private:
  struct waiting_piece {
    work what;
    std::size_t bytes;
  };
  struct client_state {
    std::deque<waiting_piece> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t under_way = 0;
    uint64_t given = 0;
    bool has_just_come = false; ///< it had nothing here, and has had no turn since
    uint64_t place = 0;         ///< in the line, by arrival; 0: not in it
  };
  struct in_line {
    uint64_t given;
    bool waits_longer;
    uint64_t place;
    std::string client;
    auto operator<=>(const in_line&) const = default;
  };

  client_state& known(const std::string& client) {
    auto& x = clients_[client];
    if (x.waiting.empty() && x.under_way == 0) {
      x.given = std::max(x.given, floor_);
      x.has_just_come = true;
    }
    return x;
  }
  void line_up(const std::string& client, client_state& x) {
    if (x.place != 0 || x.waiting.empty() || x.under_way >= bounds_.most_of_one)
      return;
    x.place = ++last_place_;
    line_.insert({x.given, !x.has_just_come, x.place, client});
  }
  void leave_line(const std::string& client, client_state& x) {
    if (auto place = std::exchange(x.place, 0); place != 0)
      line_.erase({x.given, !x.has_just_come, place, client});
  }
  void count_waiting(client_state& x, std::size_t bytes) {
    ++waiting_;
    waiting_bytes_ += bytes;
    x.waiting_bytes += bytes;
  }
  void uncount_waiting(client_state& x, std::size_t pieces, std::size_t bytes) {
    waiting_ -= pieces;
    waiting_bytes_ -= bytes;
    x.waiting_bytes -= bytes;
  }
  /// Who has nothing here is forgotten where the others were given as much, and in any case when there are too many of them.
  void drop_if_idle(const std::string& client) {
    auto idle = [](const client_state& x) { return x.waiting.empty() && x.under_way == 0; };
    if (auto found = clients_.find(client); found != clients_.end() && idle(found->second) && found->second.given <= floor_)
      clients_.erase(found);
    if (clients_.size() < sweep_at_)
      return;
    std::erase_if(clients_, [&](const auto& x) { return idle(x.second); });
    sweep_at_ = std::max(least_swept, 2 * clients_.size());
  }

  static constexpr std::size_t least_swept = 1024;

  limits bounds_;
  std::map<std::string, client_state> clients_;
  std::set<in_line> line_; ///< clients that may go on, each once
  uint64_t floor_ = 0;     ///< what the last one in turn had been given
  uint64_t last_place_ = 0;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::size_t under_way_ = 0;
  std::size_t sweep_at_ = least_swept;
};

} // namespace lama::actors
