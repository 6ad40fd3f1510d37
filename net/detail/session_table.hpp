#pragma once

#include "net/detail/session.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lama::net::detail {

/// Who owns the sessions, by id. Any thread.
class session_table {
public:
  explicit session_table(std::size_t limit) : limit_(limit) {
    // nop
  }

  std::size_t size() const {
    std::lock_guard guard{lock_};
    return sessions_.size();
  }
  /// `more`: places beyond the limit, for those who may use them.
  bool full(std::size_t more = 0) const {
    return size() >= limit_ + more;
  }
  void add(std::shared_ptr<session> added) {
    std::lock_guard guard{lock_};
    auto id = added->id();
    sessions_.emplace(id, std::move(added));
  }
  std::shared_ptr<session> find(connection_id id) const {
    std::lock_guard guard{lock_};
    auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second;
  }
  void remove(connection_id id) {
    std::lock_guard guard{lock_};
    sessions_.erase(id);
  }
  std::vector<std::shared_ptr<session>> all() const {
    std::lock_guard guard{lock_};
    std::vector<std::shared_ptr<session>> found;
    for (const auto& [id, one] : sessions_)
      found.push_back(one);
    return found;
  }

private:
  mutable std::mutex lock_;
  std::size_t limit_;
  std::unordered_map<connection_id, std::shared_ptr<session>> sessions_;
};

} // namespace lama::net::detail
