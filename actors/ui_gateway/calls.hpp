#pragma once

#include "actors/common/errors.hpp"
#include "actors/ui_gateway/gateway.hpp"
#include "net/http_limits.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The channels of docs/ipc.md: a table of names and handlers.
namespace lama::actors {

using nlohmann::json;

/// Who calls.
struct caller {
  std::string user;              ///< bound by login, named by Lama-User, or the bridge's; empty: not said
  net::connection_id socket = 0; ///< 0: a POST, or the bridge
  std::string address;           ///< for rate limits
  bool forwarded = false;        ///< over the bridge, from our other side
  std::string session{};         ///< of a browser's cookie, which must log in; empty: the node's token
};

caller caller_of(const arrived_request& x);

/// What comes of a call.
struct call_outcome {
  result<json> content;
  json data{};                                     ///< of an error: members for programs
  std::optional<protocol::jsonrpc::code> number{}; ///< where the error's own class does not say it
};

/// One call on its way; cheap to copy into the continuation of a request.
struct call_scope {
  std::string method;
  std::shared_ptr<const json> parameters; ///< an object
  caller who;
  user_context_ptr user; ///< for channels that need one
  std::function<void(call_outcome)> answer;

  const json& operator[](const char* name) const;

  void done(json value) const {
    answer({std::move(value)});
  }
  void fail(lama::error failure) const {
    answer({std::move(failure)});
  }
  /// The error branch of a request.
  auto failed() const {
    return [x = *this](const caf::error& failure) { x.fail(from_caf(failure)); };
  }
};

enum class needs : uint8_t { nothing, user };
enum class where : uint8_t {
  here,    ///< each side for its own instance
  archive, ///< the sparse side asks the archive
};

struct channel {
  std::string_view name;
  needs what;
  where served;
  void (*run)(gateway_pointer self, const call_scope& x);
};
const channel* find_channel(std::string_view name);
std::span<const channel> all_channels();

/// Gives the call to its channel; `x.answer` is called once, now or later.
void dispatch(gateway_pointer self, call_scope x);

/// Whose call it is: the bound or named user; else, for who bears the token, the only one who is unlocked. `locked` where nobody is, `bad_input` for several.
result<user_context_ptr> user_of(gateway_pointer self, const caller& who);

/// Outbox entries that a look counts.
inline constexpr std::size_t most_pending_counted = 1000;
/// {sequence, bridgeConnected, outbox, outboxAgeMs, progress, total, status} of the user's store.
json sync_state(gateway_pointer self, const user_context& user, bool bridge_connected);
/// To the connections with the user's other instance, how far that is behind this one.
void add_lag(gateway_pointer self, const user_context_ptr& user, json listed, std::function<void(json)> then);
/// Is the archive connected? On the archive's side: always.
void ask_bridge(gateway_pointer self, std::function<void(bool)> then);
json settings_of(const storage::snapshot& from);

// queue_calls.cpp
json queued_calls(gateway_pointer self, const std::string& user);
/// Answers that the call waits for the archive; `why` is why it must.
void put_off(gateway_pointer self, const call_scope& x, const lama::error& why);
void run_queue(gateway_pointer self, const std::string& user);
/// After a login: what waited is looked after again.
void take_up_queue(gateway_pointer self, const std::string& user);

// ask_archive.cpp
/// Asks the archive's gateway the same; waits while that unlocks its half of the user.
void ask_archive(gateway_pointer self, const call_scope& x);

// Parameters: `bad_input` with the place ("/conversationId") in `detail`, which becomes `data.path`.
lama::error bad_parameter(const char* name, std::string reason);
result<std::string> text_parameter(const call_scope& x, const char* name);
/// Empty where it is absent.
result<std::string> optional_text(const call_scope& x, const char* name);
result<hash> hash_parameter(const call_scope& x, const char* name);
/// `otherwise` where absent; cut to `most`.
result<std::size_t> count_parameter(const call_scope& x, const char* name, std::size_t otherwise, std::size_t most);
/// ISO 8601 or milliseconds since 1970.
result<std::optional<int64_t>> time_parameter(const call_scope& x, const char* name);

/// A plain name of a file or folder in one of the data dir's: nothing that leads out of it.
result<std::string> file_parameter(const call_scope& x, const char* name);

/// Leaves a handler, with NAME declared or the call answered by its error.
#define LAMA_PARAMETER(NAME, EXPR)                                                                                                                             \
  auto NAME##_result = (EXPR);                                                                                                                                 \
  if (!NAME##_result)                                                                                                                                          \
    return x.fail(std::move(NAME##_result).failure());                                                                                                         \
  auto& NAME = *NAME##_result

namespace channels {

// user_calls.cpp
void init(gateway_pointer self, const call_scope& x);
void create_instance(gateway_pointer self, const call_scope& x);
void sign_up(gateway_pointer self, const call_scope& x);
void log_in(gateway_pointer self, const call_scope& x);
void log_out(gateway_pointer self, const call_scope& x);
void instance_of(gateway_pointer self, const call_scope& x);
void reset(gateway_pointer self, const call_scope& x);
void list_users(gateway_pointer self, const call_scope& x);

// message_calls.cpp
void send(gateway_pointer self, const call_scope& x);
void list_messages(gateway_pointer self, const call_scope& x);

// change_calls.cpp
void edit_message(gateway_pointer self, const call_scope& x);
void delete_message(gateway_pointer self, const call_scope& x);
void mark_read(gateway_pointer self, const call_scope& x);

// search_calls.cpp
void search(gateway_pointer self, const call_scope& x);
// attachment_calls.cpp
void find_attachment(gateway_pointer self, const call_scope& x);

// channel_calls.cpp
void make_channel(gateway_pointer self, const call_scope& x);
void join_channel(gateway_pointer self, const call_scope& x);
void post_to_channel(gateway_pointer self, const call_scope& x);
void channel_messages(gateway_pointer self, const call_scope& x);

// people_calls.cpp
void add_contact(gateway_pointer self, const call_scope& x);
void provision_node(gateway_pointer self, const call_scope& x);
void connect(gateway_pointer self, const call_scope& x);
void disconnect(gateway_pointer self, const call_scope& x);
void rename_contact(gateway_pointer self, const call_scope& x);
void set_name(gateway_pointer self, const call_scope& x);

// settings_calls.cpp
void get_settings(gateway_pointer self, const call_scope& x);
void update_settings(gateway_pointer self, const call_scope& x);

// events.cpp, stream_calls.cpp, queue_calls.cpp
void subscribe(gateway_pointer self, const call_scope& x);
void stream_next(gateway_pointer self, const call_scope& x);
void stream_cancel(gateway_pointer self, const call_scope& x);
void list_queue(gateway_pointer self, const call_scope& x);
void cancel_queued(gateway_pointer self, const call_scope& x);

// conversation_calls.cpp
void create(gateway_pointer self, const call_scope& x);
void one_conversation(gateway_pointer self, const call_scope& x);
void conversations(gateway_pointer self, const call_scope& x);
void contacts(gateway_pointer self, const call_scope& x);
void whole_state(gateway_pointer self, const call_scope& x);

// object_calls.cpp
void get_data(gateway_pointer self, const call_scope& x);
void get_object(gateway_pointer self, const call_scope& x);
void set_data(gateway_pointer self, const call_scope& x);
/// Recipes and objects of the types that they register: the archive alone writes them, and shares them with the device.
bool is_registered(std::string_view type);
void keep_text(gateway_pointer self, const call_scope& x);
void create_object(gateway_pointer self, const call_scope& x);
void update_object(gateway_pointer self, const call_scope& x);
void query(gateway_pointer self, const call_scope& x);

// pairing_calls.cpp
void invite(gateway_pointer self, const call_scope& x);
void accept_invitation(gateway_pointer self, const call_scope& x);
void network_status(gateway_pointer self, const call_scope& x);

// data_calls.cpp
void import(gateway_pointer self, const call_scope& x);
void verify(gateway_pointer self, const call_scope& x);

// backup_calls.cpp
void back_up(gateway_pointer self, const call_scope& x);
void digest(gateway_pointer self, const call_scope& x);

// restore_calls.cpp
void restore(gateway_pointer self, const call_scope& x);

// export_calls.cpp
void export_conversations(gateway_pointer self, const call_scope& x);

// pin_calls.cpp
void pin(gateway_pointer self, const call_scope& x);

// sync_calls.cpp
void get_sync(gateway_pointer self, const call_scope& x);

// node_calls.cpp
void node_status(gateway_pointer self, const call_scope& x);
void login_token(gateway_pointer self, const call_scope& x);

} // namespace channels

/// Asks everybody in the roster how they are, with a deadline; then goes on with all answers (docs/ipc.md, node:status).
void walk_node(gateway_pointer self, std::function<void(json)> then);

/// {connections:[…]} of one user, or of all where `user` is empty.
void ask_connections(gateway_pointer self, const std::string& user, std::function<void(result<json>)> then);

} // namespace lama::actors
