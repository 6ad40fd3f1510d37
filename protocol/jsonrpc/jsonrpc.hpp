#pragma once

#include "protocol/limits.hpp"
#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) as texts in and texts out, without I/O.
namespace lama::protocol::jsonrpc {

using json = nlohmann::json;

/// What an error response bears. The first five are JSON-RPC's own, the others this node's; the numbers are a contract with pages and scripts.
enum class code : int32_t {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602, ///< data.path, data.reason
  internal_error = -32603, ///< never sent by this node, which says `internal`
  not_logged_in = -32001,
  forbidden = -32002,
  not_found = -32003,
  conflict = -32004,
  rate_limited = -32005, ///< data.retryAfterMs
  overloaded = -32006,
  offline = -32007,
  corrupt = -32008,
  no_ai_model = -32009,
  timeout = -32010,
  internal = -32099, ///< data.logId, which the log bears too
};

/// `error::detail` that picks a narrower code than its errc does.
inline constexpr std::string_view detail_rate_limited = "rate-limited"; ///< errc::overloaded
inline constexpr std::string_view detail_no_ai_model = "no-ai-model";   ///< errc::unsupported

code code_for(const error& failure);
/// The way back, for clients. Unknown numbers are errc::internal.
errc errc_for(int32_t number);

/// A request, or a notification (which is not answered, whatever comes of it).
struct call {
  json id; ///< a string, an integer or null
  bool notification = false;
  std::string method;
  json params = json::object(); ///< an object or an array
};

/// Parses a JSON text of a stranger: depth and number of items are checked before the DOM is built. bad_input with the reason.
result<json> parse_bounded(std::string_view text, std::size_t depth = limits::rpc_depth, std::size_t items = limits::rpc_items);

/// One message and its answer: calls come out of it, responses go into it, and when the last one is there, so is the answer's text.
///
///   text ──► exchange ──► calls() … answer(i, …) / refuse(i, …) … ──► take()
///
/// What is wrong with the message or with one call of a batch is answered by the exchange itself and never becomes a call.
class exchange {
public:
  explicit exchange(std::string_view text);

  const std::vector<call>& calls() const {
    return calls_;
  }
  /// Answers call `index` (of `calls()`); a second answer and one to a notification do nothing.
  void answer(std::size_t index, const json& value);
  /// `log_id` stands in what is told for errc::internal and io_failure, in place of the message.
  void refuse(std::size_t index, const error& failure, std::string_view log_id = {});
  void refuse(std::size_t index, code number, std::string_view message, const json& data = nullptr);

  /// No call waits for its answer.
  bool complete() const {
    return waiting_ == 0;
  }
  /// The text to send once `complete`; nothing where nothing is to be said (notifications only).
  std::optional<std::string> take();

private:
  void read_one(const json& message);
  void reject(const json& id, code number, std::string_view message);
  void place(std::size_t index, std::string response);

  bool batch_ = false;
  std::size_t waiting_ = 0;
  std::vector<call> calls_;
  std::vector<std::size_t> slots_;     ///< of each call
  std::vector<std::string> responses_; ///< a slot each; empty: not yet, or a notification
};

std::string write_response(const json& id, const json& value);
std::string write_error(const json& id, code number, std::string_view message, const json& data = nullptr);
std::string write_request(const json& id, std::string_view method, const json& params);
std::string write_notification(std::string_view method, const json& params);

/// What a client receives: the answer to one of its requests, or a notification.
struct incoming {
  std::string method; ///< of a notification; empty for an answer
  json id;
  json value; ///< the result, or the notification's params
  std::optional<error> failure;
  int32_t error_number = 0;
  json error_data;
};
/// One message, or the members of a batch. bad_input where it is not JSON-RPC.
result<std::vector<incoming>> parse_incoming(std::string_view text);

} // namespace lama::protocol::jsonrpc
