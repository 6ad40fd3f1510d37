#include "protocol/jsonrpc/jsonrpc.hpp"

#include <utility>

namespace lama::protocol::jsonrpc {

namespace {

/// Longer ids are not names but payloads that would be echoed.
constexpr std::size_t id_bytes = 256;

bool is_id(const json& id) {
  return id.is_null() || id.is_number_integer() || (id.is_string() && id.get_ref<const std::string&>().size() <= id_bytes);
}

/// Foreign strings may hold what is not UTF-8 (from disk, from errors of the system): replaced, never thrown at the caller.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Walks the text once, outside its strings. Says why it is refused, or nothing.
const char* shape_fault(std::string_view text, std::size_t depth_limit, std::size_t item_limit) {
  std::size_t depth = 0;
  std::size_t items = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    switch (c) {
    case '"':
      in_string = true;
      break;
    case '[':
    case '{':
      ++items;
      if (++depth > depth_limit)
        return "it is nested too deeply";
      break;
    case ']':
    case '}':
      if (depth > 0)
        --depth;
      break;
    case ',':
      ++items;
      break;
    default:
      break;
    }
    if (items > item_limit)
      return "it has too many items";
  }
  return nullptr;
}

} // namespace

result<json> parse_bounded(std::string_view text, std::size_t depth, std::size_t items) {
  if (const auto* fault = shape_fault(text, depth, items))
    return fail(errc::bad_input, std::string{"The JSON text is refused: "} + fault + ".");
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return fail(errc::bad_input, "The text is not JSON.");
  return parsed;
}

code code_for(const error& failure) {
  switch (failure.code) {
  case errc::bad_input:
  case errc::too_large:
    return code::invalid_params;
  case errc::unsupported:
    return failure.detail == detail_no_ai_model ? code::no_ai_model : code::invalid_params;
  case errc::not_found:
    return code::not_found;
  case errc::conflict:
    return code::conflict;
  case errc::forbidden:
  case errc::wrong_secret:
    return code::forbidden;
  case errc::locked:
    return code::not_logged_in;
  case errc::corrupt:
    return code::corrupt;
  case errc::overloaded:
    return failure.detail == detail_rate_limited ? code::rate_limited : code::overloaded;
  case errc::no_space:
    return code::overloaded; // it may be tried again when there is room
  case errc::offline:
    return code::offline;
  case errc::timeout:
    return code::timeout;
  case errc::io_failure:
  case errc::cancelled:
  case errc::internal:
    return code::internal;
  }
  return code::internal;
}

errc errc_for(int32_t number) {
  switch (static_cast<code>(number)) {
  case code::parse_error:
  case code::invalid_request:
  case code::invalid_params:
    return errc::bad_input;
  case code::method_not_found:
  case code::no_ai_model:
    return errc::unsupported;
  case code::not_logged_in:
    return errc::locked;
  case code::forbidden:
    return errc::forbidden;
  case code::not_found:
    return errc::not_found;
  case code::conflict:
    return errc::conflict;
  case code::rate_limited:
  case code::overloaded:
    return errc::overloaded;
  case code::offline:
    return errc::offline;
  case code::corrupt:
    return errc::corrupt;
  case code::timeout:
    return errc::timeout;
  case code::internal_error:
  case code::internal:
    return errc::internal;
  }
  return errc::internal;
}

std::string write_response(const json& id, const json& value) {
  return R"({"jsonrpc":"2.0","id":)" + dump(id) + R"(,"result":)" + dump(value) + "}";
}

std::string write_error(const json& id, code number, std::string_view message, const json& data) {
  auto text = R"({"jsonrpc":"2.0","id":)" + dump(id) + R"(,"error":{"code":)" + std::to_string(static_cast<int32_t>(number)) + R"(,"message":)" + dump(message);
  if (!data.is_null())
    text += R"(,"data":)" + dump(data);
  return text + "}}";
}

std::string write_request(const json& id, std::string_view method, const json& params) {
  auto text = R"({"jsonrpc":"2.0","id":)" + dump(id) + R"(,"method":)" + dump(method);
  if (!params.is_null())
    text += R"(,"params":)" + dump(params);
  return text + "}";
}

std::string write_notification(std::string_view method, const json& params) {
  auto text = R"({"jsonrpc":"2.0","method":)" + dump(method);
  if (!params.is_null())
    text += R"(,"params":)" + dump(params);
  return text + "}";
}

exchange::exchange(std::string_view text) {
  auto parsed = parse_bounded(text);
  if (!parsed) {
    reject(nullptr, code::parse_error, parsed.failure().message);
    return;
  }
  if (!parsed->is_array()) {
    read_one(*parsed);
    return;
  }
  if (parsed->empty() || parsed->size() > limits::rpc_batch_calls) {
    reject(nullptr, code::invalid_request, "A batch holds 1 to " + std::to_string(limits::rpc_batch_calls) + " calls.");
    return;
  }
  batch_ = true;
  for (auto& message : *parsed)
    read_one(message);
}

void exchange::read_one(const json& message) {
  if (!message.is_object())
    return reject(nullptr, code::invalid_request, "A call is an object.");
  auto id = message.find("id");
  if (id != message.end() && !is_id(*id))
    return reject(nullptr, code::invalid_request, "`id` is a string of up to 256 bytes, an integer or null.");
  auto known_id = id == message.end() ? json(nullptr) : *id;
  auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0")
    return reject(known_id, code::invalid_request, "`jsonrpc` must be \"2.0\".");
  auto method = message.find("method");
  if (method == message.end() || !method->is_string())
    return reject(known_id, code::invalid_request, "`method` must be a string.");
  auto params = message.find("params");
  if (params != message.end() && !params->is_structured() && !params->is_null())
    return reject(known_id, code::invalid_request, "`params` must be an object or an array.");
  auto& added = calls_.emplace_back();
  added.id = std::move(known_id);
  added.notification = id == message.end();
  added.method = method->get<std::string>();
  if (params != message.end() && !params->is_null())
    added.params = *params;
  slots_.push_back(responses_.size());
  responses_.emplace_back();
  if (!added.notification)
    ++waiting_;
}

void exchange::reject(const json& id, code number, std::string_view message) {
  responses_.push_back(write_error(id, number, message));
}

void exchange::place(std::size_t index, std::string response) {
  auto taken = responses_.empty();
  if (taken || calls_[index].notification || !responses_[slots_[index]].empty())
    return;
  responses_[slots_[index]] = std::move(response);
  --waiting_;
}

void exchange::answer(std::size_t index, const json& value) {
  if (index < calls_.size())
    place(index, write_response(calls_[index].id, value));
}

void exchange::refuse(std::size_t index, const error& failure, std::string_view log_id) {
  auto number = code_for(failure);
  if (number == code::internal) // what is inside stays in the log
    refuse(index, number, "Something failed inside the node; its log says more under this id.", json{{"logId", log_id}});
  else if (failure.detail.empty())
    refuse(index, number, failure.message);
  else
    refuse(index, number, failure.message, json{{"detail", failure.detail}});
}

void exchange::refuse(std::size_t index, code number, std::string_view message, const json& data) {
  if (index < calls_.size())
    place(index, write_error(calls_[index].id, number, message, data));
}

std::optional<std::string> exchange::take() {
  std::string joined;
  for (auto& response : std::exchange(responses_, {})) {
    if (response.empty())
      continue;
    if (!joined.empty())
      joined += ',';
    joined += response;
  }
  if (joined.empty())
    return std::nullopt;
  return batch_ ? "[" + joined + "]" : joined;
}

namespace {

result<incoming> read_incoming(const json& message) {
  auto refused = [](const char* why) { return fail(errc::bad_input, std::string{"The node's message is not JSON-RPC: "} + why + "."); };
  if (!message.is_object() || message.value("jsonrpc", json{}) != "2.0")
    return refused("no object with \"jsonrpc\":\"2.0\"");
  incoming read;
  if (auto method = message.find("method"); method != message.end()) {
    if (!method->is_string())
      return refused("`method` is no string");
    read.method = method->get<std::string>();
    read.value = message.value("params", json{});
    read.id = message.value("id", json{});
    return read;
  }
  read.id = message.value("id", json{});
  if (auto value = message.find("result"); value != message.end()) {
    read.value = *value;
    return read;
  }
  auto problem = message.find("error");
  if (problem == message.end() || !problem->is_object())
    return refused("neither result nor error");
  auto number = problem->find("code");
  auto text = problem->find("message");
  if (number == problem->end() || !number->is_number_integer() || text == problem->end() || !text->is_string())
    return refused("an error without code and message");
  read.error_number = number->get<int32_t>();
  read.error_data = problem->value("data", json{});
  auto detail = read.error_data.is_object() ? read.error_data.find("detail") : read.error_data.end();
  auto has_detail = read.error_data.is_object() && detail != read.error_data.end() && detail->is_string();
  read.failure = fail(errc_for(read.error_number), text->get<std::string>(), has_detail ? detail->get<std::string>() : std::string{});
  return read;
}

} // namespace

result<std::vector<incoming>> parse_incoming(std::string_view text) {
  LAMA_TRY(parsed, parse_bounded(text));
  std::vector<incoming> read;
  if (!parsed.is_array()) {
    LAMA_TRY(one, read_incoming(parsed));
    read.push_back(std::move(one));
    return read;
  }
  for (const auto& message : parsed) {
    LAMA_TRY(one, read_incoming(message));
    read.push_back(std::move(one));
  }
  return read;
}

} // namespace lama::protocol::jsonrpc
