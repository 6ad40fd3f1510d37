#include "actors/object_store/object_store.hpp"

#include "actors/common/errors.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

/// After a failed write the files are opened again, also when nobody writes.
constexpr std::chrono::milliseconds next_opening{500};
constexpr std::size_t most_changes_told = 10'000;

} // namespace

object_store_state::~object_store_state() {
  for (auto& x : queue)
    x.promise.deliver(to_caf(fail(errc::offline, "the store's writer is restarting; try again")));
}

void object_store_state::write_group() {
  auto begun = store->begin();
  if (!begun) {
    in_doubt = true;
    ++failures;
    environment->log(log_error, name, "cannot write: " + begun.failure().message);
    for (auto& x : std::exchange(queue, {}))
      x.promise.deliver(to_caf(begun.failure()));
    return;
  }
  in_doubt = false;
  write_queue(std::move(*begun));
  // A write that failed in its last step may be found after all: nobody was told of it.
  while (!in_doubt && told < store->last_sequence()) {
    storage::commit_info missed;
    missed.changes = store->read()->changes(told, most_changes_told);
    if (missed.changes.empty())
      return;
    missed.last_sequence = missed.changes.back().sequence;
    tell(std::move(missed));
  }
}

void object_store_state::write_queue(std::unique_ptr<storage::transaction> open) {
  std::vector<caf::typed_response_promise<transacted>> accepted; // by their functions; still to be made durable
  while (!queue.empty() && accepted.size() < most_transactions_a_group && open->pending_bytes() < most_bytes_a_group) {
    auto next = std::move(queue.front());
    queue.pop_front();
    auto mark = open->mark();
    auto applied = next.request.apply(*open);
    if (auto why = open->refused(); applied && why)
      applied = *std::move(why);
    if (applied) {
      accepted.push_back(std::move(next.promise));
    } else {
      open->roll_back(mark); // one that fails must not spoil the others of its group
      next.promise.deliver(to_caf(applied.failure()));
    }
  }
  if (accepted.empty())
    return;
  auto committed = store->commit(std::move(open));
  if (!committed) {
    in_doubt = true;
    ++failures;
    environment->log(log_error, name, "write failed, nothing of it is acknowledged: " + committed.failure().message);
    for (auto& promise : accepted)
      promise.deliver(to_caf(committed.failure()));
    return;
  }
  ++groups;
  transactions += accepted.size();
  for (auto& promise : accepted)
    promise.deliver(transacted{committed->last_sequence});
  if (!committed->changes.empty() && committed->changes.front().sequence == told + 1)
    tell(std::move(*committed));
}

void object_store_state::tell(storage::commit_info info) {
  told = info.last_sequence;
  listeners->tell(objects_committed{std::make_shared<const storage::commit_info>(std::move(info))});
}

object_store_actor::behavior_type object_store(object_store_actor::stateful_pointer<object_store_state> self, environment_ptr environment,
                                               std::shared_ptr<storage::store> store, std::shared_ptr<commit_listeners> listeners) {
  self->state.environment = std::move(environment);
  self->state.store = std::move(store);
  self->state.listeners = std::move(listeners);
  self->state.told = self->state.store->last_sequence();
  auto flush_soon = [self] {
    // The flush stands behind everything that is in the mailbox by now: that makes the group.
    if (!std::exchange(self->state.flush_is_due, true))
      self->send(self, flush_group{});
  };
  flush_soon(); // the one before may have left a write in doubt
  return {
      [self, flush_soon](transact& request) -> caf::result<transacted> {
        auto& st = self->state;
        if (st.queue.size() >= most_waiting_transactions)
          return to_caf(fail(errc::overloaded, "the disk does not keep up with what is to be written; try again in a moment"));
        auto promise = self->make_response_promise<transacted>();
        st.queue.push_back({std::move(request), promise});
        flush_soon();
        return promise;
      },
      [self, flush_soon](flush_group) {
        auto& st = self->state;
        st.flush_is_due = false;
        st.opening_is_due = false;
        st.write_group();
        if (!st.queue.empty())
          flush_soon();
        else if (st.in_doubt && !std::exchange(st.opening_is_due, true))
          self->delayed_send(self, next_opening, flush_group{});
      },
      [self](const use_store& request) -> caf::result<ok> {
        if (auto worked = request.work(*self->state.store); !worked)
          return to_caf(worked.failure());
        return ok{};
      },
      [self](begin_blob) -> caf::result<blob_begun> {
        auto begun = self->state.store->begin_blob();
        if (!begun)
          return to_caf(begun.failure());
        return blob_begun{*begun};
      },
      [self](const append_blob& request) -> caf::result<ok> {
        if (auto appended = self->state.store->append_blob(request.upload, request.piece); !appended)
          return to_caf(appended.failure());
        return ok{};
      },
      [self](const finish_blob& request) -> caf::result<blob_stored> {
        auto finished = self->state.store->finish_blob(request.upload, request.expected);
        if (!finished)
          return to_caf(finished.failure());
        return blob_stored{*finished};
      },
      [self](const cancel_blob& request) { self->state.store->cancel_blob(request.upload); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{{"waiting", st.queue.size()},
                                            {"groups", st.groups},
                                            {"transactions", st.transactions},
                                            {"failures", st.failures},
                                            {"objects", st.store->object_count()},
                                            {"sequence", st.store->last_sequence()}}
                                 .dump()};
      },
  };
}

} // namespace lama::actors
