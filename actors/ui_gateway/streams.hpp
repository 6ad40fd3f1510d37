#pragma once

#include "net/transport.hpp"
#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lama::actors {

/// Gives one piece; nothing is the end.
using chunk_taker = std::function<void(result<std::optional<nlohmann::json>>)>;
/// Asked for the next piece, never before the last one came. So a reader who is slow slows what makes the pieces, and nothing piles up.
using chunk_source = std::function<void(chunk_taker)>;

/// Answers that come in pieces, by name (docs/ipc.md, stream:next).
class stream_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::size_t most_streams = 64;
  /// Nobody asked for so long: its reader is gone.
  static constexpr std::chrono::seconds idle{120};

  struct stream {
    std::string user;
    chunk_source source;
    bool asked = false;            ///< the source has not answered yet
    uint32_t credit = 0;           ///< pieces to push
    net::connection_id socket = 0; ///< to whom
    time_point last;
  };

  /// `overloaded` with too many open ones.
  result<std::string> open(const std::string& user, chunk_source source, time_point now);
  /// Null for what is not there, or somebody else's.
  std::shared_ptr<stream> find(const std::string& name, const std::string& user);
  void close(const std::string& name);
  std::size_t size() const {
    return streams_.size();
  }

private:
  std::map<std::string, std::shared_ptr<stream>> streams_;
};

} // namespace lama::actors
