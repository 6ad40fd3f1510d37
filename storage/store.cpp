#include "storage/store.hpp"

#include "storage/registered_recipes.hpp"
#include "storage/states.hpp"

#include <utility>

namespace lama::storage {

store::store() : state_(std::make_unique<state>()) {
  // nop
}

store::~store() = default;

result<std::unique_ptr<store>> store::open(const std::filesystem::path& folder, store_options options) {
  std::unique_ptr<store> made{new store};
  made->state_->folder = folder;
  auto& x = *made->state_;
  x.options = std::move(options);
  x.shared->recipes = std::make_shared<protocol::recipe_table>(protocol::recipe_table::on_top_of(*x.options.recipes));
  x.options.recipes = x.shared->recipes.get();
  LAMA_CHECK(x.ready_to_write());
  take_up_recipes(*made->read(), *x.shared->recipes);
  return made;
}

std::unique_ptr<snapshot> store::read() const {
  std::lock_guard lock{state_->mutex};
  if (!state_->opened)
    static_cast<void>(state_->open_files()); // where it fails, the snapshot says so
  auto made = std::make_unique<snapshot>();
  made->state_ = std::make_unique<snapshot::state>(state_->opened, *state_->options.recipes, state_->types, state_->reopening, state_->cache);
  made->state_->registered = state_->shared->recipes;
  return made;
}

result<std::unique_ptr<transaction>> store::begin() {
  if (state_->shared->transaction_open)
    return fail(errc::conflict, "A transaction is open already; commit or drop it first.");
  LAMA_CHECK(state_->ready_to_write());
  return state_->begin();
}

result<commit_info> store::commit(std::unique_ptr<transaction> what) {
  return state_->commit(*what);
}

uint64_t store::last_sequence() const {
  std::lock_guard lock{state_->mutex};
  return state_->counts.last_sequence;
}

uint64_t store::object_count() const {
  std::lock_guard lock{state_->mutex};
  return state_->counts.objects + state_->counts.id_objects + state_->counts.blobs;
}

uint64_t store::lost_count() const {
  std::lock_guard lock{state_->mutex};
  return state_->counts.lost;
}

uint64_t store::stored_bytes() const {
  std::lock_guard lock{state_->mutex};
  return state_->counts.bytes;
}

void store::mark_used(const std::vector<hash>& names) const {
  state_->used.note(names);
}

} // namespace lama::storage
