#include "actors/ui_gateway/calls.hpp"

#include "protocol/models/import.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lama::actors {

namespace {

namespace jsonrpc = protocol::jsonrpc;

constexpr std::array table{
    channel{"one-core:init", needs::nothing, where::here, channels::init},
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
    channel{"one-core:network:status", needs::user, where::here, channels::network_status},
    channel{"action:login", needs::nothing, where::here, channels::log_in},
    channel{"action:logout", needs::nothing, where::here, channels::log_out},
    channel{"action:sendMessage", needs::user, where::here, channels::send},
    channel{"action:createConversation", needs::user, where::archive, channels::create},
    channel{"query:getState", needs::user, where::here, channels::whole_state},
    channel{"query:getConversation", needs::user, where::here, channels::one_conversation},
    channel{"query:getConversations", needs::user, where::here, channels::conversations},
    channel{"query:getContacts", needs::user, where::here, channels::contacts},
    channel{"query:getMessages", needs::user, where::here, channels::list_messages},
    channel{"pairing:createInvitation", needs::user, where::archive, channels::invite},
    channel{"pairing:acceptInvitation", needs::user, where::archive, channels::accept_invitation},
    channel{"app:import", needs::user, where::here, channels::import},
    channel{"app:verify", needs::user, where::here, channels::verify},
    channel{"storage:log", needs::user, where::here, channels::versions},
    channel{"node:status", needs::nothing, where::here, channels::node_status},
    channel{"node:users", needs::nothing, where::here, channels::list_users},
};

/// What the archive answers over the bridge: what only it has, and what it has more of.
bool may_be_forwarded(const channel& x) {
  return x.served == where::archive || x.name == "query:getMessages" || x.name == "node:status";
}

} // namespace

const json& call_scope::operator[](const char* name) const {
  static const json nothing;
  auto found = parameters->find(name);
  return found == parameters->end() ? nothing : *found;
}

const channel* find_channel(std::string_view name) {
  auto found = std::ranges::find(table, name, &channel::name);
  return found == table.end() ? nullptr : &*found;
}

void dispatch(gateway_pointer self, call_scope x) {
  ++self->state.calls;
  const auto* found = find_channel(x.method);
  if (!found || (x.who.forwarded && !may_be_forwarded(*found)))
    return x.answer(
        {lama::fail(errc::unsupported, "There is no channel " + x.method.substr(0, 100) + "; docs/ipc.md lists them."), {}, jsonrpc::code::method_not_found});
  if (!x.parameters->is_object())
    return x.fail(bad_parameter("", "the parameters are an object with named members"));
  if (found->what == needs::user) {
    auto user = user_of(self, x.who.user);
    if (!user)
      return x.fail(user.failure());
    x.user = *user;
    if (x.who.socket != 0 && x.who.user.empty())
      self->state.door->bind(x.who.socket, x.user->user);
    if (x.who.socket != 0)
      watch_user(self, x.user->user);
  }
  if (found->served == where::archive && !self->state.is_archive())
    return ask_archive(self, x);
  try {
    found->run(self, x);
  } catch (const json::exception& problem) {
    x.fail(lama::fail(errc::internal, x.method + ": " + problem.what()));
  }
}

result<user_context_ptr> user_of(gateway_pointer self, const std::string& named) {
  const auto& directory = *self->state.context->directory;
  if (!named.empty()) {
    if (auto found = directory.context_of(named))
      return found;
    return lama::fail(errc::locked, "The user '" + named.substr(0, 80) + "' is not logged in here; log in first (lama login).");
  }
  auto all = directory.users();
  if (all.size() > 1)
    return bad_parameter("", "several users are logged in; say which one (--user, or the header Lama-User)");
  auto found = all.empty() ? nullptr : directory.context_of(all.front());
  if (!found)
    return lama::fail(errc::locked, "Nobody is logged in here; log in first (lama login).");
  return found;
}

void ask_archive(gateway_pointer self, const call_scope& x) {
  auto bridge = self->state.context->members->find<bridge_client_actor>("bridge");
  if (!bridge)
    return x.fail(lama::fail(errc::offline, "The bridge to the archive is starting; try again in a moment."));
  self->request(bridge, 2 * self->state.deadline(), forward_call{x.user ? x.user->user : x.who.user, x.method, x.parameters->dump()})
      .then(
          [x](const call_answered& answered) {
            auto parsed = jsonrpc::parse_bounded(answered.json);
            if (!parsed || (answered.failed && !parsed->is_object()))
              return x.fail(lama::fail(errc::internal, "the archive's answer cannot be read"));
            if (!answered.failed)
              return x.done(std::move(*parsed));
            const auto& number = (*parsed)["code"];
            const auto& message = (*parsed)["message"];
            if (!number.is_number_integer() || !message.is_string())
              return x.fail(lama::fail(errc::internal, "the archive answered with an error that has no code"));
            x.answer({lama::fail(jsonrpc::errc_for(number.get<int32_t>()), message.get<std::string>()), (*parsed)["data"],
                      static_cast<jsonrpc::code>(number.get<int32_t>())});
          },
          x.failed());
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
