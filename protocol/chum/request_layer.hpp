#pragma once

#include "protocol/chum/json_text.hpp"
#include "protocol/hash.hpp"
#include "protocol/limits.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

/// Requests, answers, errors and streams between two CHUM peers (docs/protocol/03 §2). Without I/O: messages in, events and messages out.
///
///   our request:   open ──data / error──▶ closed            ──stream pieces──▶ open ──stream-end / -error──▶ closed
///   their request: open ──answer / answer_error / stream_end──▶ closed
///
/// What is late, repeated or unasked is dropped and counted (`counters::dropped`); nothing that a peer sends closes the connection here, except
/// more open requests than limits::chum_open_requests.
namespace lama::protocol::chum {

/// How `undefined` is written, wherever it stands.
inline constexpr std::string_view undefined_text = "$__undefined$";
/// A request without an answer, or a stream without a piece, for so long is given up (the peer would wait for ever).
inline constexpr int64_t request_deadline_ms = 60'000;

/// The services of docs/protocol/03 §3, and those of our own that a stock peer answers with UNKNOWN-SERVICE.
namespace service {
inline constexpr int64_t protocol_version = 1;
inline constexpr int64_t accessible_roots = 2;
inline constexpr int64_t new_accessible_root = 3;
inline constexpr int64_t object_children = 4;
inline constexpr int64_t id_object_children = 5;
inline constexpr int64_t object = 6;
inline constexpr int64_t id_object = 7;
inline constexpr int64_t blob = 8;
inline constexpr int64_t fin = 10;
inline constexpr int64_t lama_hello = 100; ///< docs/chum-extension.md
} // namespace service

/// A failure as it travels (docs/protocol/03 §2.2). An empty code is sent as undefined.
struct remote_error {
  std::string name = "Error";
  std::string message;
  std::string code;
};

bool is_undefined(const json& x);

// ---- events -------------------------------------------------------------------------------------------------------------------------------

/// The remote asks. To be answered by exactly one of `answer…`, or by stream pieces and an end.
struct request_received {
  int64_t id = 0;
  int64_t service = 0;
  json args = json::array();
};
/// The remote cannot store our stream: stop it.
struct stream_refused {
  int64_t id = 0;
};

/// Our request was answered. `text` holds the data where it is a string (the usual case), else `data` does.
struct answer_received {
  int64_t id = 0;
  int64_t service = 0;
  bool is_text = false;
  std::string text;
  json data;
};
/// Our request failed over there, or its stream broke.
struct answer_failed {
  int64_t id = 0;
  int64_t service = 0;
  remote_error error;
};
/// Decoded bytes of the stream that answers our request.
struct stream_piece {
  int64_t id = 0;
  std::string bytes;
};
struct stream_finished {
  int64_t id = 0;
};

/// monostate: nothing to do.
using event = std::variant<std::monostate, request_received, stream_refused, answer_received, answer_failed, stream_piece, stream_finished>;

/// To be sent as one text or one binary message.
struct outgoing {
  bool is_binary = false;
  std::string bytes;
};

struct counters {
  uint64_t requests_sent = 0;
  uint64_t requests_received = 0;
  uint64_t requests_invalid = 0;
  uint64_t dropped = 0; ///< answers and pieces that nobody waits for
};

// ---- the layer ----------------------------------------------------------------------------------------------------------------------------

class request_layer {
public:
  /// One received message. The only error is `overloaded`: the connection is to be closed.
  result<event> receive_text(std::string_view text, int64_t now_ms);
  event receive_binary(std::string_view bytes, int64_t now_ms);

  /// Sends a request and answers its id. `args` is an array. Errors: `bad_input` for a service below 1 or arguments that JSON cannot hold.
  result<int64_t> ask(int64_t service, const json& args, int64_t now_ms, int64_t deadline_ms = request_deadline_ms);
  /// The same for the commonest shape, one hash.
  int64_t ask_for(int64_t service, const hash& name, int64_t now_ms);
  /// Whatever still comes for this request is dropped.
  void forget(int64_t id);
  /// Requests whose time is over, with their service; they are forgotten.
  std::vector<std::pair<int64_t, int64_t>> expire(int64_t now_ms);
  std::optional<int64_t> next_deadline() const;
  std::size_t open_requests() const {
    return asked_.size();
  }

  // Answers to the remote's requests. Each is ignored for an id that is not open.
  void answer(int64_t id, const json& data);
  void answer_text(int64_t id, std::string_view text);
  void answer_undefined(int64_t id);
  void answer_error(int64_t id, const remote_error& failure);
  /// For any service that is not here.
  void answer_unknown(int64_t id, int64_t service);
  void send_piece(int64_t id, std::string_view bytes);
  /// `text` is valid UTF-8; `is_first` says the encoding.
  void send_text_piece(int64_t id, std::string_view text, bool is_first);
  void send_end(int64_t id);
  void send_stream_error(int64_t id);

  /// Messages to send, in this order.
  std::vector<outgoing> take_output();

  const counters& statistics() const {
    return counters_;
  }

private:
  enum class stream_kind : uint8_t { none, binary, utf8, base64 };
  struct asked {
    int64_t service = 0;
    int64_t patience_ms = 0;
    int64_t deadline_ms = 0;
    stream_kind stream = stream_kind::none;
  };

  event receive_answer(const json& message, int64_t now_ms);
  result<event> receive_request(const json& message);
  result<event> open_request(request_received request);
  event receive_text_piece(std::unordered_map<int64_t, asked>::iterator open, const json& message, int64_t now_ms);
  event take_piece(std::unordered_map<int64_t, asked>::iterator open, stream_kind kind, std::string bytes, int64_t now_ms);
  event refuse_stream(std::unordered_map<int64_t, asked>::iterator open, std::string reason);
  answer_failed close_failed(std::unordered_map<int64_t, asked>::iterator open, remote_error failure);
  int64_t open_own(int64_t service, int64_t now_ms, int64_t patience_ms);
  void push_text(std::string text);
  void push_refusal(int64_t id);
  std::optional<event> receive_data_quickly(std::string_view text);
  std::optional<result<event>> receive_request_quickly(std::string_view text);
  event drop();

  int64_t next_id_ = 0;
  std::unordered_map<int64_t, asked> asked_;
  std::unordered_set<int64_t> received_;
  std::vector<outgoing> output_;
  counters counters_;
};

} // namespace lama::protocol::chum
