#pragma once

#include "protocol/hash.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

/// A node's UI and IPC port as the command line sees it: synchronous, one thread, no I/O thread needed.
namespace lama::net {

struct rpc_options {
  std::string url;   ///< http://HOST:PORT, as in ipc.json
  std::string token; ///< as in ipc.json
  std::string user;  ///< for the header Lama-User; empty: none
  /// For a whole call: connecting, sending, the answer.
  std::chrono::milliseconds deadline{30'000};
  /// Without a byte moving, in uploads and downloads.
  std::chrono::milliseconds progress_deadline{30'000};
};

/// One kept connection, renewed when the node has closed it. Errors: offline (nothing listens; the message says what to do), timeout, forbidden (token, host),
/// and whatever the node answered, by its number (`jsonrpc::errc_for`).
class rpc_client {
public:
  explicit rpc_client(rpc_options options);
  ~rpc_client();
  rpc_client(rpc_client&&) noexcept;
  rpc_client& operator=(rpc_client&&) noexcept;

  /// The result of a call. `deadline` 0: that of the options.
  result<nlohmann::json> call(const std::string& method, const nlohmann::json& params = nlohmann::json::object(), std::chrono::milliseconds deadline = {});
  /// The same with all that an error response says (number, data).
  result<protocol::jsonrpc::incoming> exchange(const std::string& method, const nlohmann::json& params = nlohmann::json::object(),
                                               std::chrono::milliseconds deadline = {});

  struct answer {
    unsigned status = 0;
    std::string body;
  };
  /// GET of /healthz, /metrics and the like; any status is an answer.
  result<answer> get(const std::string& path);

  /// Bytes so far, of how many.
  using progress = std::function<void(uint64_t, uint64_t)>;
  /// Reads the file twice: for its name, and to send it. The node's errors by HTTP status.
  result<hash> upload(const std::filesystem::path& file, const progress& told = {});
  /// Into `file` once all of it is there and is what its name says (corrupt otherwise); a file of that name is replaced.
  result<done> download(const hash& name, const std::filesystem::path& file, const progress& told = {});

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::net
