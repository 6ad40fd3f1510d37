#pragma once

#include "actors/common/message.hpp"
#include "actors/conversations/interface.hpp"
#include "actors/scrubber/give_back.hpp"
#include "actors/supervision/interface.hpp"
#include "actors/sync_figures/interface.hpp"

#include <string>
#include <vector>

namespace lama::actors {

/// A JSON-RPC call that the other side answers: what the page asks and only the archive has.
struct forward_call {
  std::string user;
  std::string method;
  std::string params; ///< JSON
};
LAMA_MESSAGE(forward_call, x.user, x.method)

struct call_answered {
  bool failed = false;
  std::string json; ///< the result, or {code, message, data}
};
LAMA_MESSAGE(call_answered, x.failed)

/// `import_lines` of conversations/interface.hpp, for `user` on the archive.
struct forward_import {
  std::string user;
  import_lines lines;
};
LAMA_MESSAGE(forward_import, x.user)

/// `get_sync_figures` of sync_figures/interface.hpp, of `user` on the archive.
struct forward_figures {
  std::string user;
};
LAMA_MESSAGE(forward_figures, x.user)

/// `give_back` of scrubber/give_back.hpp, of `user` on the archive.
struct forward_give_back {
  std::string user;
  std::vector<hash> names;
};
LAMA_MESSAGE(forward_give_back, x.user)

struct bridge_state {
  bool connected = false;
  std::string url;
  std::string last_error;
};
LAMA_MESSAGE(bridge_state, x.connected, x.url, x.last_error)

struct get_bridge_state {};
LAMA_MESSAGE(get_bridge_state)

/// The bridge came up or went down: told to all watchers.
using bridge_listener = caf::typed_actor<caf::reacts_to<bridge_state>>;
struct watch_bridge {
  bridge_listener listener;
};
LAMA_MESSAGE(watch_bridge)

/// What the sparse side can ask of the archive. `offline` while it is not connected; unanswered requests that may be repeated are sent
/// again after a reconnect, until their deadline.
using bridge_client_actor =
    caf::typed_actor<caf::replies_to<provision_user>::with<user_provisioned>, caf::replies_to<logout_user>::with<ok>,
                     caf::replies_to<forward_call>::with<call_answered>, caf::replies_to<forward_import>::with<lines_imported>,
                     caf::replies_to<forward_figures>::with<sync_figures>, caf::replies_to<forward_give_back>::with<given_back>,
                     caf::replies_to<get_bridge_state>::with<bridge_state>, caf::reacts_to<watch_bridge>, caf::replies_to<get_status>::with<status_report>>;

} // namespace lama::actors
