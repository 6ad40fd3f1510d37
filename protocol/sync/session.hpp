#pragma once

#include "protocol/sync/exporter.hpp"
#include "protocol/sync/importer.hpp"
#include "protocol/sync/types.hpp"
#include "protocol/sync/wire.hpp"

#include <memory>
#include <optional>
#include <string>

/// Both halves of the extension on one chum connection (docs/chum-extension.md).
///
///                hello_received + hello_answered                  bad frame, refused item, failed store
///     greeting ──────────────────────────────────► established ──────────────────────────────────────► closed
///        │ service 100 answered by UNKNOWN-SERVICE
///        └─► the host drops the session and stays with the stock protocol
///
/// The host asks service 100 with `hello()` as the only argument and answers the remote's. From then on:
///   after each input below: do `take_actions()` in order;
///   after `committed`, after each `receive`, and while `pump` answers true: `pump` with a fresh view.
/// One thread at a time. Nothing here waits; there are no timers.
namespace lama::protocol::sync {

class session {
public:
  explicit session(session_config config);

  nlohmann::json hello() const;
  /// The first argument of the remote's request. Answers what to answer; an error is answered as such, and the stock protocol stays.
  /// Repeated hellos of the same content are answered again.
  result<nlohmann::json> hello_received(const nlohmann::json& arguments);
  /// The remote answered ours.
  void hello_answered();
  bool established() const {
    return exporter_ != nullptr && answered_ && !closed_;
  }
  /// Of the remote's store, for the names of notes; empty before its hello.
  const std::string& remote_store() const {
    return remote_store_;
  }

  /// Of `shared_types` those that it takes; empty before its hello.
  const std::vector<std::string>& remote_types() const {
    return remote_types_;
  }

  /// A binary message.
  void receive(std::string message, const change_source& source);
  /// The host made batch `number` and all before it durable; or it could not, which ends the session.
  void stored(uint64_t number, result<done> outcome = done{});
  /// Our store has lines up to `sequence`: cheap when nothing is to be done.
  void committed(uint64_t sequence);
  /// Sends what is to be sent; true: call again soon.
  bool pump(const change_source& source);

  /// Errors: `offline` when not established, `overloaded`, `bad_input`. The end is told by `answered`.
  result<uint32_t> ask_page(const page_request& what);
  result<uint32_t> ask_fetch(const fetch_request& what);
  result<uint32_t> ask_heal(const heal_request& what);
  /// The remote answers `ask_heal`: it is one's own.
  bool heals() const {
    return remote_heals_;
  }
  /// The remote offers everything again, once in a session. False: it did, or does not export.
  bool ask_restart();

  std::vector<action> take_actions();

  struct progress {
    uint64_t acknowledged = 0; ///< of our store, by the remote
    uint64_t held = 0;         ///< the same, and the lines right behind that do not concern it
    uint64_t skipped = 0;      ///< grants that could not be served
  };
  progress status() const;

private:
  void close(error reason);
  void collect();
  bool in_trouble(const change_source& source);
  result<done> handle(std::string message, const change_source& source);

  session_config config_;
  std::string remote_store_;
  std::vector<std::string> remote_types_;
  bool answered_ = false;
  bool closed_ = false;
  bool remote_imports_ = true;
  bool remote_heals_ = false;
  uint64_t committed_ = 0; ///< lines that are there
  uint64_t pumped_ = 0;    ///< lines that were seen by a pump that ran dry
  bool stirred_ = true;    ///< something happened that a pump may act upon
  std::unique_ptr<exporter> exporter_;
  std::unique_ptr<importer> importer_;
  std::vector<action> actions_;
};

} // namespace lama::protocol::sync
