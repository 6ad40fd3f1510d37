#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/version_calls.hpp"
#include "protocol/ipc/schema.hpp"
#include "protocol/models/import.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lama::actors {

namespace {

namespace jsonrpc = protocol::jsonrpc;

constexpr std::array table{
    channel{"one-core:init", needs::nothing, where::here, channels::init},
    channel{"one-core:createInstance", needs::nothing, where::here, channels::create_instance},
    channel{"one-core:register", needs::nothing, where::here, channels::sign_up},
    channel{"one-core:login", needs::nothing, where::here, channels::log_in},
    channel{"one-core:logout", needs::nothing, where::here, channels::log_out},
    channel{"one-core:getInstance", needs::nothing, where::here, channels::instance_of},
    channel{"one-core:storage:get", needs::user, where::here, channels::get_data},
    channel{"one-core:storage:set", needs::user, where::here, channels::set_data},
    channel{"one-core:storage:query", needs::user, where::here, channels::query},
    channel{"one-core:createObject", needs::user, where::here, channels::create_object},
    channel{"one-core:getObject", needs::user, where::here, channels::get_object},
    channel{"one-core:updateObject", needs::user, where::here, channels::update_object},
    channel{"one-core:channel:create", needs::user, where::archive, channels::make_channel},
    channel{"one-core:channel:join", needs::user, where::here, channels::join_channel},
    channel{"one-core:channel:post", needs::user, where::here, channels::post_to_channel},
    channel{"one-core:channel:getMessages", needs::user, where::here, channels::channel_messages},
    channel{"one-core:network:connect", needs::user, where::here, channels::connect},
    channel{"one-core:network:disconnect", needs::user, where::here, channels::disconnect},
    channel{"one-core:network:status", needs::user, where::here, channels::network_status},
    channel{"action:login", needs::nothing, where::here, channels::log_in},
    channel{"action:logout", needs::nothing, where::here, channels::log_out},
    channel{"action:sendMessage", needs::user, where::here, channels::send},
    channel{"action:editMessage", needs::user, where::here, channels::edit_message},
    channel{"action:deleteMessage", needs::user, where::here, channels::delete_message},
    channel{"action:markRead", needs::user, where::here, channels::mark_read},
    channel{"action:renameContact", needs::user, where::archive, channels::rename_contact},
    channel{"action:setName", needs::user, where::archive, channels::set_name},
    channel{"action:createConversation", needs::user, where::archive, channels::create},
    channel{"action:addContact", needs::user, where::archive, channels::add_contact},
    channel{"action:updateSettings", needs::user, where::here, channels::update_settings},
    channel{"query:getSettings", needs::user, where::here, channels::get_settings},
    channel{"query:getState", needs::user, where::here, channels::whole_state},
    channel{"query:getConversation", needs::user, where::here, channels::one_conversation},
    channel{"query:getConversations", needs::user, where::here, channels::conversations},
    channel{"query:getContacts", needs::user, where::here, channels::contacts},
    channel{"query:getMessages", needs::user, where::here, channels::list_messages},
    channel{"query:getSync", needs::user, where::here, channels::get_sync},
    channel{"query:search", needs::user, where::here, channels::search},
    channel{"query:findAttachment", needs::user, where::here, channels::find_attachment},
    channel{"provision:node", needs::nothing, where::here, channels::provision_node},
    channel{"pairing:createInvitation", needs::user, where::archive, channels::invite},
    channel{"pairing:acceptInvitation", needs::user, where::archive, channels::accept_invitation},
    channel{"app:import", needs::user, where::here, channels::import},
    channel{"app:verify", needs::user, where::here, channels::verify},
    channel{"app:backup", needs::user, where::here, channels::back_up},
    channel{"app:export", needs::user, where::here, channels::export_conversations},
    channel{"app:restore", needs::nothing, where::here, channels::restore},
    channel{"app:reset", needs::nothing, where::here, channels::reset},
    channel{"app:digest", needs::user, where::here, channels::digest},
    channel{"storage:keep", needs::user, where::here, channels::keep_text},
    channel{"storage:pin", needs::user, where::here, channels::pin},
    channel{"storage:log", needs::user, where::here, channels::versions},
    channel{"storage:diff", needs::user, where::here, channels::version_changes},
    channel{"storage:restore", needs::user, where::here, channels::restore_version},
    channel{"events:subscribe", needs::user, where::here, channels::subscribe},
    channel{"queue:list", needs::user, where::here, channels::list_queue},
    channel{"queue:cancel", needs::user, where::here, channels::cancel_queued},
    channel{"stream:next", needs::user, where::here, channels::stream_next},
    channel{"stream:cancel", needs::user, where::here, channels::stream_cancel},
    channel{"node:status", needs::nothing, where::here, channels::node_status},
    channel{"node:createLoginToken", needs::nothing, where::here, channels::login_token},
    channel{"node:users", needs::nothing, where::here, channels::list_users},
};

/// What the archive answers over the bridge: what only it has, and what it has more of.
bool may_be_forwarded(const channel& x) {
  // Of objects only those of registered types (object_calls.cpp).
  constexpr std::string_view of_both[] = {"one-core:storage:set", "one-core:createObject", "one-core:updateObject",   "query:getMessages",
                                          "query:search",         "query:findAttachment",  "action:editMessage",      "action:deleteMessage",
                                          "action:markRead",      "node:status",           "one-core:network:status", "app:reset",
                                          "storage:log",          "storage:diff",          "storage:restore"};
  return x.served == where::archive || std::ranges::find(of_both, x.name) != std::end(of_both);
}

} // namespace

caller caller_of(const arrived_request& x) {
  return {x.request.user, 0, x.request.remote_address, false, x.session};
}

const json& call_scope::operator[](const char* name) const {
  static const json nothing;
  auto found = parameters->find(name);
  return found == parameters->end() ? nothing : *found;
}

const channel* find_channel(std::string_view name) {
  auto found = std::ranges::find(table, name, &channel::name);
  return found == table.end() ? nullptr : &*found;
}

std::span<const channel> all_channels() {
  return table;
}

namespace {

/// Each answer is counted, and in tests held against the schema.
void count_answer(gateway_pointer self, call_scope& x) {
  x.answer = [self, method = x.method, begun = std::chrono::steady_clock::now(), inner = std::move(x.answer)](call_outcome outcome) {
    const auto& schema = protocol::ipc::ipc_schema::shipped();
    if (self->state.door->options().checks_answers && outcome.content && schema.channels().contains(method))
      if (auto broken = schema.check_result(method, *outcome.content)) {
        ++self->state.schema_breaks;
        outcome = {lama::fail(errc::internal, "the answer breaks the schema at " + broken->path + ": " + broken->reason)};
      }
    auto code = outcome.content ? 0 : static_cast<int>(outcome.number.value_or(jsonrpc::code_for(outcome.content.failure())));
    self->state.metrics.count_call(method, code, std::chrono::steady_clock::now() - begun);
    inner(std::move(outcome));
  };
}

/// Finds the user, where the channel needs one. False: answered.
bool find_user(gateway_pointer self, call_scope& x) {
  auto user = user_of(self, x.who);
  if (!user) {
    x.fail(user.failure());
    return false;
  }
  x.user = *user;
  if (x.who.socket != 0 && x.who.user.empty())
    self->state.door->bind(x.who.socket, x.user->user);
  if (x.who.socket != 0)
    watch_user(self, x.user->user);
  return true;
}

/// A channel whose subject is not there yet says so; what nobody knows is no channel.
void answer_unknown(const call_scope& x, const protocol::ipc::channel_rules* rules) {
  if (rules && rules->later)
    return x.answer(
        {lama::fail(errc::unsupported, x.method + " is not there yet in this version."), json{{"reason", "later"}}, static_cast<jsonrpc::code>(*rules->later)});
  x.answer(
      {lama::fail(errc::unsupported, "There is no channel " + x.method.substr(0, 100) + "; docs/ipc.md lists them."), {}, jsonrpc::code::method_not_found});
}

/// Too many calls of one caller. True: answered.
bool is_too_fast(gateway_pointer self, const call_scope& x) {
  if (x.who.forwarded)
    return false;
  auto wait = self->state.rates->count(x.who.socket != 0 ? std::to_string(x.who.socket) : x.who.address, self->clock().now());
  if (wait)
    x.answer({lama::fail(errc::overloaded, "Too many calls; slow down.", std::string{jsonrpc::detail_rate_limited}), json{{"retryAfterMs", wait->count()}}});
  return wait.has_value();
}

} // namespace

void dispatch(gateway_pointer self, call_scope x) {
  ++self->state.calls;
  const auto* found = find_channel(x.method);
  const auto& schema = protocol::ipc::ipc_schema::shipped();
  auto entry = schema.channels().find(x.method);
  const auto* rules = entry == schema.channels().end() ? nullptr : &entry->second;
  if (!found || (x.who.forwarded && !may_be_forwarded(*found)))
    return answer_unknown(x, found ? nullptr : rules);
  if (is_too_fast(self, x))
    return;
  count_answer(self, x);
  if (!x.parameters->is_object())
    return x.fail(bad_parameter("", "the parameters are an object with named members"));
  if (found->what == needs::user && !find_user(self, x))
    return;
  if (rules)
    if (auto broken = schema.check_params(x.method, *x.parameters)) {
      auto reason = broken->path + ": " + broken->reason;
      return x.answer({lama::fail(errc::bad_input, "The parameters do not fit: " + reason), json{{"path", broken->path}, {"reason", broken->reason}}});
    }
  if (found->served == where::archive && !self->state.is_archive()) {
    if (rules && rules->queues)
      x.answer = [self, waiting = x, inner = x.answer](call_outcome outcome) {
        auto away = !outcome.content && outcome.content.failure().code == errc::offline && !outcome.number;
        if (!away)
          return inner(std::move(outcome));
        put_off(self, waiting, outcome.content.failure());
      };
    return ask_archive(self, x);
  }
  try {
    found->run(self, x);
  } catch (const json::exception& problem) {
    x.fail(lama::fail(errc::internal, x.method + ": " + problem.what()));
  }
}

result<user_context_ptr> user_of(gateway_pointer self, const caller& who) {
  const auto& directory = *self->state.context->directory;
  const auto& named = who.user;
  if (!named.empty()) {
    if (auto found = directory.context_of(named))
      return found;
    return lama::fail(errc::locked, "The user '" + named.substr(0, 80) + "' is not logged in here; log in first (lama login).");
  }
  if (!who.session.empty())
    return lama::fail(errc::locked, "Log in first.");
  auto all = directory.users();
  if (all.size() > 1)
    return bad_parameter("", "several users are logged in; say which one (--user, or the header Lama-User)");
  auto found = all.empty() ? nullptr : directory.context_of(all.front());
  if (!found)
    return lama::fail(errc::locked, "Nobody is logged in here; log in first (lama login).");
  return found;
}

lama::error bad_parameter(const char* name, std::string reason) {
  return lama::fail(errc::bad_input, std::move(reason), std::string{"/"} + name);
}

result<std::string> text_parameter(const call_scope& x, const char* name) {
  const auto& value = x[name];
  if (!value.is_string())
    return bad_parameter(name, std::string{name} + " must be a text");
  return value.get<std::string>();
}

result<std::string> optional_text(const call_scope& x, const char* name) {
  return x[name].is_null() ? std::string{} : text_parameter(x, name);
}

result<std::string> file_parameter(const call_scope& x, const char* name) {
  constexpr std::size_t most_name_bytes = 128;
  LAMA_TRY(given, text_parameter(x, name));
  auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  if (given.empty() || given.size() > most_name_bytes || given.front() == '.' || !std::ranges::all_of(given, fits))
    return bad_parameter(name, std::string{name} + " is a name of letters, digits, '-', '_' and '.'");
  return std::move(given);
}

result<hash> hash_parameter(const call_scope& x, const char* name) {
  const auto& value = x[name];
  auto parsed = value.is_string() ? hash::from_hex(value.get_ref<const std::string&>()) : std::nullopt;
  if (!parsed)
    return bad_parameter(name, std::string{name} + " must be a hash: 64 lower-case hex digits");
  return *parsed;
}

result<std::size_t> count_parameter(const call_scope& x, const char* name, std::size_t otherwise, std::size_t most) {
  const auto& value = x[name];
  if (value.is_null())
    return otherwise;
  if (!value.is_number_unsigned() || value.get<uint64_t>() == 0)
    return bad_parameter(name, std::string{name} + " must be a whole number above 0");
  return static_cast<std::size_t>(std::min<uint64_t>(value.get<uint64_t>(), most));
}

result<std::optional<int64_t>> time_parameter(const call_scope& x, const char* name) {
  const auto& value = x[name];
  if (value.is_null())
    return std::optional<int64_t>{};
  if (value.is_number_integer())
    return std::optional{value.get<int64_t>()};
  auto parsed = value.is_string() ? models::parse_time(value.get_ref<const std::string&>()) : std::nullopt;
  if (!parsed)
    return bad_parameter(name, std::string{name} + " must be a time: 2024-05-01T12:30:00Z, or milliseconds since 1970");
  return parsed;
}

} // namespace lama::actors
