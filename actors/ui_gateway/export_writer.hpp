#pragma once

#include "actors/common/message.hpp"
#include "actors/connection/plan.hpp"
#include "actors/export/export_run.hpp"
#include "actors/ui_gateway/interface.hpp"

#include <caf/all.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

struct write_export {
  std::filesystem::path path; ///< which must not exist; its parent is made
  std::filesystem::path work; ///< where it is written until it is whole
  nlohmann::json conversations;
  bool html = false;
  std::shared_ptr<void> place; ///< among the long jobs, kept until the end
};
LAMA_MESSAGE(write_export)
struct export_written {
  export_counts counts;
};
LAMA_MESSAGE(export_written)

/// To itself: the next piece.
struct go_on_exporting {};
LAMA_MESSAGE(go_on_exporting)

/// Writes one export and ends. Messages it asks of the gateway, which on the device asks the archive for what is not here; files come out of the
/// store. It waits for the disk: a thread of its own in production. When the user logs out, or the gateway ends, it ends too and leaves nothing.
using export_writer_actor = caf::typed_actor<caf::replies_to<write_export>::with<export_written>, caf::reacts_to<go_on_exporting>>;

struct export_writer_state {
  static inline const char* name = "export-writer";

  struct copy {
    std::unique_ptr<storage::snapshot> from; ///< one moment: it is not evicted meanwhile
    std::ofstream to;
    sha256_stream digest{};
    uint64_t size = 0;
    uint64_t done = 0;
  };

  std::shared_ptr<const connection_context> context;
  ui_gateway_actor gateway;
  std::string user;
  std::shared_ptr<void> place;
  std::optional<export_run> run;
  std::optional<caf::typed_response_promise<export_written>> promise;
  std::optional<copy> file; ///< that is being copied
  int fetches = 0;          ///< how often this file was asked of the archive
  uint64_t told = 0;        ///< messages, to pages
  uint64_t total = 0;       ///< messages, as far as the conversations know
};

export_writer_actor::behavior_type export_writer(export_writer_actor::stateful_pointer<export_writer_state> self,
                                                 std::shared_ptr<const connection_context> context, ui_gateway_actor gateway, std::string user);

} // namespace lama::actors
