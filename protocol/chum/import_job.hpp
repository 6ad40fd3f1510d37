#pragma once

#include "protocol/chum/fetch_tree.hpp"
#include "protocol/versions/version_node.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lama::protocol::chum {

/// One piece of work of a round, apart from all others: a single root, or the new version nodes of one id (docs/protocol/03 §6.2, §6.3).
///
/// Version nodes are fetched from the last to the first: the last one brings the others along as its history, with one list instead of one each.
/// They are stored, and the deepest imported, in one batch at the end: after a crash in between they are new again.
class import_job {
public:
  /// `roots` in list order; either one root, or version nodes of one id.
  explicit import_job(std::vector<root> roots);

  void begin(fetch_context& context);
  void pump(fetch_context& context);
  void abandon(fetch_context& context);
  /// The answer to the last batch.
  void stored(const result<done>& outcome);

  bool is_done() const {
    return done_;
  }
  /// Number of the last batch while it is on its way.
  std::optional<uint64_t> awaited_batch() const {
    return batch_;
  }
  struct failure {
    root what;
    error reason;
  };
  const std::vector<failure>& failures() const {
    return failures_;
  }

private:
  struct fetched_node {
    root what;
    std::string text;
    version_node content;
  };

  void next(fetch_context& context);
  void take(fetch_context& context, fetch_tree& tree);
  result<done> check_version(fetch_context& context, const root& what, const version_node& node) const;
  void import(fetch_context& context);

  std::vector<root> todo_; ///< the next one last
  std::unique_ptr<fetch_tree> tree_;
  std::vector<fetched_node> nodes_; ///< the last one of the list first
  std::optional<uint64_t> batch_;
  std::vector<failure> failures_;
  bool done_ = false;
};

} // namespace lama::protocol::chum
