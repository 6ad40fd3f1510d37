#pragma once

#include "net/transport.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lama::net::testing {

using namespace std::chrono_literals;

/// What the events of many connections said, to be waited for by the test's thread.
class recorder {
public:
  struct closing {
    std::string reason;
    uint16_t code = 0;
  };
  struct history {
    bool opened = false;
    std::vector<frame> frames;
    std::size_t bytes = 0;
    std::optional<closing> closed;
  };
  /// Called on the I/O thread for each frame, outside the lock.
  std::function<void(connection_id, const frame&)> on_frame;
  bool keep_frames = true;

  connection_events events() {
    return {
        .opened = [this](connection_id id) { note(id, [](history& x) { x.opened = true; }); },
        .received =
            [this](connection_id id, frame got) {
              if (on_frame)
                on_frame(id, got);
              note(id, [&](history& x) {
                x.bytes += got.bytes.size();
                x.frames.push_back(keep_frames ? std::move(got) : frame{});
              });
            },
        .closed = [this](connection_id id, std::string reason, uint16_t code) { note(id, [&](history& x) {
                                                                                  x.closed = closing{std::move(reason), code};
                                                                                }); },
    };
  }

  /// False after a minute: a machine may be busy.
  bool wait(connection_id id, const std::function<bool(const history&)>& is_there) {
    std::unique_lock guard{lock_};
    return changed_.wait_for(guard, 60s, [&] { return is_there(histories_[id]); });
  }
  bool wait_opened(connection_id id) {
    return wait(id, [](const history& x) { return x.opened; });
  }
  bool wait_closed(connection_id id) {
    return wait(id, [](const history& x) { return x.closed.has_value(); });
  }
  bool wait_frames(connection_id id, std::size_t count) {
    return wait(id, [count](const history& x) { return x.frames.size() >= count; });
  }
  /// The first id that was heard of.
  connection_id first() {
    std::unique_lock guard{lock_};
    changed_.wait_for(guard, 60s, [&] { return !order_.empty(); });
    return order_.empty() ? 0 : order_.front();
  }
  history at(connection_id id) {
    std::lock_guard guard{lock_};
    return histories_[id];
  }
  std::size_t count() {
    std::lock_guard guard{lock_};
    return order_.size();
  }

private:
  template <class F>
  void note(connection_id id, F change) {
    std::lock_guard guard{lock_};
    if (!known_[id]) {
      known_[id] = true;
      order_.push_back(id);
    }
    change(histories_[id]);
    changed_.notify_all();
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::map<connection_id, history> histories_;
  std::map<connection_id, bool> known_;
  std::vector<connection_id> order_;
};

} // namespace lama::net::testing
