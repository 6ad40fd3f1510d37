#pragma once

#include "actors/instance/interface.hpp"
#include "actors/websocket_bridge/credentials.hpp"

#include <vector>

namespace lama::actors {

/// The user's archive instance: the one that friends know, that keeps everything, and that provisions the sparse one.
struct archive_instance_state {
  static inline const char* name = "archive-instance";

  std::shared_ptr<bridge_credentials> credentials;
  user_context_ptr context;
  children store_keeper; ///< the writer: it stays when the partner changes
  children family;
};

instance_actor::behavior_type archive_instance(instance_actor::stateful_pointer<archive_instance_state> self, std::shared_ptr<bridge_credentials> credentials,
                                               user_context_ptr context);

} // namespace lama::actors
