#include "protocol/chum/request_layer.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include <sodium.h>

namespace lama::protocol::chum {

namespace {

static_assert(std::endian::native == std::endian::little, "stream headers are little-endian doubles");

constexpr std::size_t header_bytes = 8;
constexpr double largest_safe_integer = 9007199254740991.0;

/// A number whose value is an integer, as JavaScript sees it: `1e3` is one, `1.5` and `"1"` are not.
std::optional<int64_t> integer(const json& message, const char* name) {
  auto found = message.find(name);
  if (found == message.end() || !found->is_number())
    return std::nullopt;
  auto x = found->get<double>();
  if (std::trunc(x) != x || std::abs(x) > largest_safe_integer)
    return std::nullopt;
  return static_cast<int64_t>(x);
}

/// A member's text; empty where it is absent, undefined or something else.
std::string text_member(const json& from, const char* name) {
  auto found = from.find(name);
  if (found == from.end() || !found->is_string() || is_undefined(*found))
    return {};
  return found->get<std::string>();
}

bool has_type(const json& message, std::string_view type) {
  auto found = message.find("type");
  return found != message.end() && found->is_string() && found->get_ref<const std::string&>() == type;
}

/// NaN and the infinities have no JSON form.
bool is_sendable(const json& x, std::size_t depth = 0) {
  if (depth > 32)
    return false;
  if (x.is_number_float())
    return std::isfinite(x.get<double>());
  if (x.is_binary() || x.is_discarded())
    return false;
  return !x.is_structured() || std::all_of(x.begin(), x.end(), [&](const json& item) { return is_sendable(item, depth + 1); });
}

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(length);
  return out;
}

/// Consumes `expected` at the beginning of `text`.
bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected))
    return false;
  text.remove_prefix(expected.size());
  return true;
}

std::optional<int64_t> take_number(std::string_view& text) {
  int64_t x = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 15), x);
  // Digits only: anything longer or of another form goes the slow way.
  if (status != std::errc{} || end == text.data() + text.size() || *end != ',')
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return x;
}

std::string answer_start(int64_t id, std::string_view type) {
  auto out = "{\"responseId\":" + std::to_string(id) + ",\"type\":\"";
  out += type;
  out += '"';
  return out;
}

} // namespace

bool is_undefined(const json& x) {
  return x.is_string() && x.get_ref<const std::string&>() == undefined_text;
}

// ---- receiving ------------------------------------------------------------------------------------------------------------------------------

result<event> request_layer::receive_text(std::string_view text, int64_t now_ms) {
  // The two shapes that come by the thousand: an object asked for, and its text.
  if (auto answered = receive_data_quickly(text))
    return std::move(*answered);
  if (auto request = receive_request_quickly(text))
    return std::move(*request);
  auto message = parse_bounded(text);
  if (!message || !message->is_object()) {
    ++counters_.requests_invalid;
    return event{};
  }
  if (has_type(*message, "request") || has_type(*message, "write-stream-error"))
    return receive_request(*message);
  return receive_answer(*message, now_ms);
}

std::optional<event> request_layer::receive_data_quickly(std::string_view text) {
  if (!skip(text, "{\"responseId\":"))
    return std::nullopt;
  auto id = take_number(text);
  if (!id || !skip(text, ",\"type\":\"data\",\"data\":\""))
    return std::nullopt;
  auto open = asked_.find(*id);
  if (open == asked_.end())
    return drop();
  answer_received answer{*id, open->second.service, true, {}, {}};
  auto rest = read_json_string(text, answer.text);
  if (!rest || *rest != "}" || answer.text == undefined_text)
    return std::nullopt;
  asked_.erase(open);
  return event{std::move(answer)};
}

std::optional<result<event>> request_layer::receive_request_quickly(std::string_view text) {
  if (!skip(text, "{\"requestId\":"))
    return std::nullopt;
  auto id = take_number(text);
  if (!id || !skip(text, ",\"type\":\"request\",\"serviceId\":"))
    return std::nullopt;
  auto service = take_number(text);
  if (!service || !skip(text, ",\"args\":[\"") || text.size() != 64 + 3 || !text.ends_with("\"]}") || !hash::from_hex(text.substr(0, 64)))
    return std::nullopt;
  request_received request{*id, *service, json::array()};
  request.args.push_back(text.substr(0, 64));
  return open_request(std::move(request));
}

result<event> request_layer::receive_request(const json& message) {
  auto id = integer(message, "requestId");
  if (!id) {
    ++counters_.requests_invalid;
    return event{};
  }
  if (has_type(message, "write-stream-error")) {
    ++counters_.requests_received;
    if (received_.erase(*id) == 0)
      return event{};
    return event{stream_refused{*id}};
  }
  auto service = integer(message, "serviceId");
  auto args = message.find("args");
  if (!service || (args != message.end() && !args->is_array() && !args->is_null() && !is_undefined(*args))) {
    ++counters_.requests_invalid;
    return event{};
  }
  request_received request{*id, *service, json::array()};
  if (args != message.end() && args->is_array())
    request.args = *args;
  auto opened = open_request(std::move(request));
  if (opened && args != message.end() && args->is_null()) {
    answer_error(*id, {"TypeError", "msg.args is not iterable (cannot read property null)", {}});
    return event{};
  }
  return opened;
}

result<event> request_layer::open_request(request_received request) {
  if (received_.size() >= limits::chum_open_requests)
    return fail(errc::overloaded, "The peer has over " + std::to_string(limits::chum_open_requests) + " requests open; the connection is closed.");
  if (!received_.insert(request.id).second) {
    ++counters_.requests_invalid; // an id that is still open cannot be told apart
    return event{};
  }
  ++counters_.requests_received;
  return event{std::move(request)};
}

event request_layer::receive_answer(const json& message, int64_t now_ms) {
  auto id = integer(message, "responseId");
  static constexpr std::string_view types[] = {"data", "error", "stream", "stream-end", "stream-error"};
  if (!id || std::none_of(std::begin(types), std::end(types), [&](auto type) { return has_type(message, type); })) {
    ++counters_.requests_invalid;
    return {};
  }
  auto open = asked_.find(*id);
  if (open == asked_.end())
    return drop();
  if (has_type(message, "stream"))
    return receive_text_piece(open, message, now_ms);
  if (has_type(message, "stream-end")) {
    asked_.erase(open);
    return stream_finished{*id};
  }
  if (has_type(message, "stream-error")) {
    // As the peer: a stream that broke after it began is also refused (docs/protocol/03 §2.3).
    if (open->second.stream != stream_kind::none)
      push_refusal(*id);
    return close_failed(open, {"Error", "The peer's stream failed: " + text_member(message, "error"), "WSRQ-SEH1"});
  }
  if (has_type(message, "error")) {
    auto failure = message.value("error", json::object());
    return close_failed(open, {text_member(failure, "name"), text_member(failure, "message"), text_member(failure, "code")});
  }
  answer_received answer{*id, open->second.service, false, {}, std::string{undefined_text}};
  if (auto data = message.find("data"); data != message.end())
    answer.data = *data;
  if (answer.data.is_string() && !is_undefined(answer.data)) {
    answer.is_text = true;
    answer.text = std::move(answer.data.get_ref<std::string&>());
    answer.data = nullptr;
  }
  asked_.erase(open);
  return answer;
}

event request_layer::receive_text_piece(std::unordered_map<int64_t, asked>::iterator open, const json& message, int64_t now_ms) {
  auto kind = open->second.stream;
  if (kind == stream_kind::none) {
    auto encoding = text_member(message, "encoding");
    kind = encoding == "utf8" ? stream_kind::utf8 : encoding == "base64" ? stream_kind::base64 : stream_kind::none;
  }
  auto chunk = message.find("chunk");
  if (kind == stream_kind::none || kind == stream_kind::binary || chunk == message.end() || !chunk->is_string())
    return refuse_stream(open, "A piece of text came without its encoding, or amid a binary stream.");
  auto bytes = chunk->get<std::string>();
  if (kind == stream_kind::base64) {
    auto decoded = from_base64(bytes);
    if (!decoded)
      return refuse_stream(open, "A piece of the stream is not base64.");
    bytes = std::move(*decoded);
  }
  return take_piece(open, kind, std::move(bytes), now_ms);
}

event request_layer::receive_binary(std::string_view bytes, int64_t now_ms) {
  // The peer's broken blobs come as empty binary messages (docs/protocol/03 §4.3).
  if (bytes.size() < header_bytes)
    return drop();
  double number = 0;
  std::memcpy(&number, bytes.data(), header_bytes);
  if (!(std::abs(number) <= largest_safe_integer) || std::trunc(number) != number)
    return drop();
  auto open = asked_.find(static_cast<int64_t>(number));
  if (open == asked_.end())
    return drop();
  if (open->second.stream != stream_kind::none && open->second.stream != stream_kind::binary)
    return refuse_stream(open, "A binary piece came amid a stream of text.");
  return take_piece(open, stream_kind::binary, std::string{bytes.substr(header_bytes)}, now_ms);
}

event request_layer::take_piece(std::unordered_map<int64_t, asked>::iterator open, stream_kind kind, std::string bytes, int64_t now_ms) {
  open->second.stream = kind;
  open->second.deadline_ms = now_ms + open->second.patience_ms;
  return stream_piece{open->first, std::move(bytes)};
}

event request_layer::refuse_stream(std::unordered_map<int64_t, asked>::iterator open, std::string reason) {
  push_refusal(open->first);
  return close_failed(open, {"Error", std::move(reason), "SST-CAN"});
}

void request_layer::push_refusal(int64_t id) {
  push_text("{\"requestId\":" + std::to_string(id) + ",\"type\":\"write-stream-error\"}");
}

answer_failed request_layer::close_failed(std::unordered_map<int64_t, asked>::iterator open, remote_error failure) {
  answer_failed out{open->first, open->second.service, std::move(failure)};
  asked_.erase(open);
  return out;
}

event request_layer::drop() {
  ++counters_.dropped;
  return {};
}

// ---- asking ---------------------------------------------------------------------------------------------------------------------------------

int64_t request_layer::open_own(int64_t service, int64_t now_ms, int64_t patience_ms) {
  auto id = next_id_++;
  ++counters_.requests_sent;
  asked_.emplace(id, asked{service, patience_ms, now_ms + patience_ms, stream_kind::none});
  return id;
}

result<int64_t> request_layer::ask(int64_t service, const json& args, int64_t now_ms, int64_t deadline_ms) {
  if (service < 1)
    return fail(errc::bad_input, "A service has a number above 0, not " + std::to_string(service) + ".", "WSP-SN3");
  if (!args.is_array() || !is_sendable(args))
    return fail(errc::bad_input, "The arguments of service " + std::to_string(service) + " cannot be written as JSON.", "WSP-ESV");
  auto id = open_own(service, now_ms, deadline_ms);
  push_text("{\"requestId\":" + std::to_string(id) + ",\"type\":\"request\",\"serviceId\":" + std::to_string(service) + ",\"args\":" + dump(args) + "}");
  return id;
}

int64_t request_layer::ask_for(int64_t service, const hash& name, int64_t now_ms) {
  auto id = open_own(service, now_ms, request_deadline_ms);
  push_text("{\"requestId\":" + std::to_string(id) + ",\"type\":\"request\",\"serviceId\":" + std::to_string(service) + ",\"args\":[\"" + name.hex() + "\"]}");
  return id;
}

void request_layer::forget(int64_t id) {
  asked_.erase(id);
}

std::vector<std::pair<int64_t, int64_t>> request_layer::expire(int64_t now_ms) {
  std::vector<std::pair<int64_t, int64_t>> out;
  for (const auto& [id, request] : asked_)
    if (request.deadline_ms <= now_ms)
      out.emplace_back(id, request.service);
  std::sort(out.begin(), out.end()); // the same order in every run
  for (const auto& [id, service] : out)
    asked_.erase(id);
  return out;
}

std::optional<int64_t> request_layer::next_deadline() const {
  std::optional<int64_t> first;
  for (const auto& [id, request] : asked_)
    if (!first || request.deadline_ms < *first)
      first = request.deadline_ms;
  return first;
}

// ---- answering ------------------------------------------------------------------------------------------------------------------------------

void request_layer::push_text(std::string text) {
  output_.push_back({false, std::move(text)});
}

void request_layer::answer(int64_t id, const json& data) {
  if (received_.erase(id) == 0)
    return;
  push_text(answer_start(id, "data") + ",\"data\":" + dump(data) + "}");
}

void request_layer::answer_text(int64_t id, std::string_view text) {
  if (received_.erase(id) == 0)
    return;
  auto out = answer_start(id, "data");
  out.reserve(out.size() + text.size() + text.size() / 8 + 16);
  out += ",\"data\":";
  append_json_string(out, text);
  out += '}';
  push_text(std::move(out));
}

void request_layer::answer_undefined(int64_t id) {
  answer_text(id, undefined_text);
}

void request_layer::answer_error(int64_t id, const remote_error& failure) {
  if (received_.erase(id) == 0)
    return;
  auto out = answer_start(id, "error") + ",\"error\":{\"name\":";
  append_json_string(out, failure.name);
  out += ",\"message\":";
  append_json_string(out, failure.message);
  out += ",\"code\":";
  append_json_string(out, failure.code.empty() ? undefined_text : std::string_view{failure.code});
  out += "}}";
  push_text(std::move(out));
}

void request_layer::answer_unknown(int64_t id, int64_t service) {
  // The peer's own spelling; only the code is tested (docs/protocol/03 §2.2).
  answer_error(id, {"TypeError", "Not a function: Servcie ID " + std::to_string(service) + " [number]", "UNKNOWN-SERVICE"});
}

void request_layer::send_piece(int64_t id, std::string_view bytes) {
  if (!received_.contains(id))
    return;
  auto number = static_cast<double>(id);
  std::string out(header_bytes, '\0');
  std::memcpy(out.data(), &number, header_bytes);
  out += bytes;
  output_.push_back({true, std::move(out)});
}

void request_layer::send_text_piece(int64_t id, std::string_view text, bool is_first) {
  if (!received_.contains(id))
    return;
  auto out = answer_start(id, "stream") + ",\"chunk\":";
  append_json_string(out, text);
  out += ",\"encoding\":";
  append_json_string(out, is_first ? std::string_view{"utf8"} : undefined_text);
  out += '}';
  push_text(std::move(out));
}

void request_layer::send_end(int64_t id) {
  if (received_.erase(id) != 0)
    push_text(answer_start(id, "stream-end") + "}");
}

void request_layer::send_stream_error(int64_t id) {
  if (received_.erase(id) != 0)
    push_text(answer_start(id, "stream-error") + ",\"error\":\"Error while reading the file stream\"}");
}

std::vector<outgoing> request_layer::take_output() {
  return std::exchange(output_, {});
}

} // namespace lama::protocol::chum
