#include "actors/instance/user_actors.hpp"

#include "actors/conversations/conversations.hpp"
#include "actors/deliveries/deliveries.hpp"
#include "actors/evictor/evictor.hpp"
#include "actors/leute/leute.hpp"
#include "actors/object_store/object_store.hpp"
#include "actors/outbox/outbox.hpp"
#include "actors/pairing_manager/pairing_manager.hpp"
#include "actors/scrubber/scrubber.hpp"
#include "actors/search_index/search_index.hpp"
#include "actors/sync_figures/sync_figures.hpp"
#include "storage/kept_texts.hpp"

namespace lama::actors {

void start_object_store(caf::local_actor* self, children& family, const user_context_ptr& context) {
  family.start(self, *context->members, context->role("object-store"), [self, context] {
    auto writer = context->environment->where == placement::production
                      ? self->system().spawn<caf::detached>(object_store, context->environment, context->store, context->commits)
                      : self->system().spawn(object_store, context->environment, context->store, context->commits);
    return caf::actor_cast<caf::actor>(writer);
  });
  // This program may know types that the one before did not.
  if (context->store->read()->kept_texts().own == 0)
    return;
  transact change{"take up texts", [context](storage::transaction& to) -> result<done> {
                    storage::take_up_texts_of_known_types(*context->store->read(), to);
                    return done{};
                  }};
  caf::anon_send(context->writer(), std::move(change)); // what fails is tried again at the next start
}

void start_user_actors(caf::local_actor* self, children& family, const user_context_ptr& context) {
  auto start = [&](const char* piece, auto behavior) {
    family.start(self, *context->members, context->role(piece),
                 [self, context, behavior] { return caf::actor_cast<caf::actor>(self->system().spawn(behavior, context)); });
  };
  start("leute", leute);
  start("pairing-manager", pairing_manager);
  start("sync-figures", sync_figures_of);
  family.start(self, *context->members, context->role("scrubber"), [self, context] {
    auto reader =
        context->environment->where == placement::production ? self->system().spawn<caf::detached>(scrubber, context) : self->system().spawn(scrubber, context);
    return caf::actor_cast<caf::actor>(reader);
  });
  if (context->environment->settings.which == side::archive) {
    start("conversations", conversations);
    start("deliveries", deliveries);
    family.start(self, *context->members, context->role("search-index"), [self, context] {
      auto made = context->environment->where == placement::production ? self->system().spawn<caf::detached>(search_index, context)
                                                                       : self->system().spawn(search_index, context);
      return caf::actor_cast<caf::actor>(made);
    });
  } else {
    start("outbox", outbox);
  }
  if (context->environment->settings.which == side::sparse && context->environment->settings.sparse_budget > 0)
    family.start(self, *context->members, context->role("evictor"), [self, context] {
      auto made =
          context->environment->where == placement::production ? self->system().spawn<caf::detached>(evictor, context) : self->system().spawn(evictor, context);
      return caf::actor_cast<caf::actor>(made);
    });
}

} // namespace lama::actors
