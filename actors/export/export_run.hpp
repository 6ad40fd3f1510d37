#pragma once

#include "actors/export/export_folder.hpp"
#include "protocol/export/export.hpp"
#include "protocol/hash.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

/// An export while it is written (docs/export.md). It says what it needs next, and knows nothing of where that comes from: `lama export` asks
/// a node by JSON-RPC, a node itself.
namespace lama::actors {

struct export_choice {
  bool html = false;
  bool files = true;
};

struct export_counts {
  uint64_t conversations = 0;
  uint64_t messages = 0;
  uint64_t files = 0;
  uint64_t missing = 0; ///< files that were not there
  uint64_t bytes = 0;   ///< of all that was written
};

/// To be asked of query:getMessages.
struct wanted_page {
  nlohmann::json parameters;
};
/// The entry of a channel that a message is.
struct entry_place {
  hash channel;
  hash entry;
};
/// To be written to this path.
struct wanted_file {
  hash blob;
  std::filesystem::path to;
  std::optional<entry_place> at; ///< whose it is, where the answer said so
};
struct nothing_wanted {};
using export_need = std::variant<nothing_wanted, wanted_page, wanted_file>;

/// Memory: a page of messages, and a line each for conversations, pages and files.
class export_run {
public:
  /// `conversations`: as query:getConversations answers them, in the order of the export.
  export_run(export_folder folder, nlohmann::json conversations, export_choice choice);
  export_run(export_run&&) noexcept;
  ~export_run();

  /// The same until it was given.
  export_need next() const;
  /// What query:getMessages answered.
  result<done> give_page(const nlohmann::json& answer);
  /// It stands there now, or there is none.
  result<done> give_file(bool there);

  const export_counts& counts() const;
  /// When nothing is wanted: the export appears.
  result<export_counts> finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::actors
