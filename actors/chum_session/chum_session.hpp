#pragma once

#include "actors/chum_session/fetching.hpp"
#include "actors/chum_session/healing.hpp"
#include "actors/connection/interface.hpp"
#include "actors/connection_manager/interface.hpp"
#include "actors/object_store/interface.hpp"
#include "protocol/chum/session.hpp"
#include "protocol/policy/import_policy.hpp"
#include "protocol/sync/policy_admission.hpp"
#include "protocol/sync/session.hpp"
#include "storage/sync_adapter.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

/// What friends' nodes tell each other beyond the stock types: edits and deletions (docs/annotations.md).
inline constexpr const char* annotation_type = "LamaAnnotation";

/// With whom, and over what.
struct chum_plan {
  user_context_ptr user;
  known_peer peer;
  uint64_t connection = 0;
  connection_actor pipe;
};

/// To itself: a deadline of the machines.
struct chum_tick {};
LAMA_MESSAGE(chum_tick)

/// To itself: there is more to push.
struct pump_again {};
LAMA_MESSAGE(pump_again)

struct save_frontiers_now {};
LAMA_MESSAGE(save_frontiers_now)

/// One established chum connection: exporter and importer, in the stock protocol or, between nodes of ours, in our extension.
using chum_session_actor =
    caf::typed_actor<caf::reacts_to<connection_message>, caf::reacts_to<connection_lost>, caf::reacts_to<objects_committed>, caf::reacts_to<chum_tick>,
                     caf::reacts_to<pump_again>, caf::reacts_to<save_frontiers_now>, caf::reacts_to<heal_due>, caf::reacts_to<retry_healing>,
                     caf::replies_to<fetch_page>::with<ok>, caf::replies_to<fetch_objects>::with<ok>, caf::replies_to<get_status>::with<status_report>>;

/// Both protocols of one connection. The stock session runs from the start with its importer held back; once both sides have said hello
/// (service 100) binary messages are the extension's, and the importer stays where it is. A peer that does not know the service is a
/// stock one: its importer begins.
struct chum_session_state {
  static inline const char* name = "chum-session";

  chum_plan plan;
  protocol::policy::message_author author_of_message; ///< as our store knows it
  protocol::policy::parties between;
  std::string store_id;
  std::string batch_name; ///< how our notes of stored batches begin: of this session alone
  std::string last_batch; ///< the note that the next batch must find; empty: it is the first
  std::unique_ptr<protocol::chum::session> stock;
  std::unique_ptr<protocol::sync::policy_admission> admission;
  std::unique_ptr<protocol::sync::session> extension;
  std::shared_ptr<storage::sync_uploads> uploads = std::make_shared<storage::sync_uploads>();
  std::optional<int64_t> hello; ///< our open request of service 100
  bool hello_said = false;
  bool speaks_extension = false;
  bool full_sync = false;
  /// The stock importer's number → the store's. Touched on the writer's thread only.
  std::shared_ptr<std::map<uint64_t, uint64_t>> blob_uploads = std::make_shared<std::map<uint64_t, uint64_t>>();
  std::map<hash, protocol::sync::frontier> frontiers; ///< to be written with the next round
  bool frontiers_are_due = false;
  std::optional<caf::actor_clock::time_point> tick_at;
  std::optional<uint64_t> held_told; ///< what `sync-figures` knows of the other instance
  uint64_t batches = 0;
  uint64_t objects = 0;
  uint64_t declined = 0;                                       ///< items that the policy refused
  std::map<uint32_t, caf::typed_response_promise<ok>> fetches; ///< by request number
  std::map<uint32_t, fetch_page> wanted_pages;                 ///< asked for by themselves, by request number
  healing_round healing;
  std::string last_error;

  ~chum_session_state();
};

chum_session_actor::behavior_type chum_session(chum_session_actor::stateful_pointer<chum_session_state> self, chum_plan plan);

} // namespace lama::actors
