#include "actors/instance/user_actors.hpp"

#include "actors/conversations/conversations.hpp"
#include "actors/leute/leute.hpp"
#include "actors/object_store/object_store.hpp"
#include "actors/outbox/outbox.hpp"
#include "actors/pairing_manager/pairing_manager.hpp"

namespace lama::actors {

void start_object_store(caf::local_actor* self, children& family, const user_context_ptr& context) {
  family.start(self, *context->members, context->role("object-store"), [self, context] {
    auto writer = context->environment->where == placement::production
                      ? self->system().spawn<caf::detached>(object_store, context->environment, context->store, context->commits)
                      : self->system().spawn(object_store, context->environment, context->store, context->commits);
    return caf::actor_cast<caf::actor>(writer);
  });
}

void start_user_actors(caf::local_actor* self, children& family, const user_context_ptr& context) {
  auto start = [&](const char* piece, auto behavior) {
    family.start(self, *context->members, context->role(piece),
                 [self, context, behavior] { return caf::actor_cast<caf::actor>(self->system().spawn(behavior, context)); });
  };
  start("leute", leute);
  start("pairing-manager", pairing_manager);
  if (context->environment->settings.which == side::archive)
    start("conversations", conversations);
  else
    start("outbox", outbox);
}

} // namespace lama::actors
