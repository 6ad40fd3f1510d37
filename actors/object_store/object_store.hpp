#pragma once

#include "actors/common/environment.hpp"
#include "actors/object_store/interface.hpp"

#include <deque>
#include <memory>

namespace lama::actors {

/// More than this waiting means that the disk does not keep up: the asker is told `overloaded` and tries again.
inline constexpr std::size_t most_waiting_transactions = 20'000;
/// A group ends here, so that its batch stays a few MB and nobody waits long.
inline constexpr std::size_t most_transactions_a_group = 2'000;
inline constexpr std::size_t most_bytes_a_group = 8u << 20;

struct object_store_state {
  static inline const char* name = "object-store";

  struct waiting {
    transact request;
    caf::typed_response_promise<transacted> promise;
  };

  std::shared_ptr<storage::store> store;
  environment_ptr environment;
  std::deque<waiting> queue;
  bool flush_is_due = false;
  std::shared_ptr<commit_listeners> listeners;
  uint64_t told = 0; ///< up to this sequence the listeners know the change log
  bool opening_is_due = false;
  bool in_doubt = false; ///< a write failed: whether it is there, the next opening of the files tells
  uint64_t groups = 0;
  uint64_t transactions = 0;
  uint64_t failures = 0;

  /// Whoever waits for the disk is told; the mailbox answers for itself.
  ~object_store_state();

  /// Writes what waits, up to a group's limits, as one batch with one fsync, and answers each.
  void write_group();

private:
  void write_queue(std::unique_ptr<storage::transaction> open);
  void tell(storage::commit_info info);
};

object_store_actor::behavior_type object_store(object_store_actor::stateful_pointer<object_store_state> self, environment_ptr environment,
                                               std::shared_ptr<storage::store> store, std::shared_ptr<commit_listeners> listeners);

} // namespace lama::actors
