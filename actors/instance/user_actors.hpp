#pragma once

#include "actors/instance/user_context.hpp"
#include "actors/supervision/children.hpp"

namespace lama::actors {

/// Starts the writer of the user's store: before everything else, and once.
void start_object_store(caf::local_actor* self, children& family, const user_context_ptr& context);

/// Starts the other actors of a user, in the order in which they need each other. On the archive: leute, pairing manager, scrubber,
/// conversations; on the sparse side: leute, pairing manager, scrubber, outbox.
void start_user_actors(caf::local_actor* self, children& family, const user_context_ptr& context);

} // namespace lama::actors
